"""Le score d'une fiche (regles.md, 6) : des fonctions pures, en points sur 100.

Le score d'une demande, la moyenne de ses fiches, est tenu par la base : ``models/score.py``.
"""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal
from fractions import Fraction

PRECISION_FICHE = Decimal("1e-12")


@dataclass(frozen=True)
class Notation:
    """Une note et ce qu'il faut savoir du critère pour la compter."""

    note: int
    note_min: int
    note_max: int
    poids: Decimal


def score_fiche(notations: Iterable[Notation]) -> Decimal:
    """Σ (note − min) / (max − min) × poids, ramené à 100 par les poids présents."""
    notations = list(notations)
    total = sum((Fraction(n.poids) for n in notations), Fraction(0))
    if not total:
        raise ValueError("Une fiche sans critère n'a pas de score.")
    points = sum(
        (
            Fraction(n.note - n.note_min, n.note_max - n.note_min) * Fraction(n.poids)
            for n in notations
        ),
        Fraction(0),
    )
    exact = points / total * 100
    return (Decimal(exact.numerator) / Decimal(exact.denominator)).quantize(PRECISION_FICHE)


def a_une_decimale(points: Decimal) -> Decimal:
    """Des points tels qu'ils se montrent : demie vers le haut, à une décimale."""
    return points.quantize(Decimal("0.1"), ROUND_HALF_UP)


def ranger(scores: Sequence[Decimal]) -> list[tuple[int, bool]]:
    """Le rang de chaque score, du plus haut au plus bas, et s'il le partage (regles.md, 7)."""
    nombre = Counter(scores)
    premiers: dict[Decimal, int] = {}
    for place, score in enumerate(scores, start=1):
        premiers.setdefault(score, place)
    return [(premiers[score], nombre[score] > 1) for score in scores]


def commentaire_exige(note: int, *, note_max: int) -> bool:
    """Un commentaire est exigé pour une note de 2 ou moins, ou la note maximale."""
    return note <= 2 or note == note_max
