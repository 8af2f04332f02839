"""Le calcul des scores (regles.md, 6 et 7) : des fonctions pures, en points sur 100."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal
from fractions import Fraction

# Une fiche se range à douze décimales ; la moyenne est ramenée à neuf avant l'arrondi final, pour
# qu'un tiers rangé ne fasse pas basculer un score qui tombe exactement sur une demie.
PRECISION_FICHE = Decimal("1e-12")
PRECISION_MOYENNE = Decimal("1e-9")


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


def score_demande(fiches: Sequence[Decimal], *, minimum: int) -> Decimal | None:
    """La moyenne des fiches, demie vers le haut à une décimale ; None sous ``minimum`` fiches."""
    if not fiches or len(fiches) < minimum:
        return None
    moyenne = (sum(fiches, Decimal(0)) / len(fiches)).quantize(PRECISION_MOYENNE, ROUND_HALF_UP)
    return moyenne.quantize(Decimal("0.1"), ROUND_HALF_UP)


def ecart(fiches: Sequence[Decimal]) -> Decimal | None:
    """L'écart entre la fiche la plus haute et la plus basse, à une décimale."""
    if not fiches:
        return None
    return (
        (max(fiches) - min(fiches))
        .quantize(PRECISION_MOYENNE)
        .quantize(Decimal("0.1"), ROUND_HALF_UP)
    )


def ecart_alerte(fiches: Sequence[Decimal], *, seuil: Decimal) -> bool:
    """Vrai quand l'écart dépasse le seuil (égal au seuil ne se signale pas)."""
    return bool(fiches) and (max(fiches) - min(fiches)).quantize(PRECISION_MOYENNE) > seuil


def commentaire_exige(note: int, *, note_max: int) -> bool:
    """Un commentaire est exigé pour une note de 2 ou moins, ou la note maximale."""
    return note <= 2 or note == note_max
