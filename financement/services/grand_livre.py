"""Lire le grand livre : l'argent d'un volet, d'une source, d'un exercice, d'une demande.

Rien ne s'y écrit d'ici : la base inscrit les mouvements (financement/models/ecritures.py).
"""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field, fields
from decimal import Decimal
from typing import Any

from django.db.models import F, Sum

from appels.models import Appel, Volet
from financement.models import (
    Convention,
    Credit,
    Decision,
    Mouvement,
    Recuperation,
    SommeReportee,
    Versement,
)
from financement.models.mouvement import Sommes

ZERO = Decimal("0.00")


@dataclass
class Total(Sommes):
    """La somme de plusieurs crédits, en dollars."""

    dotation: Decimal = ZERO
    transfert: Decimal = ZERO
    report: Decimal = ZERO
    accord: Decimal = ZERO
    engagement: Decimal = ZERO
    versement: Decimal = ZERO
    recuperation: Decimal = ZERO
    liberation: Decimal = ZERO

    def ajouter(self, credit: Sommes) -> None:
        for colonne in COLONNES:
            setattr(self, colonne, getattr(self, colonne) + getattr(credit, colonne))


COLONNES = tuple(champ.name for champ in fields(Total))


def total_de(credits: Iterable[Sommes]) -> Total:
    total = Total()
    for credit in credits:
        total.ajouter(credit)
    return total


@dataclass(frozen=True)
class SoldeVolet:
    """L'argent d'un volet, en dollars, net de ce qui est revenu : payé ⊂ engagé ⊂ accordé."""

    volet: Volet
    credits: list[Credit] = field(default_factory=list)

    @property
    def no(self) -> int:
        return self.volet.no

    @property
    def nom(self) -> str:
        return self.volet.nom

    @property
    def total(self) -> Total:
        return total_de(self.credits)

    @property
    def enveloppe(self) -> Decimal:
        return self.volet.enveloppe_actuelle

    @property
    def accorde(self) -> Decimal:
        """Ce que les demandes gardent : accordé, moins ce qui a été rendu."""
        return self.total.accord - self.total.liberation

    @property
    def engage(self) -> Decimal:
        return self.total.engagement - self.total.recuperation

    @property
    def verse(self) -> Decimal:
        return self.total.garde

    @property
    def libre(self) -> Decimal:
        return self.enveloppe - self.accorde


def soldes(appel: Appel) -> list[SoldeVolet]:
    """Le solde de chaque volet de l'appel, dans leur ordre."""
    return soldes_de([appel])[appel.pk]


def soldes_de(appels: Iterable[Appel]) -> dict[int, list[SoldeVolet]]:
    """Les soldes de chaque appel, en deux requêtes quel que soit leur nombre."""
    par_appel: dict[int, list[SoldeVolet]] = {appel.pk: [] for appel in appels}
    volets = Volet.objects.filter(appel__in=list(par_appel)).prefetch_related("credits")
    for volet in volets.order_by("no"):
        par_appel[volet.appel_id].append(SoldeVolet(volet, list(volet.credits.all())))
    return par_appel


def libre_du_volet(volet: Volet) -> Decimal:
    """Ce qui reste à accorder dans le volet, en dollars."""
    return total_de(Credit.objects.filter(volet=volet)).libre


def parts_par_source(demande: Any) -> list[tuple[str, Decimal]]:
    """Ce que chaque bailleur met dans ce qui est accordé à la demande, le plus grand d'abord.

    Une liste précharge ``mouvements__credit``.
    """
    parts: dict[str, Decimal] = defaultdict(lambda: ZERO)
    for mouvement in demande.mouvements.all():
        if mouvement.nature == Mouvement.Nature.ACCORD:
            parts[mouvement.credit.bailleur] += mouvement.montant
    return sorted(
        ((bailleur, part) for bailleur, part in parts.items() if part),
        key=lambda paire: (-paire[1], paire[0]),
    )


# --- Comparer aux objets ------------------------------------------------------------------------
def ecarts() -> list[str]:
    """Ce que le grand livre dit autrement que les objets, en phrases ; vide quand tout concorde."""
    return [*_ecarts_des_credits(), *_ecarts_des_volets(), *_ecarts_des_demandes()]


def _ecarts_des_credits() -> Iterable[str]:
    """Chaque crédit est la somme de ses mouvements."""
    sommes: dict[int, dict[str, Decimal]] = defaultdict(dict)
    for credit, nature, total in (
        Mouvement.objects.order_by().values_list("credit", "nature").annotate(total=Sum("montant"))
    ):
        sommes[credit][nature] = total
    for credit in Credit.objects.select_related("volet__appel"):
        for colonne in COLONNES:
            attendu = sommes[credit.pk].get(colonne, ZERO)
            if getattr(credit, colonne) != attendu:
                yield f"{credit}, {colonne} : {getattr(credit, colonne)} au lieu de {attendu}."


def _ecarts_des_volets() -> Iterable[str]:
    """L'enveloppe publiée de chaque volet est la dotation de ses crédits."""
    publies = Volet.objects.exclude(appel__etat__in=["brouillon", "annule"])
    for volet in publies.select_related("appel").prefetch_related("credits"):
        dotation = total_de(volet.credits.all()).dotation
        if dotation != volet.enveloppe:
            yield f"{volet.appel.code}, {volet} : dotation {dotation}, enveloppe {volet.enveloppe}."


def _ecarts_des_demandes() -> Iterable[str]:
    """Accordé, engagé, versé, récupéré et reporté de chaque demande sont ceux de ses objets."""
    attendus: dict[str, dict[int, Decimal]] = {
        "accord": _par_demande(Decision.objects.filter(en_vigueur=True), "montant_accorde"),
        "engagement": _par_demande(Convention.objects.filter(etat="en_vigueur"), "montant"),
        "versement": _par_demande(
            Versement.objects.filter(etat="verse"), "montant", "convention__demande"
        ),
        "recuperation": _par_demande(Recuperation.objects.filter(etat="remboursee"), "montant"),
    }
    finies = Convention.objects.filter(etat__in=["echue", "resiliee"]).values_list("demande")
    for (demande,) in finies:
        attendus["engagement"][demande] = attendus["versement"].get(demande, ZERO)
    partis = _par_demande(SommeReportee.objects.all(), "montant")
    attendus["report"] = {demande: -montant for demande, montant in partis.items()}
    for nature, par_demande in attendus.items():
        inscrits = _par_demande(
            Mouvement.objects.filter(nature=nature, demande__isnull=False), "montant"
        )
        for demande in sorted(par_demande.keys() | inscrits.keys()):
            attendu, inscrit = par_demande.get(demande, ZERO), inscrits.get(demande, ZERO)
            if attendu != inscrit:
                yield f"Demande {demande}, {nature} : {inscrit} au lieu de {attendu}."


def _par_demande(objets: Any, champ: str, demande: str = "demande") -> dict[int, Decimal]:
    return dict(
        objets.order_by().annotate(cle=F(demande)).values_list("cle").annotate(total=Sum(champ))
    )
