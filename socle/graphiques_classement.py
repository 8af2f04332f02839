"""La géométrie d'un classement : les demandes côte à côte, et la ligne où l'enveloppe s'arrête."""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal

from socle.graphiques import BLANC, ENCRE, FLEUVE, FLEUVE_PALE, PISTE, Nombre, decimal, part_de, pct


@dataclass(frozen=True)
class Rang:
    """Une demande du classement, dans l'ordre ; ``score`` est None sans assez de fiches."""

    libelle: str
    score: Nombre | None
    montant: Nombre
    url: str = ""


@dataclass(frozen=True)
class Colonne:
    """Une demande du classement : large comme son montant, haute comme son score."""

    rang: int
    libelle: str
    score: Decimal | None
    montant: Decimal
    cumul: Decimal
    statut: str
    url: str
    x: str
    largeur: str
    y: int
    hauteur: int
    couleur: str
    couleur_texte: str
    avec_texte: bool


@dataclass(frozen=True)
class Classement:
    colonnes: list[Colonne]
    x_enveloppe: str
    ancre_enveloppe: str
    y_seuil: int | None
    dans_enveloppe: int
    total: Decimal


HAUTEUR_CLASSEMENT = 120
STATUTS = {
    "dans": ("Dans l'enveloppe", FLEUVE, BLANC),
    "partie": ("En partie dans l'enveloppe", FLEUVE_PALE, ENCRE),
    "hors": ("Hors de l'enveloppe", "#CFC4AC", ENCRE),
    "sous": ("Sous le seuil", PISTE, ENCRE),
    "sans": ("Sans score", PISTE, ENCRE),
}


def dessiner_classement(
    rangs: Sequence[Rang],
    enveloppe: Nombre,
    seuil: Nombre | None = None,
    maxi: Nombre = 100,
) -> Classement:
    """Les demandes côte à côte : la ligne de l'enveloppe tombe où le cumul l'atteint.

    Une demande sous le seuil ou sans score ne consomme pas l'enveloppe.
    """
    limite, haut = decimal(enveloppe), decimal(maxi)
    total = sum((decimal(r.montant) for r in rangs), Decimal(0))
    echelle = max(total, limite)
    colonnes, x, cumul = [], Decimal(0), Decimal(0)
    for numero, rang in enumerate(rangs, start=1):
        montant = decimal(rang.montant)
        score = None if rang.score is None else decimal(rang.score)
        statut = _statut(score, cumul, montant, limite, seuil)
        if statut in ("dans", "partie", "hors"):
            cumul += montant
        largeur = part_de(montant, echelle)
        hauteur = int(part_de(score or Decimal(0), haut) * HAUTEUR_CLASSEMENT / 100)
        nom, couleur, texte = STATUTS[statut]
        colonnes.append(
            Colonne(
                numero,
                rang.libelle,
                score,
                montant,
                cumul,
                nom,
                rang.url,
                pct(x),
                pct(largeur),
                HAUTEUR_CLASSEMENT - hauteur,
                hauteur,
                couleur,
                texte,
                largeur >= 4 and hauteur >= 24,
            )
        )
        x += largeur
    y_seuil = None
    if seuil is not None:
        y_seuil = HAUTEUR_CLASSEMENT - int(part_de(decimal(seuil), haut) * HAUTEUR_CLASSEMENT / 100)
    dedans = sum(c.statut == STATUTS["dans"][0] for c in colonnes)
    part_limite = part_de(limite, echelle)
    # Près d'un bord, le mot « enveloppe » s'écrit vers l'intérieur du cadre.
    ancre = "end" if part_limite > 75 else "start" if part_limite < 25 else "middle"
    return Classement(colonnes, pct(part_limite), ancre, y_seuil, dedans, total)


def _statut(
    score: Decimal | None,
    cumul: Decimal,
    montant: Decimal,
    limite: Decimal,
    seuil: Nombre | None,
) -> str:
    if score is None:
        return "sans"
    if seuil is not None and score < decimal(seuil):
        return "sous"
    if cumul + montant <= limite:
        return "dans"
    return "partie" if cumul < limite else "hors"
