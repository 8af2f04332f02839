from evaluations.models.comite import Affectation, MembreComite
from evaluations.models.fiche import Evaluation, Note, Reouverture
from evaluations.models.recommandation import BrouillonAvis, Recommandation
from evaluations.models.score import ScoreDemande
from evaluations.models.seance import Addenda, Presence, Seance

__all__ = [
    "Addenda",
    "Affectation",
    "BrouillonAvis",
    "Evaluation",
    "MembreComite",
    "Note",
    "Presence",
    "Recommandation",
    "Reouverture",
    "ScoreDemande",
    "Seance",
]
