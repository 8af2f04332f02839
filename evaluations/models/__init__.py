from evaluations.models.comite import Affectation, MembreComite
from evaluations.models.fiche import Evaluation, Note, Reouverture
from evaluations.models.seance import Presence, Recommandation, Seance

__all__ = [
    "Affectation",
    "Evaluation",
    "MembreComite",
    "Note",
    "Presence",
    "Recommandation",
    "Reouverture",
    "Seance",
]
