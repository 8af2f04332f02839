"""Les modèles livrés avec l'application : ``financement/donnees/modeles/<genre>.html``.

La première ligne est l'objet ; le texte suit une ligne vide.
"""

from functools import cache
from pathlib import Path

DOSSIER = Path(__file__).parent / "donnees" / "modeles"


@cache
def livre(genre: str) -> tuple[str, str]:
    """L'objet et le texte du modèle livré de ce genre."""
    objet, _, corps = (DOSSIER / f"{genre}.html").read_text(encoding="utf-8").partition("\n\n")
    return objet.strip(), corps.strip()
