from financement.models.avenant import Avenant
from financement.models.convention import Convention, Versement
from financement.models.decision import Decision, Lettre, Reexamen, Resolution
from financement.models.paiement import CoordonneesBancaires, LotPaiement, RetourPaiement
from financement.models.passe import ProjetPasse, RepriseEssayee
from financement.models.rapport import (
    DepenseReelle,
    Rapport,
    Recuperation,
    ReponseRapport,
    ValeurIndicateur,
)
from financement.models.scenario import LigneScenario, Scenario

__all__ = [
    "Avenant",
    "Convention",
    "CoordonneesBancaires",
    "Decision",
    "DepenseReelle",
    "Lettre",
    "LigneScenario",
    "LotPaiement",
    "ProjetPasse",
    "Rapport",
    "Recuperation",
    "Reexamen",
    "ReponseRapport",
    "RepriseEssayee",
    "Resolution",
    "RetourPaiement",
    "Scenario",
    "ValeurIndicateur",
    "Versement",
]
