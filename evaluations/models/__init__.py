from evaluations.models.calibrage import Calibrage, FicheCalibrage, NoteCalibrage
from evaluations.models.comite import Affectation, MembreComite
from evaluations.models.fiche import Evaluation, Note, Reouverture
from evaluations.models.livret import Livret
from evaluations.models.rappel import RappelComite
from evaluations.models.repartition import CollecteSouhaits, LienEcarte, Repartition, Souhait
from evaluations.models.seance import Presence, Recommandation, Seance

__all__ = [
    "Affectation",
    "Calibrage",
    "CollecteSouhaits",
    "Evaluation",
    "FicheCalibrage",
    "LienEcarte",
    "Livret",
    "MembreComite",
    "Note",
    "NoteCalibrage",
    "Presence",
    "RappelComite",
    "Recommandation",
    "Reouverture",
    "Repartition",
    "Seance",
    "Souhait",
]
