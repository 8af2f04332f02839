"""Où une règle rompue du budget se répare : la case, et le montant qui y suffirait (regles.md, 5).

Des dollars, en Decimal. Les ancres sont celles de la page du budget.
"""

import math
from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction

from appels.models import Demande
from appels.models.budget import CategorieDepense, Source
from appels.montants import SOURCES_PUBLIQUES, Budget, ReglesBudget, Violation, violations
from appels.regles import dollars, phrase_violation


@dataclass(frozen=True)
class Case:
    """Une case de montant : ``nature`` est la catégorie d'une dépense ou la source d'un revenu."""

    genre: str
    ancre: str
    libelle: str
    montant: Decimal
    nature: str = ""
    admissible: bool = False


@dataclass(frozen=True)
class Remede:
    """Une case à revoir, avec ce qu'il suffirait d'y écrire, seule."""

    libelle: str
    ancre: str


@dataclass(frozen=True)
class RegleRompue:
    """Une règle qui n'est pas tenue : la phrase qui dit de combien, et où agir."""

    code: str
    phrase: str
    remedes: list[Remede]


def regles_rompues(
    budget: Budget, regles: ReglesBudget, cases: Iterable[Case]
) -> list[RegleRompue]:
    """Les règles que le budget rompt, avec leurs remèdes parmi ``cases``."""
    cases = list(cases)
    return [
        RegleRompue(v.code, phrase_violation(v), remedes(v, cases))
        for v in violations(budget, regles)
    ]


def cases_de(demande: Demande) -> list[Case]:
    """Les cases du budget enregistré, au rang où la page les montre."""
    return cases_du_budget(
        postes=[
            (rang, poste.categorie, poste.montant, poste.admissible)
            for rang, poste in enumerate(demande.postes.all())
        ],
        revenus=[
            (rang, revenu.source, revenu.montant)
            for rang, revenu in enumerate(demande.revenus.all())
        ],
        montant_demande=demande.montant_demande or Decimal(0),
    )


def cases_du_budget(
    *,
    postes: Iterable[tuple[int, str, Decimal, bool]],
    revenus: Iterable[tuple[int, str, Decimal]],
    montant_demande: Decimal,
) -> list[Case]:
    """Les cases de la page ; chaque ligne donne d'abord son rang dans la page, depuis 0."""
    categories, sources = dict(CategorieDepense.choices), dict(Source.choices)
    return [
        Case("demande", "id_montant_demande", "Montant demandé", montant_demande),
        *(
            Case(
                "revenu",
                f"id_revenus-{rang}-montant",
                f"Revenu {rang + 1} ({sources[source]})",
                montant,
                source,
            )
            for rang, source, montant in revenus
        ),
        *(
            Case(
                "poste",
                f"id_postes-{rang}-montant",
                f"Dépense {rang + 1} ({categories[categorie]})",
                montant,
                categorie,
                admissible,
            )
            for rang, categorie, montant, admissible in postes
        ),
    ]


def remedes(violation: Violation, cases: Iterable[Case]) -> list[Remede]:
    """Les cases qui répareraient ``violation``, la plus directe d'abord.

    Un montant n'est proposé que si cette case suffit à elle seule ; il laisse les autres règles
    à vérifier.
    """
    cases, ecart = list(cases), Fraction(violation.ecart)
    match violation.code:
        case "plafond" | "taux_aide":
            return [_baisser(c, ecart) for c in cases if c.genre == "demande"]
        case "cumul":
            return [
                _baisser(c, ecart)
                for c in cases
                if c.genre == "demande" or c.nature in SOURCES_PUBLIQUES
            ]
        case "frais_administration":
            # Une dépense d'administration baisse aussi ce à quoi le taux s'applique.
            admissible = sum(c.montant for c in cases if c.genre == "poste" and c.admissible)
            ecart /= 1 - Fraction(violation.limite) / Fraction(admissible)
            return [
                _baisser(c, ecart)
                for c in cases
                if c.nature == CategorieDepense.ADMINISTRATION and c.admissible
            ]
        case "contribution_milieu_min":
            du_milieu = [
                c for c in cases if c.genre == "revenu" and c.nature not in SOURCES_PUBLIQUES
            ]
            return [_monter(c, ecart) for c in du_milieu] or [
                Remede(f"Ajoutez un revenu du milieu : {_haut(ecart)} au moins", "revenus")
            ]
    return _equilibrer(violation, cases)


def _equilibrer(violation: Violation, cases: list[Case]) -> list[Remede]:
    """Le montant demandé ou un revenu à ajuster, sinon une dépense."""
    ajustes = [(c, c.montant - violation.ecart) for c in cases if c.genre != "poste"]
    sens = "de plus" if violation.ecart > 0 else "de moins"
    return [
        *(Remede(f"{c.libelle} : {dollars(juste)}", c.ancre) for c, juste in ajustes if juste >= 0),
        Remede(f"Ou une dépense : {dollars(abs(violation.ecart))} {sens}", "depenses"),
    ]


def _baisser(case: Case, ecart: Fraction) -> Remede:
    reste = math.floor((Fraction(case.montant) - ecart) * 100)
    if reste < 0:
        return Remede(case.libelle, case.ancre)
    return Remede(f"{case.libelle} : {_dollars(reste)} au plus", case.ancre)


def _monter(case: Case, ecart: Fraction) -> Remede:
    return Remede(f"{case.libelle} : {_haut(Fraction(case.montant) + ecart)} au moins", case.ancre)


def _haut(montant: Fraction) -> str:
    return _dollars(math.ceil(montant * 100))


def _dollars(cents: int) -> str:
    return dollars(Decimal(cents) / 100)
