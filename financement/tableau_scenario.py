"""Les scénarios prêts pour les pages : un seul, plusieurs côte à côte, et « et si »."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from appels.models import Appel, Demande
from financement.candidats import argent_de, en_dixiemes, en_dollars
from financement.models import LigneScenario, Scenario
from financement.scenarios.argent import Restes
from financement.scenarios.calcul import resoudre
from financement.scenarios.frontiere import (
    Point,
    avec_enveloppe,
    avec_seuil,
    frontiere_enveloppe,
    frontiere_seuil,
)
from financement.scenarios.probleme import DelaiDepasse, Impossible, Solution
from financement.services.scenarios import probleme_du_scenario
from socle.graphiques_scenario import PointFrontiere
from socle.templatetags.affichage import dollars

ZERO = Decimal("0.00")


@dataclass(frozen=True)
class Colonne:
    """Un scénario résumé : ce qu'il retient, ce qu'il coûte, ce qui reste."""

    scenario: Scenario
    lignes: list[LigneScenario]
    restes: Restes

    @property
    def retenus(self) -> int:
        return sum(ligne.est_retenue for ligne in self.lignes)

    @property
    def sur(self) -> str:
        return f"sur {len(self.lignes)} demandes évaluées"

    @property
    def points(self) -> Decimal:
        return sum((ligne.score for ligne in self.lignes if ligne.est_retenue), Decimal(0))

    @property
    def retouches(self) -> int:
        return sum(bool(ligne.retouche) for ligne in self.lignes)


def colonnes(appel: Appel, scenarios: Iterable[Scenario]) -> list[Colonne]:
    """Une colonne par scénario ; leurs lignes et l'argent de l'appel se lisent une fois."""
    scenarios = list(scenarios)
    lignes: dict[int, list[LigneScenario]] = {scenario.pk: [] for scenario in scenarios}
    toutes = LigneScenario.objects.filter(scenario__in=scenarios).select_related(
        "demande__organisme", "demande__volet"
    )
    for ligne in toutes:
        lignes[ligne.scenario_id].append(ligne)
    argent = argent_de(appel)
    return [
        Colonne(scenario, lignes[scenario.pk], argent.restes(lignes[scenario.pk]))
        for scenario in scenarios
    ]


@dataclass(frozen=True)
class Case:
    """Ce qu'un scénario donne à une demande, et la différence avec le premier scénario."""

    ligne: LigneScenario | None
    difference: Decimal
    mouvement: str  # « Entre », « Sort » ou rien

    @property
    def montant(self) -> Decimal:
        return self.ligne.montant if self.ligne else ZERO


@dataclass(frozen=True)
class Comparee:
    """Une demande, et sa case dans chaque scénario."""

    demande: Demande
    par_colonne: list[tuple[Colonne, Case]]

    @property
    def change(self) -> bool:
        return len({case.montant for _, case in self.par_colonne}) > 1


def comparer(comparees: Sequence[Colonne]) -> list[Comparee]:
    """Chaque demande, ce que chaque scénario lui donne ; dans l'ordre du classement."""
    par_demande: dict[int, dict[int, LigneScenario]] = {}
    demandes: dict[int, LigneScenario] = {}
    for rang, colonne in enumerate(comparees):
        for ligne in colonne.lignes:
            par_demande.setdefault(ligne.demande_id, {})[rang] = ligne
            demandes.setdefault(ligne.demande_id, ligne)
    ordre = sorted(demandes.values(), key=lambda li: (li.demande.volet.no, li.rang))
    return [
        Comparee(
            ligne.demande,
            list(
                zip(comparees, _cases(par_demande[ligne.demande_id], len(comparees)), strict=True)
            ),
        )
        for ligne in ordre
    ]


