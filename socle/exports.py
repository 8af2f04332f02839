"""Les tableurs : une feuille, des entêtes, des lignes, sans formule injectée.

Une feuille s'imprime telle quelle (lettre, en largeur, l'entête sur chaque page) ; les dollars et
les dates y sont des nombres et des dates, avec le format d'ici.
"""

import csv
import datetime as dt
from collections.abc import Iterable, Sequence
from io import BytesIO, StringIO
from typing import Any

from django.conf import settings
from django.http import HttpResponse
from django.utils import timezone
from openpyxl import Workbook
from openpyxl.cell.cell import ILLEGAL_CHARACTERS_RE
from openpyxl.styles import Alignment, Border, Font, PatternFill, Side
from openpyxl.utils import get_column_letter
from openpyxl.worksheet.worksheet import Worksheet

XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
LARGEUR_MAX = 60
# 0C0C est le français du Canada : « 19 500,00 $ ».
DOLLARS = r"#,##0.00\ [$$-C0C]"
DATE, DATE_HEURE = "yyyy-mm-dd", "yyyy-mm-dd hh:mm"
# Ce qu'une colonne qui porte un de ces mots contient se lit en dollars.
EN_DOLLARS = frozenset(
    {
        *("montant", "montant demandé", "montant recommandé", "en nature"),
        *("demandé", "maximum", "proposé", "accordé", "engagé", "versé", "récupéré", "solde"),
        *("enveloppe", "dotation", "transferts", "reports", "rendu à l'enveloppe", "libre"),
    }
)
# Les signes pleine chasse comptent : un tableur d'Asie les lit comme les autres.
FORMULES = ("=", "+", "-", "@", "\uff1d", "\uff0b", "\uff0d", "\uff20")
_GRAS, _ENTETE = Font(bold=True), PatternFill("solid", fgColor="E3EEF3")
_FILET = Border(bottom=Side(style="thin", color="0E4A66"))
_EN_HAUT = Alignment(vertical="top", wrap_text=True)
_ALIGNEMENT_ENTETE = Alignment(vertical="center", wrap_text=True)


def classeur(
    feuilles: Sequence[tuple[str, Sequence[str], Iterable[Sequence[Any]]]], *, titre: str = ""
) -> bytes:
    """Un classeur de (nom, entêtes, lignes) ; l'entête est figée et chaque colonne, ajustée."""
    document = Workbook()
    document.remove(document.active)
    document.properties.title = titre or feuilles[0][0]
    document.properties.creator = settings.VILLE["nom"]
    document.properties.language = "fr-CA"
    for nom, entetes, lignes in feuilles:
        feuille = document.create_sheet(nom[:31])
        _remplir(feuille, entetes, lignes)
        _presenter(feuille)
    sortie = BytesIO()
    document.save(sortie)
    return sortie.getvalue()


def _remplir(feuille: Worksheet, entetes: Sequence[str], lignes: Iterable[Sequence[Any]]) -> None:
    feuille.append(list(entetes))
    for cellule in feuille[1]:
        cellule.data_type = "s"
    dollars = [entete.lower() in EN_DOLLARS for entete in entetes]
    largeurs = [len(entete) for entete in entetes]
    for rangee, ligne in enumerate(lignes, start=2):
        valeurs = [_valeur(valeur) for valeur in ligne]
        feuille.append(valeurs)
        for colonne, valeur in enumerate(valeurs):
            cellule = feuille.cell(row=rangee, column=colonne + 1)
            longueur = len(str(valeur or ""))
            if isinstance(valeur, str):
                # Un texte qui commence par « = » reste un texte.
                cellule.data_type = "s"
                if longueur > LARGEUR_MAX or "\n" in valeur:
                    cellule.alignment = _EN_HAUT
            elif isinstance(valeur, dt.date):
                cellule.number_format = DATE_HEURE if isinstance(valeur, dt.datetime) else DATE
                longueur = len(cellule.number_format)
            elif dollars[colonne] and valeur is not None:
                cellule.number_format = DOLLARS
                longueur = len(f"{valeur:,.2f}") + 2
            largeurs[colonne] = max(largeurs[colonne], min(longueur, LARGEUR_MAX))
    for colonne, largeur in enumerate(largeurs, start=1):
        feuille.column_dimensions[get_column_letter(colonne)].width = largeur + 3


def _presenter(feuille: Worksheet) -> None:
    """L'entête figée, filtrable et répétée ; la page, prête à imprimer."""
    for cellule in feuille[1]:
        cellule.font, cellule.fill, cellule.border = _GRAS, _ENTETE, _FILET
        cellule.alignment = _ALIGNEMENT_ENTETE
    feuille.freeze_panes = "A2"
    if feuille.max_row > 1:
        feuille.auto_filter.ref = feuille.dimensions
    feuille.print_title_rows = "1:1"
    feuille.page_setup.paperSize = feuille.PAPERSIZE_LETTER
    feuille.page_setup.orientation = feuille.ORIENTATION_LANDSCAPE
    feuille.page_setup.fitToHeight = 0
    feuille.sheet_properties.pageSetUpPr.fitToPage = True
    feuille.oddFooter.left.text = feuille.title
    feuille.oddFooter.right.text = "Page &P de &N"


def _valeur(valeur: Any) -> Any:
    """Ce qu'une cellule accepte : une date-heure sans fuseau, à l'heure de Trois-Rivières ; un
    texte sans caractère de contrôle (un texte collé en porte parfois)."""
    if isinstance(valeur, dt.datetime) and timezone.is_aware(valeur):
        return timezone.localtime(valeur).replace(tzinfo=None, microsecond=0)
    return ILLEGAL_CHARACTERS_RE.sub("", valeur) if isinstance(valeur, str) else valeur


def csv_de(entetes: Sequence[str], lignes: Iterable[Sequence[Any]], separateur: str = ";") -> bytes:
    """Un CSV en UTF-8 (avec sa marque, pour les tableurs), sans formule injectée."""
    sortie = StringIO()
    ecrivain = csv.writer(sortie, delimiter=separateur)
    ecrivain.writerows([sans_formule(valeur) for valeur in ligne] for ligne in (entetes, *lignes))
    return sortie.getvalue().encode("utf-8-sig")


def sans_formule(valeur: Any) -> Any:
    """Un texte qui commence comme une formule, même après des blancs, reste un texte."""
    if isinstance(valeur, str) and (
        valeur.lstrip().startswith(FORMULES) or valeur.startswith(("\t", "\r", "\n"))
    ):
        return f"'{valeur}"
    return "" if valeur is None else valeur


def reponse_xlsx(
    nom: str, entetes: Sequence[str], lignes: Iterable[Sequence[Any]], *, titre: str = ""
) -> HttpResponse:
    """Un tableur d'une feuille, à télécharger sous ``nom``.xlsx ; ``titre`` nomme la feuille."""
    feuille = titre or nom[:1].upper() + nom[1:]
    return telecharger(classeur([(feuille, entetes, lignes)]), f"{nom}.xlsx", XLSX)


def telecharger(octets: bytes, nom: str, type_mime: str) -> HttpResponse:
    reponse = HttpResponse(octets, content_type=type_mime)
    reponse["Content-Disposition"] = f'attachment; filename="{nom}"'
    return reponse
