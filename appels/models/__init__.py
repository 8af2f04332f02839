from appels.models.appel import Appel, Critere, PieceExigee, SourceVolet, Volet
from appels.models.budget import AideAnnoncee, PosteDepense, SourceRevenu
from appels.models.collaboration import Ecriture, Visite
from appels.models.demande import Demande, Depot, Derogation
from appels.models.echange import LectureEchange, Message
from appels.models.formulaire import Formulaire, Question, Reponse, Section
from appels.models.piece import PieceJointe
from appels.models.plan import Besoin, Objectif, PlanAction, Theme
from appels.models.question_publique import QuestionPublique
from appels.models.recevabilite import Complement, Verification

__all__ = [
    "AideAnnoncee",
    "Appel",
    "Besoin",
    "Complement",
    "Critere",
    "Demande",
    "Depot",
    "Derogation",
    "Ecriture",
    "Formulaire",
    "LectureEchange",
    "Message",
    "Objectif",
    "PieceExigee",
    "PieceJointe",
    "PlanAction",
    "PosteDepense",
    "Question",
    "QuestionPublique",
    "Reponse",
    "Section",
    "SourceRevenu",
    "SourceVolet",
    "Theme",
    "Verification",
    "Visite",
    "Volet",
]
