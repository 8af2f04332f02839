"""Les documents modifiables (DOCX) de la Ville : page lettre, pied numéroté, tableaux lisibles."""

from collections.abc import Iterable, Sequence
from typing import Any

from django.conf import settings
from docx import Document
from docx.enum.text import WD_ALIGN_PARAGRAPH
from docx.oxml import OxmlElement
from docx.oxml.ns import qn
from docx.shared import Inches, Pt, RGBColor
from openpyxl.cell.cell import ILLEGAL_CHARACTERS_RE

from socle.typographie import insecables

FLEUVE = RGBColor(0x0E, 0x4A, 0x66)
GRIS = RGBColor(0x55, 0x63, 0x6B)
POLICE = "Arial"
LARGEUR_UTILE, LARGEUR_MIN = Inches(6.5), Inches(0.7)
# Ce dont un nombre écrit est fait : chiffres, séparateurs, « $ », « % », « <5 » et « — ».
_SIGNES = frozenset("0123456789 \u00a0,.$%<+-\u2212—")


def propre(valeur: Any) -> str:
    """Le texte sans les caractères de contrôle qu'un XML refuse ; « — » s'il n'y a rien."""
    texte = "—" if valeur in (None, "") else str(valeur)
    return insecables(ILLEGAL_CHARACTERS_RE.sub("", texte))


def document_vierge(titre: str, *, reference: str) -> Any:
    """Un document à la manière de la Ville : styles, langue, titre, pied numéroté."""
    document = Document()
    document.core_properties.title, document.core_properties.language = titre, "fr-CA"
    document.core_properties.author = settings.VILLE["nom"]
    for langue in document.styles.element.iter(qn("w:lang")):
        langue.set(qn("w:val"), "fr-CA")
    _ecrire_en("Normal", document, taille=10.5)
    document.styles["Normal"].paragraph_format.space_after = Pt(6)
    for nom, taille in (("Title", 22), ("Heading 1", 15), ("Heading 2", 11.5)):
        _ecrire_en(nom, document, taille=taille, couleur=FLEUVE)
    page = document.sections[0]
    page.page_width, page.page_height = Inches(8.5), Inches(11)
    page.left_margin = page.right_margin = page.top_margin = page.bottom_margin = Inches(1)
    _pied(page.footer.paragraphs[0], f"{settings.VILLE['nom']} · {reference} · page ")
    return document


def _ecrire_en(nom: str, document: Any, *, taille: float, couleur: RGBColor | None = None) -> None:
    style = document.styles[nom]
    style.font.name, style.font.size = POLICE, Pt(taille)
    # Le thème du modèle l'emporte sur le nom tant qu'il est là.
    polices = style.element.get_or_add_rPr().get_or_add_rFonts()
    for attribut in list(polices.attrib):
        if attribut.endswith("Theme"):
            del polices.attrib[attribut]
    if couleur is not None:
        style.font.color.rgb = couleur


def _pied(paragraphe: Any, texte: str) -> None:
    """« Ville · référence · page 3 de 8 », le numéro compté par le traitement de texte."""
    _gris(paragraphe.add_run(texte))
    _champ(paragraphe, "PAGE")
    _gris(paragraphe.add_run(" de "))
    _champ(paragraphe, "NUMPAGES")


def _gris(passage: Any) -> Any:
    passage.font.size, passage.font.color.rgb = Pt(8.5), GRIS
    return passage


def _champ(paragraphe: Any, nom: str) -> None:
    champ = OxmlElement("w:fldSimple")
    champ.set(qn("w:instr"), nom)
    champ.append(_gris(paragraphe.add_run("1"))._r)
    paragraphe._p.append(champ)


def tableau(document: Any, entetes: Sequence[str], lignes: Iterable[Sequence[Any]]) -> None:
    """Un tableau dont l'entête se répète, les rangées ne se coupent pas, les nombres sont à droite.

    La première colonne nomme la rangée : elle prend la place que les autres n'ont pas.
    """
    rangees = [[propre(valeur) for valeur in ligne] for ligne in lignes]
    nombres = [
        bool(rangees) and all(set(rangee[colonne]) <= _SIGNES for rangee in rangees)
        for colonne in range(len(entetes))
    ]
    objet = document.add_table(rows=1, cols=len(entetes), style="Table Grid")
    objet.autofit = False
    _remplir(objet.rows[0], entetes, nombres, entete=True)
    for rangee in rangees:
        _remplir(objet.add_row(), rangee, nombres)
    colonnes = [[entete, *(r[rang] for r in rangees)] for rang, entete in enumerate(entetes)]
    for colonne, largeur in zip(objet.columns, _largeurs(colonnes, nombres), strict=True):
        for cellule in colonne.cells:
            cellule.width = largeur
    document.add_paragraph()


def _remplir(
    rangee: Any, textes: Sequence[str], nombres: Sequence[bool], *, entete: bool = False
) -> None:
    proprietes = rangee._tr.get_or_add_trPr()
    proprietes.append(OxmlElement("w:cantSplit"))
    if entete:
        proprietes.append(OxmlElement("w:tblHeader"))
    for cellule, texte, nombre in zip(rangee.cells, textes, nombres, strict=True):
        paragraphe = cellule.paragraphs[0]
        paragraphe.paragraph_format.space_after = Pt(0)
        if nombre:
            paragraphe.alignment = WD_ALIGN_PARAGRAPH.RIGHT
        passage = paragraphe.add_run(texte)
        passage.font.size, passage.bold = Pt(9.5), entete or None
        if entete:
            _teinter(cellule)


def _teinter(cellule: Any) -> None:
    fond = OxmlElement("w:shd")
    for nom, valeur in (("val", "clear"), ("color", "auto"), ("fill", "E3EEF3")):
        fond.set(qn(f"w:{nom}"), valeur)
    cellule._tc.get_or_add_tcPr().append(fond)


def _largeurs(colonnes: Sequence[Sequence[str]], nombres: Sequence[bool]) -> list[int]:
    """Une colonne de nombres prend sa place ; le reste va aux autres, double à la première.

    ``colonnes`` : les textes de chacune, entête comprise. Sans place pour tous, elles sont égales.
    """
    voulues = [_largeur_d_un_nombre(c) if n else 0 for c, n in zip(colonnes, nombres, strict=True)]
    parts = [0 if nombre else 1 + (rang == 0) for rang, nombre in enumerate(nombres)]
    reste = LARGEUR_UTILE - sum(voulues)
    if not any(parts) or reste < sum(parts) * LARGEUR_MIN:
        return [LARGEUR_UTILE // len(colonnes)] * len(colonnes)
    return [
        voulue or reste // sum(parts) * part for voulue, part in zip(voulues, parts, strict=True)
    ]


def _largeur_d_un_nombre(textes: Sequence[str]) -> int:
    """Assez pour le nombre le plus long, sans le couper, et pour le plus long mot de l'entête."""
    mots = [*textes[0].split(), *textes[1:]]
    return Pt(5.6 * max(map(len, mots))) + Inches(0.2)
