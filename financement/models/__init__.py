from financement.models.archive import Archive
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
from financement.models.retour import PageNumerisee, PileNumerisee, RetourNumerise

__all__ = [
    "Archive",
    "Avenant",
    "Convention",
    "CoordonneesBancaires",
    "Decision",
    "DepenseReelle",
    "Lettre",
    "LotPaiement",
    "PageNumerisee",
    "PileNumerisee",
    "ProjetPasse",
    "Rapport",
    "Recuperation",
    "Reexamen",
    "ReponseRapport",
    "RepriseEssayee",
    "Resolution",
    "RetourNumerise",
    "RetourPaiement",
    "ValeurIndicateur",
    "Versement",
]
