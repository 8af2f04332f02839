"""Où placer les secteurs sur un fond uni : des repères approximatifs, livrés avec l'application."""

import json
from pathlib import Path

_DONNEES = json.loads(
    (Path(__file__).parent / "donnees" / "reperes.json").read_text(encoding="utf-8")
)
# Secteur → [latitude, longitude].
SECTEURS: dict[str, list[float]] = _DONNEES["secteurs"]
COURS_D_EAU: list[dict] = _DONNEES["cours_d_eau"]
