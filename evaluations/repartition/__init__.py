"""Répartir les lectures d'un appel entre les membres du comité : calcul pur, optimum prouvé.

Chaque demande reçoit le nombre voulu d'évaluateurs. Dans l'ordre : les charges les plus égales
possible, puis le plus de points (souhaits et expertise). Une paire écartée ne sert jamais ; une
paire déjà confiée reste.
"""

from evaluations.repartition.gestes import A_LA_MAIN, EGALISE, deplacer, raisons
from evaluations.repartition.optimum import repartir
from evaluations.repartition.probleme import (
    PLUTOT_NON,
    VOLONTIERS,
    ALire,
    Lecteur,
    Paire,
    Probleme,
)
from evaluations.repartition.resultat import (
    Assouplissement,
    Bilan,
    DelaiDepasse,
    Goulot,
    Impossible,
    Penurie,
    Proposition,
    juger,
)

__all__ = [
    "A_LA_MAIN",
    "EGALISE",
    "PLUTOT_NON",
    "VOLONTIERS",
    "ALire",
    "Assouplissement",
    "Bilan",
    "DelaiDepasse",
    "Goulot",
    "Impossible",
    "Lecteur",
    "Paire",
    "Penurie",
    "Probleme",
    "Proposition",
    "deplacer",
    "juger",
    "raisons",
    "repartir",
]