def _cases(lignes: dict[int, LigneScenario], nombre: int) -> list[Case]:
    depart = lignes[0].montant if 0 in lignes else ZERO
    cases = []
    for rang in range(nombre):
        ligne = lignes.get(rang)
        montant = ligne.montant if ligne else ZERO
        mouvement = "Entre" if montant and not depart else "Sort" if depart and not montant else ""
        cases.append(Case(ligne, montant - depart, mouvement))
    return cases


# --- Et si ----------------------------------------------------------------------------------------
POURCENTS = range(50, 151, 10)
SEUILS = range(40, 91, 5)


@dataclass(frozen=True)
class EtSi:
    """Le scénario avec d'autres enveloppes ou un autre seuil, et ce qui change pour qui."""

    enveloppe: Decimal
    solution: Solution | None
    phrases: tuple[str, ...]
    total: Decimal
    points: Decimal
    entrent: list[LigneScenario]
    sortent: list[LigneScenario]
    enveloppes: list[dict[str, Any]]
    seuils: list[dict[str, Any]]

    @property
    def projets(self) -> int:
        return sum(bool(m) for m in self.solution.montants.values()) if self.solution else 0

    @property
    def frontiere_enveloppe(self) -> list[PointFrontiere]:
        return [PointFrontiere(p["court"], p["projets"], p["actuel"]) for p in self.enveloppes]

    @property
    def frontiere_seuil(self) -> list[PointFrontiere]:
        return [PointFrontiere(p["court"], p["projets"], p["actuel"]) for p in self.seuils]


def et_si(scenario: Scenario, *, pourcent: int, seuil: Decimal) -> EtSi:
    """Rien n'est gardé. ``pourcent`` de chaque enveloppe ; ``seuil`` en points."""
    lignes = list(scenario.lignes.select_related("demande__organisme", "demande__volet"))
    # Après les décisions aussi, la question porte sur les demandes du scénario.
    probleme = probleme_du_scenario(scenario, [ligne.demande_id for ligne in lignes])
    dixiemes = en_dixiemes(seuil)
    essaye = avec_seuil(avec_enveloppe(probleme, pourcent), dixiemes)
    try:
        resultat = resoudre(essaye)
    except DelaiDepasse:
        resultat = Impossible(("Le calcul prend trop de temps.",))
    phrases = resultat.phrases if isinstance(resultat, Impossible) else ()
    solution = None if isinstance(resultat, Impossible) else resultat
    montants = dict(solution.montants) if solution else {}
    pourcents = sorted({*POURCENTS, pourcent})
    seuils = sorted({*(10 * s for s in SEUILS), dixiemes})
    return EtSi(
        enveloppe=en_dollars(sum(essaye.enveloppes.values())),
        solution=solution,
        phrases=phrases,
        total=en_dollars(sum(montants.values())),
        points=Decimal(solution.points) / 10 if solution else Decimal(0),
        entrent=[li for li in lignes if montants.get(li.demande_id) and not li.est_retenue],
        sortent=[
            li for li in lignes if solution and li.est_retenue and not montants.get(li.demande_id)
        ],
        enveloppes=[
            {
                "court": f"{p}\u00a0%",
                "libelle": f"{p}\u00a0%, soit {dollars(en_dollars(point.valeur), 'rond')}",
                "actuel": p == pourcent,
                **_chiffres(point),
            }
            for p, point in zip(
                pourcents,
                frontiere_enveloppe(avec_seuil(probleme, dixiemes), pourcents),
                strict=True,
            )
        ],
        seuils=[
            {
                "court": f"{Decimal(s) / 10:.0f}",
                "libelle": f"{Decimal(s) / 10:.0f} points",
                "actuel": s == dixiemes,
                **_chiffres(point),
            }
            for s, point in zip(
                seuils, frontiere_seuil(avec_enveloppe(probleme, pourcent), seuils), strict=True
            )
        ],
    )


def _chiffres(point: Point) -> dict[str, Any]:
    if point.projets is None:
        return {"projets": None, "total": None, "points": None}
    return {
        "projets": point.projets,
        "total": en_dollars(point.total),
        "points": Decimal(point.points) / 10,
    }
