"""La géométrie des dessins : fonctions pures, les mêmes pour la page et pour le PDF.

Les positions sont en pour cent de la largeur, écrites avec un point (« 12.5% ») : le dessin suit
la largeur de la page sans déformer le texte. Les couleurs sont des attributs SVG, car ni la
politique de sécurité (pas de ``style=""``) ni le PDF (pas de nos feuilles) ne permettent mieux.
Aucun dessin n'est seul : le gabarit met à côté le tableau des mêmes nombres.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal

Nombre = Decimal | int | float

ENCRE = "#1F2A30"
GRIS = "#55636B"
BLANC = "#FFFFFF"
PISTE = "#E7E2D6"
FLEUVE = "#0E4A66"
FLEUVE_MOYEN = "#2F7396"
FLEUVE_PALE = "#A9CBDB"
BRIQUE = "#9C3D24"
REFUS = "#8F1D2C"
# (fond, texte) ; l'ordre est fixe, pour qu'une source garde sa couleur d'un dessin à l'autre.
PALETTE = (
    (FLEUVE, BLANC),
    ("#2C7A76", BLANC),
    ("#8A5A0B", BLANC),
    ("#6B4E71", BLANC),
    ("#5B6B74", BLANC),
    ("#CFC4AC", ENCRE),
    ("#A9CBDB", ENCRE),
)
# Sous cette part, le pour cent ne tient pas dans le segment à 320 px de large.
PART_MIN_TEXTE = Decimal(12)


@dataclass(frozen=True)
class Part:
    """Une donnée nommée : une source et son montant, une fiche et son score."""

    libelle: str
    montant: Nombre


@dataclass(frozen=True)
class Ligne:
    """Une barre horizontale : la valeur, et ce qui était prévu s'il y a lieu."""

    libelle: str
    valeur: Nombre
    prevu: Nombre | None = None


@dataclass(frozen=True)
class Segment:
    libelle: str
    montant: Decimal
    part: Decimal
    x: str
    largeur: str
    milieu: str
    couleur: str
    couleur_texte: str = BLANC
    contour: str = BLANC

    @property
    def avec_texte(self) -> bool:
        return self.part >= PART_MIN_TEXTE


def decimal(valeur: Nombre | None) -> Decimal:
    return Decimal(0) if valeur is None else Decimal(str(valeur))


def pct(valeur: Decimal) -> str:
    """Un pour cent pour un attribut SVG, toujours avec un point."""
    return f"{valeur:.2f}%"


def part_de(valeur: Decimal, total: Decimal) -> Decimal:
    """La part de ``valeur`` dans ``total``, en pour cent ; 0 quand il n'y a pas de total."""
    return valeur * 100 / total if total else Decimal(0)


def empiler(
    parts: Sequence[Part],
    couleurs: Sequence[tuple[str, ...]] = PALETTE,
    total: Nombre | None = None,
) -> list[Segment]:
    """Des segments bout à bout sur 100 % de la largeur ; une part nulle n'en a pas."""
    somme = decimal(total) or sum((decimal(p.montant) for p in parts), Decimal(0))
    segments, x = [], Decimal(0)
    for rang, part in enumerate(parts):
        montant = decimal(part.montant)
        largeur = part_de(max(montant, Decimal(0)), somme)
        if largeur <= 0:
            continue
        segments.append(
            Segment(
                part.libelle,
                montant,
                largeur,
                pct(x),
                pct(largeur),
                pct(x + largeur / 2),
                *couleurs[rang % len(couleurs)],
            )
        )
        x += largeur
    return segments


@dataclass(frozen=True)
class Enveloppe:
    """La barre d'une enveloppe : payé ⊂ engagé ⊂ accordé ; ``libre`` est négatif si dépassée."""

    enveloppe: Decimal
    accorde: Decimal
    engage: Decimal
    paye: Decimal
    segments: list[Segment]
    limite: str

    @property
    def libre(self) -> Decimal:
        return self.enveloppe - self.accorde

    @property
    def depassement(self) -> Decimal:
        return max(-self.libre, Decimal(0))


# Chaque part d'une enveloppe et sa couleur : fond, texte, contour s'il faut.
PARTS_ENVELOPPE = {
    "Payé": (FLEUVE, BLANC),
    "Engagé, à payer": (FLEUVE_MOYEN, BLANC),
    "Accordé, à engager": (FLEUVE_PALE, ENCRE),
    "Libre": (BLANC, ENCRE, GRIS),
    "Dépassement": (REFUS, BLANC),
}


