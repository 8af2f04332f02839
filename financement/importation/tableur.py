"""Lire un tableur venu d'ailleurs sans qu'il prenne la mémoire ni fasse tomber la page."""

from collections.abc import Iterator
from io import BytesIO
from typing import Any
from zipfile import ZipFile

from openpyxl import load_workbook

# Cinq mille lignes bien remplies en prennent cinq ; un fichier piégé, des milliers.
DEPLOYE_MAX = 30_000_000
COLONNES_MAX = 60
MORCEAU = 65_536


class TableurRefuse(Exception):
    """Sa phrase dit pourquoi."""


def rangees(octets: bytes, *, lignes_max: int) -> Iterator[tuple[Any, ...]]:
    """Les valeurs de la première feuille, rangée par rangée. Lève ``TableurRefuse``."""
    try:
        classeur = load_workbook(_deployer(octets), read_only=True, data_only=True)
        yield from classeur.worksheets[0].iter_rows(
            values_only=True, max_row=lignes_max, max_col=COLONNES_MAX
        )
    except TableurRefuse:
        raise
    except Exception as erreur:  # un fichier abîmé lève ce que lèvent zip, zlib, XML ou openpyxl
        raise TableurRefuse("Ce fichier n'est pas un tableur XLSX, ou il est abîmé.") from erreur


def _deployer(octets: bytes) -> BytesIO:
    """Le même, sans compression : la taille qu'une archive annonce peut mentir, pas la copie."""
    sortie, total = BytesIO(), 0
    with ZipFile(BytesIO(octets)) as recue, ZipFile(sortie, "w") as copie:
        for entree in recue.infolist():
            with recue.open(entree) as source, copie.open(entree.filename, "w") as cible:
                while morceau := source.read(MORCEAU):
                    total += len(morceau)
                    if total > DEPLOYE_MAX:
                        raise TableurRefuse(
                            "Ce tableur contient beaucoup plus que ce que sa taille laisse voir : "
                            "copiez ses lignes dans le modèle vide, puis joignez-le."
                        )
                    cible.write(morceau)
    return sortie
