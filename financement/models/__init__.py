from financement.models.avenant import Avenant
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
    "Avenant",
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
