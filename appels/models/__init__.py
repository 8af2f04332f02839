from appels.models.appel import Appel, Critere, PieceExigee, SourceVolet, Volet
from appels.models.budget import AideAnnoncee, PosteDepense, SourceRevenu
from appels.models.collaboration import Ecriture, Visite
from appels.models.condition import ConditionAdmissibilite, ReponseAdmissibilite
from appels.models.consultation import (
    Atelier,
    Consultation,
    EtapeDemarche,
    GroupeAtelier,
    Instance,
    PointSouleve,
    QuestionAtelier,
)
from appels.models.demande import Demande, Depot, Derogation
from appels.models.doute import VerdictDoute
from appels.models.echange import LectureEchange, Message
from appels.models.formulaire import Formulaire, Question, Reponse, Section
from appels.models.message import MessageAppel
from appels.models.piece import GenreDossier, PieceJointe, PieceOrganisme
from appels.models.plan import Besoin, Objectif, PlanAction, Theme
from appels.models.question_publique import QuestionPublique
from appels.models.rappel import Rappel
from appels.models.recevabilite import Complement, Verification

__all__ = [
    "AideAnnoncee",
    "Appel",
    "Atelier",
    "Besoin",
    "Complement",
    "ConditionAdmissibilite",
    "Consultation",
    "Critere",
    "Demande",
    "Depot",
    "Derogation",
    "Ecriture",
    "EtapeDemarche",
    "Formulaire",
    "GenreDossier",
    "GroupeAtelier",
    "Instance",
    "LectureEchange",
    "Message",
    "MessageAppel",
    "Objectif",
    "PieceExigee",
    "PieceJointe",
    "PieceOrganisme",
    "PlanAction",
    "PointSouleve",
    "PosteDepense",
    "Question",
    "QuestionAtelier",
    "QuestionPublique",
    "Rappel",
    "Reponse",
    "ReponseAdmissibilite",
    "Section",
    "SourceRevenu",
    "SourceVolet",
    "Theme",
    "VerdictDoute",
    "Verification",
    "Visite",
    "Volet",
]
