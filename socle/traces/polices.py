"""Inter pour matplotlib, qui ne lit ni le WOFF2 ni les polices variables.

Chaque graisse est tirée du fichier que les pages servent, une fois, dans ``var/`` : mesurer avec la
police qui s'affichera est ce qui fait tomber les coupures de ligne au bon endroit.
"""

import hashlib
import logging
import os
from functools import lru_cache
from pathlib import Path

from django.conf import settings
from django.contrib.staticfiles import finders
from fontTools.ttLib import TTFont
from fontTools.varLib import instancer
from matplotlib.font_manager import FontProperties, fontManager

SOURCE = "polices/inter-latin-wght-normal.woff2"
NORMALE, GRASSE = 400, 600
# Ils annoncent chaque table lue et chaque graisse approchée : du bruit dans le journal.
logging.getLogger("fontTools").setLevel(logging.WARNING)
logging.getLogger("matplotlib.font_manager").setLevel(logging.ERROR)


@lru_cache(maxsize=1)
def _enregistrer() -> None:
    """Fait connaître Inter à matplotlib ; à appeler sous le verrou du dessin."""
    source = Path(finders.find(SOURCE))
    empreinte = hashlib.sha256(source.read_bytes()).hexdigest()[:12]
    for graisse in (NORMALE, GRASSE):
        fichier = settings.VAR_DIR / "polices" / f"inter-{graisse}-{empreinte}.ttf"
        if not fichier.exists():
            _tirer(source, graisse, fichier)
        fontManager.addfont(fichier)


def _tirer(source: Path, graisse: int, fichier: Path) -> None:
    """Écrit une graisse en TTF ; entière ou pas du tout, car deux processus y viennent ensemble."""
    police = TTFont(source)
    instancer.instantiateVariableFont(police, {"wght": graisse}, inplace=True)
    police.flavor = None
    fichier.parent.mkdir(parents=True, exist_ok=True)
    provisoire = fichier.with_suffix(f".{os.getpid()}")
    police.save(provisoire)
    provisoire.replace(fichier)


@lru_cache(maxsize=4)
def police(taille: float, graisse: int = NORMALE) -> FontProperties:
    """Inter à cette taille ; un signe qu'elle n'a pas vient de DejaVu Sans."""
    _enregistrer()
    return FontProperties(family=["Inter", "DejaVu Sans"], size=taille, weight=graisse)
