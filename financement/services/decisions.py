"""Décider sous une résolution, l'enveloppe et le montant maximal (regles.md, 10 et 11)."""

import datetime as dt
from collections.abc import Iterable
from decimal import Decimal
from typing import Any

from django.core.files.uploadedfile import UploadedFile
from django.db import IntegrityError, transaction

from appels.models import Appel, Demande, Volet
from appels.montants import montant_maximal
from appels.regles import dollars, regles_budget
from appels.services.pieces import verifier_fichier
from financement.models import Decision, Mouvement, Resolution
from financement.services.grand_livre import libre_du_volet
from financement.services.reserves import poser_reserves
from socle import horloge
from socle.base import dire_qui_agit
from socle.cycle_de_vie import transitionner
from socle.droits import exiger_permission
from socle.exceptions import RegleViolee
from socle.journal import journaliser
from socle.templatetags.affichage import date_courte

A_DECIDER = frozenset({"recommandee", "liste_attente"})
TRANSITIONS = {"acceptee": "accepter", "refusee": "refuser", "liste_attente": "mettre_en_attente"}
ZERO = Decimal("0.00")


@transaction.atomic
def inscrire_resolution(
    *,
    acteur: Any,
    appel: Appel,
    numero: str,
    date: dt.date,
    extrait: UploadedFile | None = None,
) -> Resolution:
    """Inscrit une résolution du conseil, avec son extrait s'il y en a un."""
    exiger_permission(acteur, "resolution.inscrire", appel)
    if not numero.strip():
        raise RegleViolee("Écrivez le numéro de la résolution.", champ="numero")
    if extrait:
        try:
            verifier_fichier(extrait, extrait.name or "")
        except RegleViolee as refus:
            raise RegleViolee(refus.message, champ="extrait", code=refus.code) from None
    try:
        with transaction.atomic():
            resolution = Resolution.objects.create(
                appel=appel,
                numero=numero.strip(),
                date=date,
                extrait=extrait or "",
                inscrite_par=acteur,
            )
    except IntegrityError:
        raise RegleViolee(
            "Cette résolution est déjà inscrite pour cet appel.", champ="numero"
        ) from None
    journaliser(acteur=acteur, verbe="resolution.inscrire", objet=resolution)
    return resolution


@transaction.atomic
def decider(
    *,
    acteur: Any,
    demande: Demande,
    resolution: Resolution,
    resultat: str,
    montant_accorde: Decimal = ZERO,
    motifs: str = "",
    motifs_par_critere: dict[str, str] | None = None,
    conditions: str = "",
    rang_attente: int | None = None,
    attente_jusqu_au: dt.date | None = None,
    reserves: Iterable[dict[str, Any]] = (),
) -> Decision:
    """Inscrit la décision et change l'état de la demande ; rien n'est annoncé avant la lettre.

    Le volet est verrouillé : l'enveloppe ne peut pas être dépassée, quoi qu'il se passe en même
    temps. ``reserves`` : texte, verificateur et echeance de ce qui est à lever avant la convention.
    Lève ``RegleViolee`` : ``resolution``, ``enveloppe``, ``montant_maximal``, ``attente_echue``…
    """
    exiger_permission(acteur, "demande.decider", demande)
    if resultat not in TRANSITIONS:
        raise RegleViolee("Choisissez une décision.", champ="resultat")
    if resolution.appel_id != demande.appel_id:
        raise RegleViolee(
            "Cette résolution vise un autre appel. Choisissez une résolution de cet appel.",
            champ="resolution",
        )
    # Le volet d'abord, toujours : deux décisions se suivent sans s'attendre l'une l'autre.
    Volet.objects.select_for_update(no_key=True).get(pk=demande.volet_id)
    demande = Demande.objects.select_for_update(no_key=True).get(pk=demande.pk)
    if demande.etat not in A_DECIDER:
        raise RegleViolee(
            "Une décision suit la recommandation du comité : cette demande est "
            f"« {demande.get_etat_display()} ».",
            code="etat",
        )
    reserves = list(reserves)
    montant_accorde = Decimal(montant_accorde)
    if resultat == "acceptee":
        _verifier_attente(demande)
        _verifier_montant(demande, montant_accorde)
    elif montant_accorde:
        raise RegleViolee("Le montant est 0 quand rien n'est accordé.", champ="montant_accorde")
    elif reserves:
        raise RegleViolee("Une réserve accompagne une acceptation.", champ="reserves")
    if resultat == "refusee" and not motifs.strip():
        raise RegleViolee("Écrivez les motifs du refus.", champ="motifs", code="motifs")
    if resultat == "liste_attente" and (rang_attente is None or attente_jusqu_au is None):
        raise RegleViolee(
            "La liste d'attente demande un rang et une échéance.", champ="rang_attente"
        )
    dire_qui_agit(acteur)
    retirer_decision(demande)
    decision = Decision(
        demande=demande,
        volet=demande.volet,
        resolution=resolution,
        resultat=resultat,
        montant_demande=demande.montant_demande,
        montant_accorde=montant_accorde,
        motifs=motifs.strip(),
        motifs_par_critere=motifs_par_critere or {},
        conditions=conditions,
        rang_attente=rang_attente if resultat == "liste_attente" else None,
        attente_jusqu_au=attente_jusqu_au if resultat == "liste_attente" else None,
        prise_le=horloge.maintenant(),
        prise_par=acteur,
    )
    inscrire_sous_enveloppe(decision)
    poser_reserves(decision, reserves)
    transitionner(
        demande,
        TRANSITIONS[resultat],
        acteur=acteur,
        motif=motifs,
        details={"resolution": resolution.numero, "montant": str(montant_accorde)},
    )
    return decision


