"""Un tracé devient une figure de matplotlib : barres horizontales, textes mesurés, rien d'autre.

Tout passe par des objets (``Figure``, ``Axes``), jamais par ``pyplot`` qui garde un état commun à
tous les fils. Les ordonnées sont en pixels ; les abscisses, dans l'unité des barres.
"""

from functools import lru_cache

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.textpath import text_to_path

from socle.graphiques import BLANC, BRIQUE, ENCRE, GRIS
from socle.traces.donnees import Barre, Rangee, Repere, Trace
from socle.traces.polices import GRASSE, NORMALE, police
from socle.traces.theme import (
    CONTOUR,
    CORPS,
    ENTRE_RANGEES,
    ESPACE,
    HAUTEUR_BARRE,
    INTERLIGNE,
    PAS_DES_BARRES,
    PETIT,
    TEINTES,
    Format,
)


@lru_cache(maxsize=2048)
def mesurer(texte: str, taille: float = CORPS, graisse: int = NORMALE) -> float:
    """La largeur d'un texte, en pixels."""
    largeur, _, _ = text_to_path.get_text_width_height_descent(
        texte, police(taille, graisse), ismath=False
    )
    return largeur


def couper(texte: str, largeur: float, graisse: int = NORMALE) -> list[str]:
    """Le texte en lignes qui tiennent dans ``largeur`` ; un mot trop long se coupe."""
    lignes: list[str] = []
    ligne = ""
    for mot in texte.split():
        if ligne and mesurer(f"{ligne} {mot}", CORPS, graisse) <= largeur:
            ligne = f"{ligne} {mot}"
            continue
        if ligne:
            lignes.append(ligne)
        ligne = mot
        while mesurer(ligne, CORPS, graisse) > largeur and len(ligne) > 1:
            tenu = next(
                n for n in range(len(ligne) - 1, 0, -1)
                if n == 1 or mesurer(ligne[:n], CORPS, graisse) <= largeur
            )  # fmt: skip
            lignes.append(ligne[:tenu])
            ligne = ligne[tenu:]
    return [*lignes, ligne]


