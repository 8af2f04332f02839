"""Le calibrage : préparer un dossier fictif, l'ouvrir au comité, le noter, le dévoiler."""

from typing import Any

from django.db import transaction

from appels.models import Appel, Critere
from evaluations.models import Calibrage, FicheCalibrage, MembreComite, NoteCalibrage
from evaluations.models.calibrage import CALIBRAGES_MAX
from evaluations.services.fiches import phrase_manques, saisie_verifiee
from socle import horloge
from socle.cycle_de_vie import transitionner
from socle.droits import exiger_permission
from socle.exceptions import RegleViolee
from socle.journal import journaliser

EXIGES = {"titre": "le titre", "resume": "le résumé", "projet": "le projet"}


# --- Préparer (Ville) -----------------------------------------------------------------------------
@transaction.atomic
def creer_calibrage(
    *, acteur: Any, appel: Appel, titre: str, resume: str, projet: str, budget: str = ""
) -> Calibrage:
    """Prépare un dossier fictif ; un appel en a deux au plus (code ``maximum``)."""
    exiger_permission(acteur, "calibrage.gerer", appel)
    Appel.objects.select_for_update(no_key=True).get(pk=appel.pk)
    pris = set(appel.calibrages.values_list("no", flat=True))
    libre = next((no for no in range(1, CALIBRAGES_MAX + 1) if no not in pris), None)
    if libre is None:
        raise RegleViolee(
            f"Un appel a {CALIBRAGES_MAX} dossiers fictifs au plus : modifiez-en un.",
            code="maximum",
        )
    calibrage = Calibrage(appel=appel, no=libre)
    _ecrire(calibrage, titre=titre, resume=resume, projet=projet, budget=budget)
    journaliser(acteur=acteur, verbe="calibrage.creer", objet=calibrage)
    return calibrage


@transaction.atomic
def modifier_calibrage(
    *, acteur: Any, calibrage: Calibrage, titre: str, resume: str, projet: str, budget: str = ""
) -> Calibrage:
    """Récrit le dossier, tant que personne ne l'a vu (code ``ouvert``)."""
    calibrage = _a_preparer(acteur, calibrage)
    _ecrire(calibrage, titre=titre, resume=resume, projet=projet, budget=budget)
    journaliser(acteur=acteur, verbe="calibrage.modifier", objet=calibrage)
    return calibrage


@transaction.atomic
def supprimer_calibrage(*, acteur: Any, calibrage: Calibrage) -> None:
    """Retire le dossier, tant que personne ne l'a vu (code ``ouvert``)."""
    calibrage = _a_preparer(acteur, calibrage)
    journaliser(acteur=acteur, verbe="calibrage.supprimer", objet=calibrage)
    calibrage.delete()


def _a_preparer(acteur: Any, calibrage: Calibrage) -> Calibrage:
    exiger_permission(acteur, "calibrage.gerer", calibrage)
    verrouille = Calibrage.objects.select_for_update(no_key=True).get(pk=calibrage.pk)
    if verrouille.etat != Calibrage.Etat.PREPARE:
        raise RegleViolee(
            "Le comité a déjà ce dossier sous les yeux : il ne change plus.", code="ouvert"
        )
    return verrouille


def _ecrire(calibrage: Calibrage, **textes: str) -> None:
    for nom, texte in textes.items():
        texte = texte.replace("\x00", "").strip()
        if nom in EXIGES and not texte:
            raise RegleViolee(f"Écrivez {EXIGES[nom]}.", champ=nom, code="vide")
        setattr(calibrage, nom, texte)
    calibrage.save()


def ouvrir_calibrage(*, acteur: Any, calibrage: Calibrage) -> Calibrage:
    """Le comité peut lire et noter le dossier fictif."""
    return transitionner(calibrage, "ouvrir", acteur=acteur)


def devoiler_calibrage(*, acteur: Any, calibrage: Calibrage) -> Calibrage:
    """Montre à tout le comité les fiches soumises, côte à côte, et clôt la notation."""
    return transitionner(calibrage, "devoiler", acteur=acteur)


# --- Noter (comité) -------------------------------------------------------------------------------
def _fiche_ouverte(acteur: Any, calibrage: Calibrage, membre: MembreComite) -> FicheCalibrage:
    """La fiche verrouillée du membre, tant qu'elle peut changer."""
    exiger_permission(acteur, "calibrage.noter", calibrage)
    if membre.utilisateur_id != acteur.pk or membre.appel_id != calibrage.appel_id:
        raise RegleViolee("Cette fiche n'est pas la vôtre.", code="autre_membre")
    # Le verrou sur le dossier fait attendre un dévoilement simultané.
    etat = Calibrage.objects.select_for_update(no_key=True).get(pk=calibrage.pk).etat
    if etat != Calibrage.Etat.OUVERT:
        raise RegleViolee(
            "Ce calibrage n'est pas ouvert à la notation. Attendez que la Ville l'ouvre.",
            code="etat",
        )
    FicheCalibrage.objects.get_or_create(calibrage=calibrage, membre=membre)
    fiche = (
        FicheCalibrage.objects.select_for_update(of=("self",), no_key=True)
        .select_related("calibrage__appel", "membre")
        .get(calibrage=calibrage, membre=membre)
    )
    if fiche.est_soumise:
        raise RegleViolee("Cette fiche est soumise : elle ne se modifie plus.", code="soumise")
    return fiche


@transaction.atomic
def enregistrer_fiche(
    *,
    acteur: Any,
    calibrage: Calibrage,
    membre: MembreComite,
    notes: dict[Critere, dict[str, Any]],
) -> FicheCalibrage:
    """Range ce qui a été saisi, comme pour une vraie fiche (code ``echelle`` hors de l'échelle)."""
    fiche = _fiche_ouverte(acteur, calibrage, membre)
    for critere, saisie in notes.items():
        if critere.appel_id != calibrage.appel_id:
            raise RegleViolee("Ce critère n'est pas de cet appel.", code="critere")
        if champs := saisie_verifiee(critere, saisie):
            NoteCalibrage.objects.update_or_create(fiche=fiche, critere=critere, defaults=champs)
    fiche.modifiee_le = horloge.maintenant()
    fiche.save(update_fields=["modifiee_le"])
    return fiche


@transaction.atomic
def soumettre_fiche(*, acteur: Any, calibrage: Calibrage, membre: MembreComite) -> FicheCalibrage:
    """Fige la fiche. Refuse une fiche incomplète (code ``incomplete``)."""
    fiche = _fiche_ouverte(acteur, calibrage, membre)
    if manques := fiche.manques():
        raise RegleViolee(f"{phrase_manques(manques)}.", code="incomplete")
    fiche.soumise_le = horloge.maintenant()
    fiche.save(update_fields=["soumise_le"])
    journaliser(acteur=acteur, verbe="fichecalibrage.soumettre", objet=fiche)
    return fiche