def retirer_decision(demande: Demande) -> None:
    """La décision en vigueur ne l'est plus ; elle reste lisible."""
    demande.decisions.filter(en_vigueur=True).update(en_vigueur=False)


def _verifier_attente(demande: Demande) -> None:
    """Une demande en attente se réveille tant que sa place est valable (regles.md, 10)."""
    if demande.etat != Demande.Etat.LISTE_ATTENTE:
        return
    jusqu_au = demande.decisions.get(en_vigueur=True).attente_jusqu_au
    if jusqu_au < horloge.aujourdhui():
        raise RegleViolee(
            f"La place en liste d'attente valait jusqu'au {date_courte(jusqu_au)} : la demande ne "
            "peut plus être acceptée.",
            champ="resultat",
            code="attente_echue",
        )


def _verifier_montant(demande: Demande, montant: Decimal) -> None:
    if montant <= 0:
        raise RegleViolee("Écrivez le montant accordé.", champ="montant_accorde")
    if montant > demande.montant_demande:
        raise RegleViolee(
            f"Le montant dépasse ce qui est demandé ({dollars(demande.montant_demande)}).",
            champ="montant_accorde",
        )
    maximum = montant_maximal(demande.budget(), regles_budget(demande))
    if montant > maximum:
        raise RegleViolee(
            f"Le montant dépasse le maximum permis par les règles ({dollars(maximum)}).",
            champ="montant_accorde",
            code="montant_maximal",
        )


def inscrire_sous_enveloppe(decision: Decision) -> None:
    """Vérifie sous verrou ce que le grand livre laisse ; la base le vérifie encore."""
    volet = Volet.objects.select_for_update(no_key=True).get(pk=decision.volet_id)
    deja = Mouvement.objects.sommes_par_demande([decision.demande_id]).get(decision.demande_id, {})
    libre = libre_du_volet(volet) + deja.get(Mouvement.Nature.ACCORD, ZERO)
    if decision.montant_accorde > libre:
        raise RegleViolee(
            f"Il manque {dollars(decision.montant_accorde - libre)} dans l'enveloppe du volet "
            f"{volet.no} : {dollars(libre)} restent.",
            champ="montant_accorde",
            code="enveloppe",
        )
    decision.save()


class LotRefuse(RegleViolee):
    """Un lot dont des lignes ne tiennent pas ; ``refus`` : la règle de chaque demande fautive."""

    def __init__(self, refus: dict[int, RegleViolee]) -> None:
        nombre = len(refus)
        super().__init__(
            "Rien n'est inscrit : une décision ne tient pas."
            if nombre == 1
            else f"Rien n'est inscrit : {nombre} décisions ne tiennent pas.",
            code="lot",
        )
        self.refus = refus


@transaction.atomic
def decider_lot(
    *, acteur: Any, appel: Appel, resolution: Resolution, lignes: Iterable[dict[str, Any]]
) -> list[Decision]:
    """Décide plusieurs demandes sous une résolution ; toutes ou aucune.

    Chaque ligne porte ``demande`` et les arguments de ``decider``. Lève ``LotRefuse`` avec ce que
    chaque ligne fautive enfreint, ou ``RegleViolee`` quand il n'y a rien à décider.
    """
    exiger_permission(acteur, "resolution.inscrire", appel)
    lignes = list(lignes)
    if not lignes:
        raise RegleViolee("Choisissez au moins une demande.", code="rien")
    list(appel.volets.select_for_update(no_key=True).order_by("pk"))
    decisions, refus = [], {}
    for ligne in lignes:
        try:
            with transaction.atomic():
                decisions.append(decider(acteur=acteur, resolution=resolution, **ligne))
        except RegleViolee as regle:
            refus[ligne["demande"].pk] = regle
    if refus:
        raise LotRefuse(refus)
    return decisions


@transaction.atomic
def abandonner(*, acteur: Any, demande: Demande, motif: str) -> Demande:
    """L'aide n'aura pas lieu (l'organisme renonce, une réserve n'est pas levée) ; l'argent revient.

    Une convention en cours se résilie plutôt.
    """
    exiger_permission(acteur, "demande.resilier", demande)
    if not motif.strip():
        raise RegleViolee("Écrivez le motif.", champ="motif")
    if demande.conventions.exclude(etat__in=["brouillon", "resiliee"]).exists():
        raise RegleViolee("Une convention est en cours : résiliez-la plutôt.", code="convention")
    if demande.etat != Demande.Etat.ACCEPTEE:
        raise RegleViolee("Seule une demande acceptée peut être abandonnée.", code="etat")
    return transitionner(demande, "resilier", acteur=acteur, motif=motif.strip())
