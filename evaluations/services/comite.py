"""Le comité d'un appel : ses membres, ce qui leur est confié, leurs déclarations d'intérêts."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from django.db import transaction

from appels.models import Appel, Demande
from evaluations.models import Affectation, Evaluation, MembreComite
from evaluations.visibilite import A_CONFIER
from socle import horloge
from socle.cycle_de_vie import transitionner
from socle.droits import exiger_permission
from socle.exceptions import RegleViolee
from socle.journal import journaliser
from socle.models import Utilisateur

CHARGE_LA_PLUS_HAUTE = 9999


# --- Les membres ----------------------------------------------------------------------------------
@transaction.atomic
def nommer_membre(
    *,
    acteur: Any,
    appel: Appel,
    utilisateur: Utilisateur,
    code: str = "",
    qualite: str = "",
    role: str = "membre",
) -> MembreComite:
    """Donne un siège à une personne, ou le lui rend. Sans ``code``, le premier libre (M1, M2…)."""
    exiger_permission(acteur, "comite.gerer", appel)
    Appel.objects.select_for_update(no_key=True).get(pk=appel.pk)
    sieges = list(appel.membres.all())
    ancien = next((s for s in sieges if s.utilisateur_id == utilisateur.pk), None)
    if ancien is not None and ancien.actif:
        raise RegleViolee(
            "Cette personne siège déjà au comité.", champ="courriel", code="deja_membre"
        )
    if role == MembreComite.Role.PRESIDENCE and _presidence(sieges):
        raise RegleViolee(
            "Le comité a déjà une présidence. Retirez-la d'abord pour en désigner une autre.",
            champ="role",
            code="presidence",
        )
    code = code.strip() or (ancien.code if ancien else _code_libre(sieges))
    if any(s.code == code and s is not ancien for s in sieges):
        raise RegleViolee(
            f"Le code {code} est déjà pris dans ce comité.", champ="code", code="code_pris"
        )
    membre = ancien or MembreComite(appel=appel, utilisateur=utilisateur)
    membre.code, membre.qualite, membre.role, membre.actif = code, qualite.strip(), role, True
    membre.save()
    journaliser(acteur=acteur, verbe="membrecomite.nommer", objet=membre, details={"role": role})
    return membre


def _presidence(sieges: Iterable[MembreComite]) -> MembreComite | None:
    return next((s for s in sieges if s.actif and s.role == "presidence"), None)


def _code_libre(sieges: Iterable[MembreComite]) -> str:
    pris = {siege.code for siege in sieges}
    return next(f"M{n}" for n in range(1, len(pris) + 2) if f"M{n}" not in pris)


@transaction.atomic
def designer_presidence(*, acteur: Any, membre: MembreComite) -> MembreComite:
    """Confie la présidence à un membre ; celle d'avant redevient membre."""
    exiger_permission(acteur, "comite.gerer", membre.appel)
    sieges = list(membre.appel.membres.select_for_update().order_by("pk"))
    membre = next(s for s in sieges if s.pk == membre.pk)
    if not membre.actif:
        raise RegleViolee("Cette personne ne siège plus au comité.", code="inactif")
    ancienne = _presidence(sieges)
    if ancienne == membre:
        return membre
    if ancienne:
        ancienne.role = MembreComite.Role.MEMBRE
        ancienne.save(update_fields=["role"])
    membre.role = MembreComite.Role.PRESIDENCE
    membre.save(update_fields=["role"])
    journaliser(
        acteur=acteur,
        verbe="membrecomite.designer_presidence",
        objet=membre,
        details={"avant": str(ancienne) if ancienne else ""},
    )
    return membre


@transaction.atomic
def limiter_charge(
    *, acteur: Any, membre: MembreComite, charge_max: int | None = None
) -> MembreComite:
    """Dit combien de demandes ce membre accepte de lire, au plus ; None : autant que les autres.

    La répartition en tient compte ; ce qui lui est déjà confié reste.
    """
    exiger_permission(acteur, "comite.gerer", membre.appel)
    if charge_max is not None and not 1 <= charge_max <= CHARGE_LA_PLUS_HAUTE:
        raise RegleViolee(
            f"Écrivez un nombre de 1 à {CHARGE_LA_PLUS_HAUTE}, ou rien.",
            champ="charge_max",
            code="charge_max",
        )
    membre.charge_max = charge_max
    membre.save(update_fields=["charge_max"])
    journaliser(
        acteur=acteur,
        verbe="membrecomite.limiter_charge",
        objet=membre,
        details={"charge_max": charge_max},
    )
    return membre


@transaction.atomic
def retirer_membre(*, acteur: Any, membre: MembreComite) -> MembreComite:
    """Le siège se libère ; ce qui n'était pas soumis est retiré, les récusations restent."""
    exiger_permission(acteur, "comite.gerer", membre.appel)
    membre.affectations.filter(etat="a_declarer").delete()
    membre.affectations.filter(etat="libre").exclude(evaluation__etat="soumise").delete()
    membre.actif = False
    membre.save(update_fields=["actif"])
    journaliser(acteur=acteur, verbe="membrecomite.retirer", objet=membre)
    return membre


# --- Ce qui leur est confié -----------------------------------------------------------------------
def _est_de_l_organisme(membre: MembreComite, demande: Demande) -> bool:
    return demande.organisme.adhesions.filter(utilisateur_id=membre.utilisateur_id).exists()


