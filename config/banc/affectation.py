"""Ce qui se calcule sans page ni base : la répartition des lectures, prouvée par le solveur."""

import random
import time
from statistics import median
from typing import Any

from evaluations.repartition import (
    PLUTOT_NON,
    VOLONTIERS,
    ALire,
    Lecteur,
    Probleme,
    Proposition,
    repartir,
)

DEMANDES, MEMBRES, LECTURES = 1000, 60, 3
CONFLITS, SOUHAITS = 0.05, 0.20  # parts des paires
THEMES = tuple(f"Thème {n}" for n in range(8))
LIMITE = 30.0  # secondes
REPETITIONS = 3


def mesurer_affectation() -> dict[str, Any]:
    """Répartit 1 000 demandes × 3 entre 60 membres, 5 % de conflits ; sans lire la base."""
    probleme = _probleme()
    durees, prouvees = [], []
    for _ in range(REPETITIONS):
        debut = time.perf_counter()
        resultat = repartir(probleme, limite=LIMITE)
        durees.append((time.perf_counter() - debut) * 1000)
        prouvees.append(isinstance(resultat, Proposition) and resultat.prouvee)
    return {
        "nom": "affectation",
        "n": DEMANDES,
        "mediane_ms": round(median(durees), 2),
        "plancher_ms": None,
        "ratio": None,
        "requetes": None,
        "optimal": all(prouvees),
    }


def _probleme() -> Probleme:
    """Toujours le même : la graine est fixe."""
    hasard = random.Random(2026)  # noqa: S311 - des données d'essai
    interdites, souhaits = {}, {}
    for demande in range(DEMANDES):
        for membre in range(MEMBRES):
            tirage = hasard.random()
            if tirage < CONFLITS:
                interdites[demande, membre] = "récusé"
            elif tirage < CONFLITS + SOUHAITS:
                souhaits[demande, membre] = hasard.choice((VOLONTIERS, PLUTOT_NON))
    return Probleme(
        demandes=tuple(
            ALire(n, f"D{n:04d}", LECTURES, frozenset(hasard.sample(THEMES, 2)))
            for n in range(DEMANDES)
        ),
        membres=tuple(
            Lecteur(n, f"M{n:02d}", themes=frozenset(hasard.sample(THEMES, 3)))
            for n in range(MEMBRES)
        ),
        interdites=interdites,
        souhaits=souhaits,
    )
