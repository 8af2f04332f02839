"""Décider sous une résolution, l'enveloppe et le montant maximal (regles.md, 10 et 11)."""

import datetime as dt
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from django.core.files.uploadedfile import UploadedFile
from django.db import IntegrityError, transaction
from django.db.models import Q, Sum

from appels.models import Appel, Demande, Volet
from appels.montants import montant_maximal
from appels.regles import dollars, regles_budget
from appels.services.pieces import verifier_fichier
from financement.models import Decision, Resolution, Versement
from socle import horloge
from socle.cycle_de_vie import transitionner
from socle.droits import exiger_permission
from socle.exceptions import RegleViolee
from socle.journal import journaliser

A_DECIDER = frozenset({"recommandee", "liste_attente"})
TRANSITIONS = {"acceptee": "accepter", "refusee": "refuser", "liste_attente": "mettre_en_attente"}
ZERO = Decimal("0.00")


@dataclass(frozen=True)
class SoldeVolet:
    """L'argent d'un volet, en dollars : payé ⊂ engagé (convention) ⊂ accordé (décision)."""

    no: int
    nom: str
    volet: Volet
    enveloppe: Decimal
    accorde: Decimal
    engage: Decimal
    verse: Decimal

    @property
    def libre(self) -> Decimal:
        return self.enveloppe - self.accorde


def soldes(appel: Appel) -> list[SoldeVolet]:
    """Le solde de chaque volet, en un nombre constant de requêtes."""
    volets = list(appel.volets.order_by("no"))
    accordes = dict(
        Decision.objects.filter(volet__appel=appel, en_vigueur=True)
        .values_list("volet")
        .annotate(total=Sum("montant_accorde"))
    )
    engages = dict(
        Decision.objects.filter(
            Q(conventions__etat__in=["en_vigueur", "echue"]), volet__appel=appel, en_vigueur=True
        )
        .values_list("volet")
        .annotate(total=Sum("montant_accorde"))
    )
    verses = dict(
        Versement.objects.filter(etat="verse", convention__decision__volet__appel=appel)
        .values_list("convention__decision__volet")
        .annotate(total=Sum("montant"))
    )
    return [
        SoldeVolet(
            no=volet.no,
            nom=volet.nom,
            volet=volet,
            enveloppe=volet.enveloppe,
            accorde=accordes.get(volet.pk) or ZERO,
            engage=engages.get(volet.pk) or ZERO,
            verse=verses.get(volet.pk) or ZERO,
        )
        for volet in volets
    ]


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
) -> Decision:
    """Inscrit la décision et change l'état de la demande ; rien n'est annoncé avant la lettre.

    Le volet est verrouillé : l'enveloppe ne peut pas être dépassée, quoi qu'il se passe en même
    temps. Lève ``RegleViolee`` : ``resolution``, ``enveloppe``, ``montant_maximal``, ``motifs``…
    """
    exiger_permission(acteur, "demande.decider", demande)
    if resultat not in TRANSITIONS:
        raise RegleViolee("Choisissez une décision.", champ="resultat")
    if resolution.appel_id != demande.appel_id:
        raise RegleViolee("Cette résolution vise un autre appel.", champ="resolution")
    demande = Demande.objects.select_for_update(no_key=True).get(pk=demande.pk)
    if demande.etat not in A_DECIDER:
        raise RegleViolee(
            "Une décision suit la recommandation du comité : cette demande est "
            f"« {demande.get_etat_display()} ».",
            code="etat",
        )
    montant_accorde = Decimal(montant_accorde)
    if resultat == "acceptee":
        _verifier_montant(demande, montant_accorde)
    elif montant_accorde:
        raise RegleViolee("Le montant est 0 quand rien n'est accordé.", champ="montant_accorde")
    if resultat == "refusee" and not motifs.strip():
        raise RegleViolee("Écrivez les motifs du refus.", champ="motifs", code="motifs")
    if resultat == "liste_attente" and (rang_attente is None or attente_jusqu_au is None):
        raise RegleViolee(
            "La liste d'attente demande un rang et une échéance.", champ="rang_attente"
        )
    demande.decisions.filter(en_vigueur=True).update(en_vigueur=False)
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
    transitionner(
        demande,
        TRANSITIONS[resultat],
        acteur=acteur,
        motif=motifs,
        details={"resolution": resolution.numero, "montant": str(montant_accorde)},
    )
    return decision


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
    """Vérifie l'enveloppe sous verrou ; le déclencheur de la base la vérifie encore."""
    volet = Volet.objects.select_for_update(no_key=True).get(pk=decision.volet_id)
    accorde = (
        Decision.objects.filter(volet=volet, en_vigueur=True).aggregate(
            total=Sum("montant_accorde")
        )["total"]
        or ZERO
    )
    depassement = accorde + decision.montant_accorde - volet.enveloppe
    if depassement > 0:
        raise RegleViolee(
            f"Il manque {dollars(depassement)} dans l'enveloppe du volet {volet.no} : "
            f"{dollars(volet.enveloppe - accorde)} restent.",
            champ="montant_accorde",
            code="enveloppe",
        )
    decision.save()


@transaction.atomic
def decider_selon_recommandations(*, acteur: Any, appel: Appel, resolution: Resolution) -> int:
    """Décide chaque demande recommandée comme le comité l'a recommandé ; tout ou rien.

    Celles où ``acteur`` est récusé attendent une autre personne.
    """
    exiger_permission(acteur, "resolution.inscrire", appel)
    demandes = Demande.objects.sans_recusation(acteur) if acteur else Demande.objects.all()
    recommandees = (
        demandes.filter(appel=appel, etat="recommandee")
        .prefetch_related("recommandations")
        .order_by("code")
    )
    fin = appel.projet_fin or horloge.aujourdhui() + dt.timedelta(days=365)
    rang = appel.demandes.filter(etat="liste_attente").count()
    compte = 0
    for demande in recommandees:
        avis = next(r for r in demande.recommandations.all() if r.en_vigueur)
        resultat = {"defavorable": "refusee", "liste_attente": "liste_attente"}.get(
            avis.avis, "acceptee"
        )
        attente = resultat == "liste_attente"
        rang += attente
        decider(
            acteur=acteur,
            demande=demande,
            resolution=resolution,
            resultat=resultat,
            montant_accorde=avis.montant,
            motifs=avis.motifs,
            motifs_par_critere=avis.motifs_par_critere,
            conditions=avis.conditions,
            rang_attente=rang if attente else None,
            attente_jusqu_au=fin if attente else None,
        )
        compte += 1
    if not compte:
        raise RegleViolee("Aucune recommandation n'attend de décision.", code="rien")
    return compte