@transaction.atomic
def affecter(*, acteur: Any, demande: Demande, membre: MembreComite) -> Affectation:
    """Confie une demande à un membre ; la confier deux fois ne change rien.

    Refuse un membre de l'organisme demandeur (code ``membre_organisme``).
    """
    exiger_permission(acteur, "affectation.gerer", demande)
    exiger_permission(acteur, "demande.suivre", demande)
    if membre.appel_id != demande.appel_id or not membre.actif:
        raise RegleViolee("Cette personne ne siège pas au comité de cet appel.", code="pas_membre")
    if demande.etat not in A_CONFIER:
        raise RegleViolee(
            f"La demande {demande.code} n'est pas à évaluer : elle est "
            f"« {demande.get_etat_display()} ».",
            code="etat",
        )
    if _est_de_l_organisme(membre, demande):
        raise RegleViolee(
            f"{membre} fait partie de l'organisme : la demande ne peut pas lui être confiée.",
            code="membre_organisme",
        )
    affectation, creee = Affectation.objects.get_or_create(demande=demande, membre=membre)
    if creee:
        journaliser(acteur=acteur, verbe="affectation.affecter", objet=affectation)
    return affectation


@transaction.atomic
def affecter_comite_complet(*, acteur: Any, appel: Appel) -> list[Affectation]:
    """Confie chaque demande à évaluer à tout le comité, sauf aux membres de l'organisme.

    Rend les nouvelles affectations ; celles qui existaient ne changent pas.
    """
    exiger_permission(acteur, "affectation.gerer", appel)
    demandes = appel.demandes.filter(etat__in=A_CONFIER).order_by("code")
    membres = list(appel.membres.filter(actif=True))
    if not membres:
        raise RegleViolee("Nommez d'abord les membres du comité.", code="comite_vide")
    existantes = set(
        Affectation.objects.filter(demande__appel=appel).values_list("demande_id", "membre_id")
    )
    nouvelles: list[Affectation] = []
    for demande in demandes.select_related("organisme").prefetch_related("organisme__adhesions"):
        de_l_organisme = {a.utilisateur_id for a in demande.organisme.adhesions.all()}
        manquants = [
            membre
            for membre in membres
            if membre.utilisateur_id not in de_l_organisme
            and (demande.pk, membre.pk) not in existantes
        ]
        if manquants:
            nouvelles += [Affectation(demande=demande, membre=membre) for membre in manquants]
            journaliser(
                acteur=acteur,
                verbe="demande.affecter_comite",
                objet=demande,
                details={"membres": [membre.code for membre in manquants]},
            )
    return Affectation.objects.bulk_create(nouvelles)


@transaction.atomic
def affecter_a_la_main(
    *, acteur: Any, demande: Demande, membres: Iterable[MembreComite]
) -> list[Affectation]:
    """Confie la demande à ces membres et la retire aux autres.

    Une récusation ni une fiche soumise ne s'effacent : les retirer est refusé.
    """
    exiger_permission(acteur, "affectation.gerer", demande)
    exiger_permission(acteur, "demande.suivre", demande)
    choisis = {membre.pk: membre for membre in membres}
    for affectation in demande.affectations.select_related("membre__utilisateur", "evaluation"):
        if affectation.membre_id in choisis or affectation.etat == "recusee":
            continue
        if getattr(affectation, "evaluation", None) and affectation.evaluation.etat != "en_cours":
            raise RegleViolee(
                f"{affectation.membre} a déjà soumis sa fiche : la demande lui reste confiée.",
                champ="membres",
                code="fiche_soumise",
            )
        journaliser(acteur=acteur, verbe="affectation.retirer", objet=affectation)
        affectation.delete()
    return [affecter(acteur=acteur, demande=demande, membre=membre) for membre in choisis.values()]


# --- Les déclarations d'intérêts ------------------------------------------------------------------
@dataclass(frozen=True)
class Declaration:
    """Ce qu'un membre répond pour une demande, avant d'en voir quoi que ce soit."""

    affectation: Affectation
    conflit: bool
    lien: str = ""
    precision: str = ""


@transaction.atomic
def declarer_interets(
    *,
    acteur: Any,
    affectation: Affectation,
    conflit: bool,
    lien: str = "",
    precision: str = "",
) -> Affectation:
    """Déclare un conflit (récuse aussitôt et écarte la fiche) ou son absence (ouvre la fiche).

    Une récusation est définitive. Un membre de l'organisme ne peut pas se dire sans conflit.
    """
    exiger_permission(acteur, "affectation.declarer", affectation)
    champs = {"declaree_le": horloge.maintenant()}
    if conflit:
        if lien not in Affectation.Lien.values:
            raise RegleViolee("Dites quel est le lien.", champ="lien", code="lien")
        champs |= {"lien": lien, "precision": precision.strip()[:300]}
        if affectation.etat == Affectation.Etat.RECUSEE:
            return affectation
        transitionner(affectation, "declarer_conflit", acteur=acteur, champs=champs)
        return affectation
    if affectation.etat == Affectation.Etat.LIBRE:
        return affectation
    if _est_de_l_organisme(affectation.membre, affectation.demande):
        raise RegleViolee(
            "Vous faites partie de cet organisme : déclarez ce lien.",
            champ="conflit",
            code="membre_organisme",
        )
    transitionner(affectation, "declarer_sans_conflit", acteur=acteur, champs=champs)
    Evaluation.objects.get_or_create(affectation=affectation)
    return affectation


@transaction.atomic
def declarer_plusieurs(*, acteur: Any, declarations: Iterable[Declaration]) -> int:
    """Toutes les déclarations d'un envoi, ou aucune ; rend leur nombre."""
    nombre = 0
    for declaration in declarations:
        declarer_interets(
            acteur=acteur,
            affectation=declaration.affectation,
            conflit=declaration.conflit,
            lien=declaration.lien,
            precision=declaration.precision,
        )
        nombre += 1
    return nombre
