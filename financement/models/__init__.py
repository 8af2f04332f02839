from financement.models.archive import Archive
from financement.models.avenant import Avenant
from financement.models.convention import Convention, Versement
from financement.models.decision import Decision, Lettre, Reexamen, Resolution
from financement.models.envoi import EnvoiLettre
from financement.models.modele import ModeleDocument
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
from financement.models.signature import Signature

__all__ = [
    "Archive",
    "Avenant",
    "Convention",
    "CoordonneesBancaires",
    "Decision",
    "DepenseReelle",
    "EnvoiLettre",
    "Lettre",
    "LotPaiement",
    "ModeleDocument",
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
    "Signature",
    "ValeurIndicateur",
    "Versement",
]
