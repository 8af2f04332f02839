"""La géométrie des scénarios : ce qui reste d'une enveloppe, et une frontière point par point."""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from itertools import pairwise

from socle.graphiques import (
    BLANC,
    ENCRE,
    FLEUVE,
    FLEUVE_PALE,
    GRIS,
    MARGE,
    REFUS,
    Nombre,
    Part,
    Segment,
    decimal,
    empiler,
    part_de,
    pct,
)

COULEURS_RESTE = (
    (FLEUVE, BLANC),
    (FLEUVE_PALE, ENCRE),
    (BLANC, ENCRE, GRIS),
    (REFUS, BLANC),
)
HAUTEUR_FRONTIERE = 160
SOMMET = 18


@dataclass(frozen=True)
class BarreReste:
    """Déjà accordé, proposé, libre ; ce qui dépasse déborde de la limite."""

    segments: list[Segment]
    limite: str
    depassement: Decimal
    reste: Decimal


def dessiner_reste(enveloppe: Nombre, accorde: Nombre, propose: Nombre) -> BarreReste:
    total, donne, voulu = map(decimal, (enveloppe, accorde, propose))
    reste = total - donne - voulu
    trop = max(-reste, Decimal(0))
    echelle = max(total, donne + voulu)
    parts = [
        Part("Déjà accordé", donne),
        Part("Proposé", max(voulu - trop, Decimal(0))),
        Part("Libre", max(reste, Decimal(0))),
        Part("Dépassement", trop),
    ]
    segments = empiler(parts, COULEURS_RESTE, echelle)
    return BarreReste(segments, pct(part_de(total, echelle)), trop, reste)


@dataclass(frozen=True)
class PointFrontiere:
    """Un essai : ``libelle`` sous l'axe, ``hauteur`` en projets ; None quand rien ne tient."""

    libelle: str
    hauteur: int | None
    actuel: bool = False


@dataclass(frozen=True)
class PointDessine:
    point: PointFrontiere
    x: str
    y: int
    nomme: bool


@dataclass(frozen=True)
class Troncon:
    x1: str
    y1: int
    x2: str
    y2: int


@dataclass(frozen=True)
class Frontiere:
    points: list[PointDessine]
    troncons: list[Troncon]
    maxi: int
    base: int


def dessiner_frontiere(points: Sequence[PointFrontiere]) -> Frontiere:
    """Les points à intervalles égaux, reliés ; un essai impossible coupe la ligne."""
    maxi = max((p.hauteur or 0 for p in points), default=0)
    ecart = (100 - 2 * MARGE) / max(len(points) - 1, 1)
    base = HAUTEUR_FRONTIERE - 2
    poses = []
    for rang, point in enumerate(points):
        part = part_de(Decimal(point.hauteur or 0), Decimal(maxi)) / 100
        y = base - int(part * (base - SOMMET))
        bout = rang in (0, len(points) - 1)
        poses.append(PointDessine(point, pct(MARGE + ecart * rang), y, bout or point.actuel))
    troncons = [
        Troncon(a.x, a.y, b.x, b.y)
        for a, b in pairwise(poses)
        if a.point.hauteur is not None and b.point.hauteur is not None
    ]
    return Frontiere(poses, troncons, maxi, base)
