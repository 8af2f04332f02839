"""Une photo sans ce que l'appareil y a écrit : lieu, date, modèle, miniature."""

import io
from pathlib import PurePath

from django.core.files.uploadedfile import SimpleUploadedFile, UploadedFile
from PIL import Image, ImageOps

FORMATS = {"jpg": "JPEG", "jpeg": "JPEG", "png": "PNG"}
COTE_MAX = 2400
# Au-delà, un fichier de quelques kilooctets prendrait des centaines de mégaoctets à ouvrir.
POINTS_MAX = 64_000_000
QUALITE = 88


class PhotoIllisible(ValueError):
    """Le fichier n'est pas une photo JPG ou PNG qui s'ouvre."""


def sans_metadonnees(fichier: UploadedFile) -> SimpleUploadedFile:
    """La photo redessinée : tournée comme on la voit, d'au plus 2400 points, sans EXIF ni XMP.

    Lève ``PhotoIllisible``.
    """
    extension = PurePath(fichier.name or "").suffix.lower().lstrip(".")
    if extension not in FORMATS:
        raise PhotoIllisible
    try:
        with Image.open(fichier, formats=[FORMATS[extension]]) as ouverte:
            if ouverte.width * ouverte.height > POINTS_MAX:
                raise PhotoIllisible
            droite = ImageOps.exif_transpose(ouverte)
            droite.thumbnail((COTE_MAX, COTE_MAX))
            # Une image neuve : rien de ce qui accompagne les points ne la suit.
            mode = "RGB" if FORMATS[extension] == "JPEG" else "RGBA"
            neuve = Image.new(mode, droite.size)
            neuve.paste(droite.convert(mode))
    except (OSError, ValueError, SyntaxError, Image.DecompressionBombError) as erreur:
        raise PhotoIllisible from erreur
    sortie = io.BytesIO()
    neuve.save(sortie, FORMATS[extension], quality=QUALITE, optimize=True)
    return SimpleUploadedFile(fichier.name, sortie.getvalue())
