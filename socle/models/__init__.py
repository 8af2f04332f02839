from socle.models.battement import Battement
from socle.models.document import Document
from socle.models.incident import Incident
from socle.models.journal import EntreeJournal
from socle.models.organisme import Adhesion, Invitation, Organisme
from socle.models.travail import Travail
from socle.models.utilisateur import RoleVille, Utilisateur

__all__ = [
    "Adhesion",
    "Battement",
    "Document",
    "EntreeJournal",
    "Incident",
    "Invitation",
    "Organisme",
    "RoleVille",
    "Travail",
    "Utilisateur",
]
