from evaluations.models.calibrage import Calibrage, FicheCalibrage, NoteCalibrage
from evaluations.models.comite import Affectation, MembreComite
from evaluations.models.fiche import Evaluation, Note, Reouverture
from evaluations.models.livret import Livret
from evaluations.models.rappel import RappelComite
from evaluations.models.recommandation import BrouillonAvis, Recommandation
from evaluations.models.repartition import CollecteSouhaits, LienEcarte, Repartition, Souhait
from evaluations.models.score import ScoreDemande
from evaluations.models.seance import Addenda, CopieCompteRendu, Passage, Presence, Seance

__all__ = [
    "Addenda",
    "Affectation",
    "BrouillonAvis",
    "Calibrage",
    "CollecteSouhaits",
    "CopieCompteRendu",
    "Evaluation",
    "FicheCalibrage",
    "LienEcarte",
    "Livret",
    "MembreComite",
    "Note",
    "NoteCalibrage",
    "Passage",
    "Presence",
    "RappelComite",
    "Recommandation",
    "Reouverture",
    "Repartition",
    "ScoreDemande",
    "Seance",
    "Souhait",
]
