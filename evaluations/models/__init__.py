from evaluations.models.comite import Affectation, MembreComite
from evaluations.models.fiche import Evaluation, Note, Reouverture
from evaluations.models.rappel import RappelComite
from evaluations.models.repartition import CollecteSouhaits, LienEcarte, Repartition, Souhait
from evaluations.models.seance import Presence, Recommandation, Seance

__all__ = [
    "Affectation",
    "CollecteSouhaits",
    "Evaluation",
    "LienEcarte",
    "MembreComite",
    "Note",
    "Presence",
    "RappelComite",
    "Recommandation",
    "Reouverture",
    "Repartition",
    "Seance",
    "Souhait",
]
