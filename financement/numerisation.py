"""Lire une pile numérisée : assembler, trouver le code QR de chaque page, en tirer des pages.

Une page à la fois est en mémoire, si longue que soit la pile.
"""

import io
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import IO

import numpy
import pypdfium2
import zxingcpp
from PIL import Image, ImageSequence, UnidentifiedImageError

# Des numériseurs règlent 200 points par pouce ; un code un peu flou se lit mieux à 300.
RESOLUTIONS = (200, 300)
APERCU = 100
POUCE = 72
# Une feuille de 28 cm par 43 à 300 points ; une page qui s'annonce plus grande se rend plus petite.
COTE_MAX = 5100
PAGES_MAX = 5000
ENCRE = 160
PART_D_ENCRE_D_UNE_PAGE_BLANCHE = 0.0015


class PileIllisible(Exception):
    """Un fichier n'est ni un PDF ni une image, ou ne s'ouvre pas ; ``nom`` le nomme."""

    def __init__(self, nom: str) -> None:
        super().__init__(nom)
        self.nom = nom


class PageAbsente(Exception):
    """La pile n'a pas de page de ce numéro."""


@dataclass(frozen=True)
class PageLue:
    """``lu`` est le texte du code QR de vérification, « » s'il n'y en a pas."""

    no: int
    lu: str
    blanche: bool


def assembler(fichiers: Sequence[tuple[str, IO[bytes]]], sortie: Path) -> int:
    """Écrit dans ``sortie`` un seul PDF des fichiers (PDF ou images), et rend son nombre de pages.

    Lève ``PileIllisible``.
    """
    pile = pypdfium2.PdfDocument.new()
    try:
        for nom, fichier in fichiers:
            fichier.seek(0)
            est_pdf = fichier.read(5) == b"%PDF-"
            fichier.seek(0)
            try:
                if est_pdf:
                    _ajouter(pile, fichier)
                else:
                    for image in _images(fichier):
                        _ajouter(pile, image)
            except (
                pypdfium2.PdfiumError,
                UnidentifiedImageError,
                Image.DecompressionBombError,
                OSError,
                ValueError,
            ) as erreur:
                raise PileIllisible(nom) from erreur
        pile.save(str(sortie))
        return len(pile)
    finally:
        pile.close()


def _ajouter(pile: pypdfium2.PdfDocument, source: IO[bytes]) -> None:
    ajout = pypdfium2.PdfDocument(source)
    try:
        if len(pile) + len(ajout) > PAGES_MAX:
            raise ValueError(f"plus de {PAGES_MAX} pages")
        pile.import_pages(ajout)
    finally:
        ajout.close()


def _images(fichier: IO[bytes]) -> Iterator[IO[bytes]]:
    """Chaque image (un TIFF en porte plusieurs) en un PDF d'une page."""
    with Image.open(fichier) as image:
        for vue in ImageSequence.Iterator(image):
            page = io.BytesIO()
            ppp = vue.info.get("dpi", (RESOLUTIONS[0],))[0] or RESOLUTIONS[0]
            vue.convert("RGB").save(page, format="PDF", resolution=float(ppp), quality=90)
            page.seek(0)
            yield page


def lire_pages(chemin: Path, *, sauf: Collection[int] = ()) -> Iterator[PageLue]:
    """Chaque page (numérotée de 1), sauf celles déjà lues."""
    pile = pypdfium2.PdfDocument(chemin)
    try:
        for no in range(1, len(pile) + 1):
            if no not in sauf:
                page = pile[no - 1]
                yield _lire(no, page)
                page.close()
    finally:
        pile.close()


def _lire(no: int, page: pypdfium2.PdfPage) -> PageLue:
    for resolution in RESOLUTIONS:
        image = _rendre(page, resolution)
        for code in zxingcpp.read_barcodes(image, formats=zxingcpp.BarcodeFormat.QRCode):
            if "/verifier/" in code.text:
                return PageLue(no, code.text[:200], blanche=False)
        if (image < ENCRE).mean() < PART_D_ENCRE_D_UNE_PAGE_BLANCHE:
            return PageLue(no, "", blanche=True)
    return PageLue(no, "", blanche=False)


def _rendre(page: pypdfium2.PdfPage, resolution: int) -> numpy.ndarray:
    echelle = min(resolution / POUCE, COTE_MAX / max(page.get_size()))
    rendu = page.render(scale=echelle, grayscale=True)
    try:
        # Une copie : les octets de pdfium partent avec le rendu.
        return numpy.array(rendu.to_numpy()).squeeze()
    finally:
        rendu.close()


def apercu(chemin: Path, no: int) -> bytes:
    """La page en petit, en PNG, pour qu'une personne la reconnaisse. Lève ``PageAbsente``."""
    pile = pypdfium2.PdfDocument(chemin)
    try:
        if not 1 <= no <= len(pile):
            raise PageAbsente(no)
        sortie = io.BytesIO()
        Image.fromarray(_rendre(pile[no - 1], APERCU)).save(sortie, format="PNG")
        return sortie.getvalue()
    finally:
        pile.close()


def extraire(chemin: Path, pages: Sequence[int]) -> bytes:
    """Un PDF de ces seules pages, dans cet ordre."""
    pile, tiree = pypdfium2.PdfDocument(chemin), pypdfium2.PdfDocument.new()
    try:
        tiree.import_pages(pile, [no - 1 for no in pages])
        sortie = io.BytesIO()
        tiree.save(sortie)
        return sortie.getvalue()
    finally:
        tiree.close()
        pile.close()


def nombre_de_pages(fichier: IO[bytes]) -> int:
    document = pypdfium2.PdfDocument(fichier)
    try:
        return len(document)
    finally:
        document.close()
