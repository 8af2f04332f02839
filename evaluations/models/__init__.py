from evaluations.models.calibrage import Calibrage, FicheCalibrage, NoteCalibrage
from evaluations.models.comite import Affectation, MembreComite
from evaluations.models.fiche import Evaluation, Note, Reouverture
from evaluations.models.livret import Livret
from evaluations.models.seance import Presence, Recommandation, Seance

__all__ = [
    "Affectation",
    "Calibrage",
    "Evaluation",
    "FicheCalibrage",
    "Livret",
    "MembreComite",
    "Note",
    "NoteCalibrage",
    "Presence",
    "Recommandation",
    "Reouverture",
    "Seance",
]
