from financement.models.convention import Convention, Versement
from financement.models.decision import Decision, Lettre, Reexamen, Resolution
from financement.models.rapport import (
    DepenseReelle,
    Rapport,
    Recuperation,
    ReponseRapport,
    ValeurIndicateur,
)

__all__ = [
    "Convention",
    "Decision",
    "DepenseReelle",
    "Lettre",
    "Rapport",
    "Recuperation",
    "Reexamen",
    "ReponseRapport",
    "Resolution",
    "ValeurIndicateur",
    "Versement",
]
