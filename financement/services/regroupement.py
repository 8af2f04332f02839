"""Plusieurs documents figés en un seul fichier : un PDF à imprimer, ou un ZIP."""

import zipfile
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from tempfile import SpooledTemporaryFile
from typing import IO

from pypdf import PdfWriter
from pypdf.errors import PyPdfError

from socle.exceptions import RegleViolee
from socle.models import Document

# Au-delà, le fichier s'écrit sur le disque plutôt qu'en mémoire.
EN_MEMOIRE = 20 * 1024 * 1024


def en_un_pdf(documents: Iterable[Document]) -> IO[bytes]:
    """Les pages de tous les documents, dans l'ordre, pour l'impression.

    L'original balisé et son empreinte restent ceux de chaque document. Lève ``RegleViolee``
    (``illisible``), qui nomme le document en cause.
    """
    with _sortie() as sortie, PdfWriter() as ensemble:
        for document in documents:
            try:
                with document.pdf.open("rb") as fichier:
                    ensemble.append(fichier, import_outline=False)
            except (PyPdfError, OSError) as erreur:
                raise _illisible(document) from erreur
        ensemble.write(sortie)
    return sortie


def en_zip(documents: Iterable[Document]) -> IO[bytes]:
    """Chaque PDF tel qu'il est figé, sous son nom ; deux du même nom se distinguent.

    Lève ``RegleViolee`` (``illisible``) pour un fichier qui n'est plus là.
    """
    noms: set[str] = set()
    with _sortie() as sortie, zipfile.ZipFile(sortie, "w", zipfile.ZIP_STORED) as archive:
        for document in documents:
            nom = document.pdf.name.rsplit("/", 1)[-1]
            if nom in noms:
                nom = f"{nom.removesuffix('.pdf')}-{str(document.cle)[:8]}.pdf"
            noms.add(nom)
            try:
                with document.pdf.open("rb") as fichier:
                    archive.writestr(nom, fichier.read())
            except OSError as erreur:
                raise _illisible(document) from erreur
    return sortie


@contextmanager
def _sortie() -> Iterator[IO[bytes]]:
    """Le fichier à rendre, à son début ; fermé si un document arrête tout."""
    sortie = SpooledTemporaryFile(max_size=EN_MEMOIRE)  # noqa: SIM115 (rendu ouvert)
    try:
        yield sortie
    except BaseException:
        sortie.close()
        raise
    sortie.seek(0)


def _illisible(document: Document) -> RegleViolee:
    return RegleViolee(
        f"Le fichier de « {document.titre} » est absent ou abîmé : faites-le restaurer d'une "
        "sauvegarde, puis téléchargez de nouveau.",
        code="illisible",
    )
