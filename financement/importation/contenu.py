"""Ce qu'un fichier d'importation contient, une fois lu."""

import datetime as dt
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

ACTIVITES_PREVUES = ("activites_prevues", "")


class ImportRefuse(Exception):
    """Le fichier est refusé en entier ; ``refus`` dit chaque raison et sa place."""

    def __init__(self, refus: list[str]) -> None:
        super().__init__("\n".join(refus))
        self.refus = refus


@dataclass
class DecisionLue:
    place: str
    resultat: str
    montant: Decimal
    resolution: str
    date: dt.date
    motif: str = ""


@dataclass
class DemandeLue:
    place: str
    code: str
    nom: str
    neq: str
    fictif: bool
    titre: str
    volet: int
    besoins: list[str]
    secteur: str
    depose_le: dt.datetime | None
    postes: list[dict[str, Any]]
    revenus: list[dict[str, Any]]
    montant_demande: Decimal
    contribution_nature: Decimal
    evenements: list[dict[str, Any]]
    recusations: list[str]
    fiches: dict[str, dict[str, int]]
    decision: DecisionLue | None
    realise: dict[str, Decimal] | None
    indicateurs: dict[tuple[str, str], int] | None

    @property
    def resultats_attendus(self) -> dict[str, int]:
        """Ce que le fichier prévoyait : la convention le portera."""
        prevues = (self.indicateurs or {}).get(ACTIVITES_PREVUES)
        return {} if prevues is None else {"activites_realisees": prevues}

    @property
    def valeurs_reelles(self) -> dict[tuple[str, str], int] | None:
        """Ce que les rapports diront."""
        if self.indicateurs is None:
            return None
        return {cle: n for cle, n in self.indicateurs.items() if cle != ACTIVITES_PREVUES}


@dataclass
class FichierLu:
    code: str
    plan: str
    champs: dict[str, Any]
    volets: list[dict[str, Any]]
    criteres: list[dict[str, Any]]
    comite: list[dict[str, Any]]
    demandes: list[DemandeLue] = field(default_factory=list)
