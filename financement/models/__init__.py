from financement.models.avenant import Avenant
from financement.models.convention import Convention, Versement
from financement.models.decision import Decision, Lettre, Reexamen, Resolution
from financement.models.ecritures import (
    AppelAuGrandLivre,
    DemandeAuGrandLivre,
    SourceAuGrandLivre,
    VoletAuGrandLivre,
)
from financement.models.mouvement import Credit, Mouvement
from financement.models.paiement import CoordonneesBancaires, LotPaiement, RetourPaiement
from financement.models.passe import ProjetPasse, RepriseEssayee
from financement.models.rapport import (
    DepenseReelle,
    Rapport,
    Recuperation,
    ReponseRapport,
    ValeurIndicateur,
)
from financement.models.reserve import Reserve
from financement.models.transfert import Transfert

__all__ = [
    "AppelAuGrandLivre",
    "Avenant",
    "Convention",
    "CoordonneesBancaires",
    "Credit",
    "Decision",
    "DemandeAuGrandLivre",
    "DepenseReelle",
    "Lettre",
    "LotPaiement",
    "Mouvement",
    "ProjetPasse",
    "Rapport",
    "Recuperation",
    "Reexamen",
    "ReponseRapport",
    "RepriseEssayee",
    "Reserve",
    "Resolution",
    "RetourPaiement",
    "SourceAuGrandLivre",
    "Transfert",
    "ValeurIndicateur",
    "Versement",
    "VoletAuGrandLivre",
]
