"""Un tracé se dessine une fois : ensuite, la page, le PDF et le DOCX lisent le même au cache.

La clé est son contenu et le code qui le dessine : rien n'est à périmer. matplotlib n'est chargé
qu'au premier dessin d'un processus (une demi-seconde, 56 Mo) ; la plupart n'en font jamais.
"""

import hashlib
import os
import threading
from functools import lru_cache
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.cache import cache

from socle.traces.donnees import Trace
from socle.traces.theme import LARGE, Format

DUREE = 30 * 24 * 3600
# Le DOCX s'imprime : 200 points par pouce.
FINESSE = 200
# matplotlib a des réglages et des polices communs à tous les fils d'un processus.
_un_seul_fil = threading.Lock()


@lru_cache(maxsize=1)
def _version() -> str:
    """L'empreinte du code des tracés et de ses couleurs : un dessin changé se refait."""
    ici = Path(__file__).parent
    fichiers = [
        *sorted(ici.glob("*.py")),
        *(ici.parent / f"{nom}.py" for nom in ("graphiques", "typographie")),
    ]
    return hashlib.sha256(b"".join(f.read_bytes() for f in fichiers)).hexdigest()


def _cle(trace: Trace, genre: str) -> str:
    return f"trace:{genre}:{hashlib.sha256(f'{_version()}{trace!r}'.encode()).hexdigest()}"


def svg(trace: Trace, format: Format = LARGE) -> str:
    """Le SVG d'un tracé qui n'est pas vide."""
    return cache.get_or_set(
        _cle(trace, format.nom), lambda: dessiner_svg(trace, format), timeout=DUREE
    )


def png(trace: Trace) -> bytes:
    """La même image en points, pour le document modifiable."""
    return cache.get_or_set(_cle(trace, "png"), lambda: dessiner_png(trace), timeout=DUREE)


def dessiner_svg(trace: Trace, format: Format) -> str:
    """Dessine, sans regarder le cache."""
    with _un_seul_fil:
        figure = _figure(trace, format)
        from socle.traces.svg import nettoyer

        return nettoyer(figure, trace)


def dessiner_png(trace: Trace) -> bytes:
    from io import BytesIO

    with _un_seul_fil:
        sortie = BytesIO()
        _figure(trace, LARGE).savefig(
            sortie, format="png", dpi=FINESSE, metadata={"Software": None}
        )
    return sortie.getvalue()


def _figure(trace: Trace, format: Format) -> Any:
    # Sans dossier à lui, matplotlib en crée un à chaque processus et relit toutes les polices.
    os.environ.setdefault("MPLCONFIGDIR", str(settings.VAR_DIR / "matplotlib"))
    from socle.traces.figures import Dessin

    return Dessin(trace, format).figure()
