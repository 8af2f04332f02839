"""La géométrie d'une cascade : d'un total à ce qui en reste, une marche à la fois."""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal

from socle.graphiques import FLEUVE, FLEUVE_PALE, Nombre, decimal, part_de, pct

RETOUR = "#2C7A76"
# Une marche qui n'est pas nulle reste visible.
LARGEUR_MIN = Decimal("0.6")


@dataclass(frozen=True)
class Marche:
    """Ce qui s'ajoute ou se retire ; ``est_total`` : où l'on en est, compté depuis zéro."""

    libelle: str
    montant: Nombre
    est_total: bool = False


@dataclass(frozen=True)
class MarcheDessinee:
    """Une barre à sa place, en pour cent de la largeur."""

    libelle: str
    montant: Decimal
    est_total: bool
    x: str
    largeur: str
    couleur: str


def dessiner_cascade(marches: Sequence[Marche]) -> list[MarcheDessinee]:
    """Chaque marche part d'où la précédente s'arrête ; l'échelle est le plus haut atteint."""
    bornes, niveau = [], Decimal(0)
    for marche in marches:
        montant = decimal(marche.montant)
        depart = Decimal(0) if marche.est_total else niveau
        niveau = depart + montant
        bornes.append((min(depart, niveau), max(depart, niveau)))
    sommet = max((haut for _, haut in bornes), default=Decimal(0))
    dessinees = []
    for marche, (bas, haut) in zip(marches, bornes, strict=True):
        montant = decimal(marche.montant)
        largeur = part_de(haut - bas, sommet)
        largeur = max(largeur, LARGEUR_MIN) if montant else largeur
        couleur = FLEUVE if marche.est_total else RETOUR if montant > 0 else FLEUVE_PALE
        x = min(part_de(bas, sommet), 100 - largeur)
        dessinees.append(
            MarcheDessinee(marche.libelle, montant, marche.est_total, pct(x), pct(largeur), couleur)
        )
    return dessinees
