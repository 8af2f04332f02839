"""La solidité d'un classement : 2 000 comités tirés au sort, sans lire la base."""

import time
from statistics import median
from typing import Any

import numpy as np

from evaluations.statistiques import Ligne, solidite

DEMANDES, MEMBRES, FICHES = 1000, 60, 3
REPETITIONS = 5


def mesurer_bootstrap() -> dict[str, Any]:
    """2 000 tirages sur 1 000 demandes × 3 fiches de 60 membres, dans deux volets."""
    tableau, volets = _donnees()
    durees = []
    for _ in range(REPETITIONS):
        debut = time.perf_counter()
        solidite(tableau, volets)
        durees.append((time.perf_counter() - debut) * 1000)
    return {
        "nom": "bootstrap",
        "n": DEMANDES,
        "mediane_ms": round(median(durees), 2),
        "plancher_ms": None,
        "ratio": None,
        "requetes": None,
    }


def _donnees() -> tuple[Any, list[Ligne]]:
    """Toujours les mêmes : la graine est fixe."""
    hasard = np.random.default_rng(2026)
    tableau = np.full((MEMBRES, DEMANDES), np.nan)
    for demande in range(DEMANDES):
        lecteurs = hasard.choice(MEMBRES, FICHES, replace=False)
        tableau[lecteurs, demande] = hasard.integers(0, 101, FICHES)
    moitie = DEMANDES // 2
    volets = [
        Ligne(range(debut, debut + moitie), [12_000.0] * moitie, 2_000_000.0, 60.0)
        for debut in (0, moitie)
    ]
    return tableau, volets
