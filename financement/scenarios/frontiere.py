"""« Et si » : le même scénario avec une autre enveloppe ou un autre seuil de passage."""

from collections.abc import Iterable
from dataclasses import dataclass, replace

from financement.scenarios.calcul import resoudre
from financement.scenarios.probleme import DelaiDepasse, Impossible, Probleme

LIMITE = 2.0  # secondes par point


@dataclass(frozen=True)
class Point:
    """Ce que donnerait ``valeur`` (cents d'enveloppe, ou dixièmes de point de seuil).

    ``total`` en cents, ``points`` en dixièmes ; ``projets`` est None quand rien ne tient.
    """

    valeur: int
    projets: int | None
    total: int = 0
    points: int = 0


def avec_enveloppe(probleme: Probleme, pourcent: int) -> Probleme:
    """Chaque enveloppe à ``pourcent`` de ce qu'elle est, au cent inférieur."""
    enveloppes = {no: cents * pourcent // 100 for no, cents in probleme.enveloppes.items()}
    return replace(probleme, enveloppes=enveloppes)


def avec_seuil(probleme: Probleme, dixiemes: int) -> Probleme:
    return replace(probleme, seuil=dixiemes)


def frontiere_enveloppe(probleme: Probleme, pourcents: Iterable[int]) -> list[Point]:
    variantes = (avec_enveloppe(probleme, pourcent) for pourcent in pourcents)
    return [_point(sum(variante.enveloppes.values()), variante) for variante in variantes]


def frontiere_seuil(probleme: Probleme, seuils: Iterable[int]) -> list[Point]:
    return [_point(seuil, avec_seuil(probleme, seuil)) for seuil in seuils]


def _point(valeur: int, probleme: Probleme) -> Point:
    try:
        solution = resoudre(probleme, LIMITE)
    except DelaiDepasse:
        return Point(valeur, None)
    if isinstance(solution, Impossible):
        return Point(valeur, None)
    retenus = [montant for montant in solution.montants.values() if montant]
    return Point(valeur, len(retenus), sum(retenus), solution.points)
