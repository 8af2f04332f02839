"""Quand un dossier a fini d'être gardé (regles.md, 18) : calcul pur."""

import datetime as dt
from dataclasses import dataclass
from enum import Enum


class Sort(Enum):
    DETRUIRE = "détruire"
    ANONYMISER = "anonymiser"


@dataclass(frozen=True)
class Duree:
    """Combien d'années se garde un genre de dossier, et ce qu'il devient ensuite."""

    genre: str
    ans: int
    sort: Sort


def durees(*, fermees: int, autres: int) -> dict[str, Duree]:
    """Par état final d'une demande. Une résiliation suit le calendrier d'un projet fermé."""
    return {
        "brouillon": Duree("Brouillons jamais déposés", autres, Sort.DETRUIRE),
        "irrecevable": Duree("Demandes irrecevables", autres, Sort.ANONYMISER),
        "refusee": Duree("Demandes refusées", autres, Sort.ANONYMISER),
        "retiree": Duree("Demandes retirées", autres, Sort.ANONYMISER),
        "liste_attente": Duree("Listes d'attente échues", autres, Sort.ANONYMISER),
        "fermee": Duree("Projets fermés", fermees, Sort.ANONYMISER),
        "resiliee": Duree("Projets résiliés", fermees, Sort.ANONYMISER),
    }


def echeance(fin: dt.date, ans: int) -> dt.date:
    """Le premier jour où le dossier n'est plus à garder, ``ans`` années après sa fin.

    Le 29 février se fête le 1er mars.
    """
    try:
        return fin.replace(year=fin.year + ans)
    except ValueError:
        return dt.date(fin.year + ans, 3, 1)