def dessiner_enveloppe(
    enveloppe: Nombre, accorde: Nombre = 0, engage: Nombre = 0, paye: Nombre = 0
) -> Enveloppe:
    """Payé, engagé à payer, accordé à engager, libre ; le dépassement déborde de la limite."""
    total, donne, promis, sorti = map(decimal, (enveloppe, accorde, engage, paye))
    echelle = max(total, donne)
    dans_enveloppe = min(donne, total)
    montants = (
        sorti,
        max(promis - sorti, Decimal(0)),
        max(dans_enveloppe - max(promis, sorti), Decimal(0)),
        max(total - donne, Decimal(0)),
        max(donne - total, Decimal(0)),
    )
    parts = [Part(nom, montant) for nom, montant in zip(PARTS_ENVELOPPE, montants, strict=True)]
    return Enveloppe(
        total,
        donne,
        promis,
        sorti,
        empiler(parts, tuple(PARTS_ENVELOPPE.values()), echelle),
        pct(part_de(total, echelle)),
    )


# Les points et leurs traits restent dans le cadre : l'axe occupe de 4 % à 96 % de la largeur.
MARGE = Decimal(4)


@dataclass(frozen=True)
class Point:
    libelle: str
    score: Decimal
    x: str
    y: int


@dataclass(frozen=True)
class PointsFiches:
    points: list[Point]
    moyenne: Decimal | None
    ecart: Decimal
    x_moyenne: str
    corrigee: Decimal | None
    x_corrigee: str
    x_debut: str
    largeur: str
    x_seuil: str
    reperes: list[Point]
    hauteur: int
    base: int


def dessiner_points(
    fiches: Sequence[Part],
    seuil: Nombre | None = None,
    mini: Nombre = 0,
    maxi: Nombre = 100,
    corrigee: Nombre | None = None,
) -> PointsFiches:
    """Un point par fiche, la moyenne en trait, l'étendue en bande ; les points voisins montent.

    ``corrigee`` est la moyenne sans la sévérité des membres, en anneau sous l'axe.
    """
    bas, haut = decimal(mini), decimal(maxi)

    def placer(score: Decimal) -> Decimal:
        return MARGE + part_de(score - bas, haut - bas) * (100 - 2 * MARGE) / 100

    ordonnees = sorted(fiches, key=lambda f: decimal(f.montant))
    scores = [decimal(f.montant) for f in ordonnees]
    etages: list[Decimal] = []
    rangs = []
    for score in scores:
        x = placer(score)
        etage = next((i for i, dernier in enumerate(etages) if x - dernier >= 5), len(etages))
        etages[etage : etage + 1] = [x]
        rangs.append(etage)
    base = 26 + 18 * max(0, len(etages) - 1)
    points = [
        Point(fiche.libelle, score, pct(placer(score)), base - 18 * rang)
        for fiche, score, rang in zip(ordonnees, scores, rangs, strict=True)
    ]
    moyenne = sum(scores, Decimal(0)) / len(scores) if scores else None
    debut = placer(scores[0]) if scores else Decimal(0)
    reperes = [Point("", v, pct(placer(v)), base) for v in (bas, (bas + haut) / 2, haut)]
    return PointsFiches(
        points,
        moyenne,
        scores[-1] - scores[0] if scores else Decimal(0),
        pct(placer(moyenne)) if moyenne is not None else "",
        None if corrigee is None else decimal(corrigee),
        "" if corrigee is None else pct(placer(min(max(decimal(corrigee), bas), haut))),
        pct(debut),
        pct(placer(scores[-1]) - debut) if scores else "0%",
        pct(placer(decimal(seuil))) if seuil is not None else "",
        reperes,
        base + 44,
        base,
    )


@dataclass(frozen=True)
class Barre:
    libelle: str
    valeur: Decimal
    prevu: Decimal | None
    largeur: str
    x_prevu: str
    atteint: Decimal | None


def dessiner_barres(
    lignes: Sequence[Ligne], maxi: Nombre | None = None, relatif: bool | None = None
) -> list[Barre]:
    """Des barres à la même échelle ; le prévu est un trait sur la barre.

    ``relatif`` mesure chaque ligne à son propre prévu (le trait tombe alors au même endroit
    partout) : c'est le choix par défaut quand toutes ont un prévu, car leurs unités diffèrent.
    """
    prevus = [decimal(ligne.prevu) for ligne in lignes]
    if relatif is None:
        relatif = bool(lignes) and all(prevus)
    valeurs = [decimal(ligne.valeur) for ligne in lignes]
    if relatif:
        atteints = [part_de(v, p) for v, p in zip(valeurs, prevus, strict=True)]
        echelle = max([Decimal(100), *atteints])
        tailles = [(part_de(a, echelle), part_de(Decimal(100), echelle)) for a in atteints]
    else:
        echelle = decimal(maxi) or max([*valeurs, *prevus], default=Decimal(0))
        tailles = [
            (part_de(v, echelle), part_de(p, echelle)) for v, p in zip(valeurs, prevus, strict=True)
        ]
    return [
        Barre(
            ligne.libelle,
            valeur,
            None if ligne.prevu is None else prevu,
            pct(max(largeur, Decimal(0))),
            "" if ligne.prevu is None else pct(x_prevu),
            part_de(valeur, prevu) if prevu else None,
        )
        for ligne, valeur, prevu, (largeur, x_prevu) in zip(
            lignes, valeurs, prevus, tailles, strict=True
        )
    ]
