"""Plusieurs documents figés en un seul fichier : un PDF à imprimer, ou un ZIP."""

import zipfile
from collections.abc import Iterable
from tempfile import SpooledTemporaryFile
from typing import IO

from pypdf import PdfWriter

from socle.models import Document

# Au-delà, le fichier s'écrit sur le disque plutôt qu'en mémoire.
EN_MEMOIRE = 20 * 1024 * 1024


def en_un_pdf(documents: Iterable[Document]) -> IO[bytes]:
    """Les pages de tous les documents, dans l'ordre, pour l'impression.

    L'original balisé et son empreinte restent ceux de chaque document.
    """
    sortie = SpooledTemporaryFile(max_size=EN_MEMOIRE)  # noqa: SIM115 (rendu ouvert)
    with PdfWriter() as ensemble:
        for document in documents:
            with document.pdf.open("rb") as fichier:
                ensemble.append(fichier, import_outline=False)
        ensemble.write(sortie)
    sortie.seek(0)
    return sortie


def en_zip(documents: Iterable[Document]) -> IO[bytes]:
    """Chaque PDF tel qu'il est figé, sous son nom ; deux du même nom se distinguent."""
    sortie = SpooledTemporaryFile(max_size=EN_MEMOIRE)  # noqa: SIM115 (rendu ouvert)
    noms: set[str] = set()
    with zipfile.ZipFile(sortie, "w", zipfile.ZIP_STORED) as archive:
        for document in documents:
            nom = document.pdf.name.rsplit("/", 1)[-1]
            if nom in noms:
                nom = f"{nom.removesuffix('.pdf')}-{str(document.cle)[:8]}.pdf"
            noms.add(nom)
            with document.pdf.open("rb") as fichier:
                archive.writestr(nom, fichier.read())
    sortie.seek(0)
    return sortie
