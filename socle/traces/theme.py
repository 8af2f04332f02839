"""L'apparence des tracés : couleurs de la maison, tailles en points (un point vaut un pixel)."""

from dataclasses import dataclass

from socle.graphiques import BLANC, FLEUVE, FLEUVE_MOYEN, FLEUVE_PALE, GRIS
from socle.traces.donnees import Teinte

# Remplissage, contour, et contour pointillé s'il faut.
TEINTES = {
    Teinte.PLEINE: (FLEUVE, FLEUVE, "solid"),
    Teinte.MOYENNE: (FLEUVE_MOYEN, FLEUVE_MOYEN, "solid"),
    Teinte.PALE: (FLEUVE_PALE, FLEUVE, "solid"),
    Teinte.VIDE: (BLANC, GRIS, "solid"),
    Teinte.OUVERTE: (FLEUVE_PALE, FLEUVE, "dashed"),
}
CORPS, PETIT = 13.0, 12.0
INTERLIGNE = 17
HAUTEUR_BARRE = 16
PAS_DES_BARRES = 22
ENTRE_RANGEES = 12
ESPACE = 8
CONTOUR = 1.0


@dataclass(frozen=True)
class Format:
    """Une largeur de dessin ; ``part_libelles`` : ce que les libellés en prennent au plus.

    Étroit, les libellés montent au-dessus de leur barre, qui prend toute la largeur.
    """

    nom: str
    largeur: int
    part_libelles: float
    libelles_au_dessus: bool


LARGE = Format("large", 640, 0.4, libelles_au_dessus=False)
ETROIT = Format("etroit", 300, 0.4, libelles_au_dessus=True)
