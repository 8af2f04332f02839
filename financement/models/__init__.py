from financement.models.archive import Archive
from financement.models.avenant import Avenant
from financement.models.convention import Convention, Versement
from financement.models.decision import Decision, Lettre, Reexamen, Resolution
from financement.models.ecritures import (
    AppelAuGrandLivre,
    DemandeAuGrandLivre,
    SourceAuGrandLivre,
    VoletAuGrandLivre,
)
from financement.models.envoi import EnvoiLettre
from financement.models.lettre_fermeture import LettreFermeture
from financement.models.modele import ModeleDocument
from financement.models.mouvement import Credit, Mouvement
from financement.models.paiement import CoordonneesBancaires, LotPaiement, RetourPaiement
from financement.models.passe import ProjetPasse, RepriseEssayee
from financement.models.piece_rapport import PieceRapport
from financement.models.prochain_plan import ProchainPlan, VersionProchainPlan
from financement.models.rappel import RappelRapport
from financement.models.rapport import (
    DepenseReelle,
    EcritureRapport,
    Rapport,
    ReponseRapport,
    ValeurIndicateur,
)
from financement.models.recit import AnneeBilan, RecitBilan
from financement.models.recuperation import Recuperation
from financement.models.remarque import Remarque
from financement.models.reserve import Reserve
from financement.models.retour import PageNumerisee, PileNumerisee, RetourNumerise
from financement.models.scenario import LigneScenario, Scenario
from financement.models.signature import Signature
from financement.models.somme_reportee import SommeReportee
from financement.models.temoignage import Temoignage
from financement.models.transfert import Transfert

__all__ = [
    "AnneeBilan",
    "AppelAuGrandLivre",
    "Archive",
    "Avenant",
    "Convention",
    "CoordonneesBancaires",
    "Credit",
    "Decision",
    "DemandeAuGrandLivre",
    "DepenseReelle",
    "EcritureRapport",
    "EnvoiLettre",
    "Lettre",
    "LettreFermeture",
    "LigneScenario",
    "LotPaiement",
    "ModeleDocument",
    "Mouvement",
    "PageNumerisee",
    "PieceRapport",
    "PileNumerisee",
    "ProchainPlan",
    "ProjetPasse",
    "RappelRapport",
    "Rapport",
    "RecitBilan",
    "Recuperation",
    "Reexamen",
    "Remarque",
    "ReponseRapport",
    "RepriseEssayee",
    "Reserve",
    "Resolution",
    "RetourNumerise",
    "RetourPaiement",
    "Scenario",
    "Signature",
    "SommeReportee",
    "SourceAuGrandLivre",
    "Temoignage",
    "Transfert",
    "ValeurIndicateur",
    "Versement",
    "VersionProchainPlan",
    "VoletAuGrandLivre",
]