class Dessin:
    """La mise en page d'un tracé à une largeur, puis sa figure."""

    def __init__(self, trace: Trace, format: Format) -> None:
        self.trace, self.format = trace, format
        self.barres = [barre for rangee in trace.rangees for barre in rangee.barres]
        self.nommees = any(barre.nom for barre in self.barres)
        self.titrees = self.nommees or format.libelles_au_dessus
        self.marge = self._marge()
        self.bas, self.haut = self._echelle()

    def _marge(self) -> float:
        """La colonne de gauche : le plus large des libellés ou des noms de barre."""
        limite = self.format.largeur * self.format.part_libelles
        if self.nommees:
            return min(max(mesurer(barre.nom, PETIT) for barre in self.barres), limite) + ESPACE
        if self.titrees:
            return CONTOUR
        lignes = (ligne for r in self.trace.rangees for ligne in couper(r.libelle, limite))
        return max(map(mesurer, lignes)) + ESPACE

    def _lignes(self, rangee: Rangee) -> list[str]:
        if self.titrees:
            largeur = self.format.largeur
            return couper(rangee.libelle, largeur, GRASSE if self.nommees else NORMALE)
        return couper(rangee.libelle, self.marge - ESPACE + 1)

    def _hauteur(self, rangee: Rangee) -> float:
        barres = PAS_DES_BARRES * len(rangee.barres)
        titre = INTERLIGNE * len(self._lignes(rangee))
        return titre + barres if self.titrees else max(barres, titre)

    def _echelle(self) -> tuple[float, float]:
        """Les bornes des abscisses : chaque barre et son texte tiennent dans la largeur."""
        longueurs = [(float(b.valeur or 0), mesurer(b.texte) + ESPACE) for b in self.barres]
        repere = float(self.trace.repere.valeur) if self.trace.repere else 0.0
        haut = max([0.0, repere, *(v for v, _ in longueurs)])
        bas = min([0.0, *(v for v, _ in longueurs)])
        a_droite = max([0.0, *(t for v, t in longueurs if v >= 0)])
        a_gauche = max([0.0, *(t for v, t in longueurs if v < 0)])
        if haut == bas:
            return 0.0, 1.0
        libre = self.format.largeur - self.marge - CONTOUR - a_droite - a_gauche
        par_pixel = (haut - bas) / max(libre, 24.0)
        return bas - a_gauche * par_pixel, haut + a_droite * par_pixel

    def figure(self) -> Figure:
        """La figure, à un pixel par point."""
        entete = INTERLIGNE + 4 if self.trace.repere else 0
        hauteurs = [self._hauteur(rangee) for rangee in self.trace.rangees]
        hauteur = entete + sum(hauteurs) + ENTRE_RANGEES * (len(hauteurs) - 1) + 2 * CONTOUR
        largeur = self.format.largeur
        figure = Figure(figsize=(largeur / 72, hauteur / 72), dpi=72)
        gauche = self.marge / largeur
        axes = figure.add_axes((gauche, 0, 1 - gauche - CONTOUR / largeur, 1))
        axes.set_axis_off()
        axes.set_ylim(hauteur, 0)
        axes.set_xlim(self.bas, self.haut)
        haut = entete + CONTOUR
        for rangee, sienne in zip(self.trace.rangees, hauteurs, strict=True):
            self._rangee(axes, rangee, haut, sienne)
            haut += sienne + ENTRE_RANGEES
        if self.trace.repere:
            self._nommer_le_repere(axes, self.trace.repere)
        return figure

    def _en_pixels(self, longueur: float) -> float:
        """Une longueur de l'unité des barres, en pixels."""
        largeur = self.format.largeur - self.marge - CONTOUR
        return longueur * largeur / (self.haut - self.bas)

    def _rangee(self, axes: Axes, rangee: Rangee, haut: float, hauteur: float) -> None:
        lignes = self._lignes(rangee)
        milieu = haut + hauteur / 2
        if self.titrees:
            for rang, ligne in enumerate(lignes):
                y = haut + INTERLIGNE * (rang + 0.5) - 1
                self._a_gauche(axes, ligne, y, GRASSE if self.nommees else NORMALE)
            premiere = haut + INTERLIGNE * len(lignes) + PAS_DES_BARRES / 2
        else:
            depart = milieu - INTERLIGNE * (len(lignes) - 1) / 2
            for rang, ligne in enumerate(lignes):
                self._en_marge(axes, ligne, depart + INTERLIGNE * rang, CORPS, ENCRE)
            premiere = milieu - PAS_DES_BARRES * (len(rangee.barres) - 1) / 2
        for rang, barre in enumerate(rangee.barres):
            y = premiere + PAS_DES_BARRES * rang
            if barre.nom:
                self._en_marge(axes, barre.nom, y, PETIT, GRIS)
            self._barre(axes, barre, y)
        haut_des_barres = premiere - PAS_DES_BARRES / 2
        self._traits(axes, haut_des_barres, haut_des_barres + PAS_DES_BARRES * len(rangee.barres))

    def _barre(self, axes: Axes, barre: Barre, y: float) -> None:
        fond, contour, trait = TEINTES[barre.teinte]
        bout = longueur = float(barre.valeur or 0)
        if longueur:
            axes.barh(
                y, longueur, HAUTEUR_BARRE,
                color=fond, edgecolor=contour, linewidth=CONTOUR, linestyle=trait, clip_on=False,
            )  # fmt: skip
        if repere := self.trace.repere:
            # Un texte que le trait traverserait s'écrit après lui.
            ecart = self._en_pixels(float(repere.valeur) - longueur)
            if 0 <= ecart < mesurer(barre.texte) + 2 * ESPACE:
                bout = float(repere.valeur)
        axes.annotate(
            barre.texte, (bout, y), (-6 if longueur < 0 else 6, 0), textcoords="offset points",
            ha="right" if longueur < 0 else "left", va="center_baseline", color=ENCRE,
            fontproperties=police(CORPS), parse_math=False, annotation_clip=False,
        )  # fmt: skip

    def _traits(self, axes: Axes, haut: float, bas: float) -> None:
        """Le zéro et le repère, à la hauteur des barres : ils ne traversent aucun libellé."""
        axes.vlines(0, haut, bas, color=GRIS, linewidth=1, zorder=3, clip_on=False)
        if repere := self.trace.repere:
            valeur = float(repere.valeur)
            axes.vlines(valeur, haut, bas, color=BLANC, linewidth=6, zorder=3, clip_on=False)
            axes.vlines(valeur, haut, bas, color=BRIQUE, linewidth=2, zorder=4, clip_on=False)

    @staticmethod
    def _en_marge(axes: Axes, texte: str, y: float, taille: float, couleur: str) -> None:
        axes.annotate(
            texte, (0, y), (-ESPACE, 0), xycoords=axes.get_yaxis_transform(),
            textcoords="offset points", ha="right", va="center_baseline", color=couleur,
            fontproperties=police(taille), parse_math=False, annotation_clip=False,
        )  # fmt: skip

    @staticmethod
    def _a_gauche(axes: Axes, texte: str, y: float, graisse: int) -> None:
        axes.annotate(
            texte, (0, y), xycoords=("figure fraction", "data"), ha="left",
            va="center_baseline", color=ENCRE, fontproperties=police(CORPS, graisse),
            parse_math=False, annotation_clip=False,
        )  # fmt: skip

    def _nommer_le_repere(self, axes: Axes, repere: Repere) -> None:
        place = self.marge + self._en_pixels(float(repere.valeur) - self.bas)
        tient = place >= mesurer(repere.texte, PETIT, GRASSE)
        axes.annotate(
            repere.texte, (float(repere.valeur), INTERLIGNE / 2), ha="right" if tient else "left",
            va="center_baseline", color=BRIQUE, fontproperties=police(PETIT, GRASSE),
            parse_math=False, annotation_clip=False,
        )  # fmt: skip
