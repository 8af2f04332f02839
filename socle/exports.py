"""Les tableurs : une feuille, des entêtes, des lignes, sans formule injectée."""

import csv
import datetime as dt
from collections.abc import Iterable, Sequence
from io import BytesIO, StringIO
from typing import Any

from django.http import HttpResponse
from django.utils import timezone
from openpyxl import Workbook
from openpyxl.cell.cell import ILLEGAL_CHARACTERS_RE
from openpyxl.styles import Font
from openpyxl.utils import get_column_letter

XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


def classeur(feuilles: Sequence[tuple[str, Sequence[str], Iterable[Sequence[Any]]]]) -> bytes:
    """Un classeur de (nom, entêtes, lignes) ; l'entête est figée et chaque colonne, ajustée."""
    document = Workbook()
    document.remove(document.active)
    for nom, entetes, lignes in feuilles:
        feuille = document.create_sheet(nom[:31])
        feuille.append(list(entetes))
        largeurs = [len(entete) for entete in entetes]
        for rangee, ligne in enumerate(lignes, start=2):
            valeurs = [_valeur(valeur) for valeur in ligne]
            feuille.append(valeurs)
            for colonne, valeur in enumerate(valeurs):
                cellule = feuille.cell(row=rangee, column=colonne + 1)
                # Un texte qui commence par « = » reste un texte.
                if isinstance(valeur, str):
                    cellule.data_type = "s"
                largeurs[colonne] = max(largeurs[colonne], min(len(str(valeur or "")), 60))
        for colonne, largeur in enumerate(largeurs, start=1):
            feuille.column_dimensions[get_column_letter(colonne)].width = largeur + 2
        for cellule in feuille[1]:
            cellule.font = Font(bold=True)
        feuille.freeze_panes = "A2"
    sortie = BytesIO()
    document.save(sortie)
    return sortie.getvalue()


def _valeur(valeur: Any) -> Any:
    """Ce qu'une cellule accepte : une date-heure sans fuseau, à l'heure de Trois-Rivières ; un
    texte sans caractère de contrôle (un texte collé en porte parfois)."""
    if isinstance(valeur, dt.datetime) and timezone.is_aware(valeur):
        return timezone.localtime(valeur).replace(tzinfo=None)
    return ILLEGAL_CHARACTERS_RE.sub("", valeur) if isinstance(valeur, str) else valeur


def csv_de(entetes: Sequence[str], lignes: Iterable[Sequence[Any]], separateur: str = ";") -> bytes:
    """Un CSV en UTF-8 (avec sa marque, pour les tableurs), sans formule injectée."""
    sortie = StringIO()
    ecrivain = csv.writer(sortie, delimiter=separateur)
    ecrivain.writerow(entetes)
    ecrivain.writerows([_cellule(valeur) for valeur in ligne] for ligne in lignes)
    return sortie.getvalue().encode("utf-8-sig")


def _cellule(valeur: Any) -> Any:
    """Un texte qui commence comme une formule reste un texte."""
    if isinstance(valeur, str) and valeur[:1] in tuple("=+-@\t\r"):
        return f"'{valeur}"
    return "" if valeur is None else valeur


def reponse_xlsx(nom: str, entetes: Sequence[str], lignes: Iterable[Sequence[Any]]) -> HttpResponse:
    """Un tableur d'une feuille, à télécharger sous ``nom``.xlsx."""
    return telecharger(classeur([(nom, entetes, lignes)]), f"{nom}.xlsx", XLSX)


def telecharger(octets: bytes, nom: str, type_mime: str) -> HttpResponse:
    reponse = HttpResponse(octets, content_type=type_mime)
    reponse["Content-Disposition"] = f'attachment; filename="{nom}"'
    return reponse
