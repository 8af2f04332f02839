"""Le dossier des fichiers ; plein ou fermé, il le dit à qui envoie un fichier ; et à qui en demande
un qui n'y est plus, lequel.

Le refus est une règle comme une autre : la page garde ce qui est écrit et le montre près du champ,
un long travail le note parmi ses erreurs. La cause, elle, va au journal technique.
"""

import logging
from typing import Any

from django.core.files.storage import FileSystemStorage
from django.db.models.fields.files import FieldFile

from socle.causes import cause
from socle.exceptions import RegleViolee

PHRASE = (
    "Le fichier n'a pas pu être rangé : l'espace de la Ville est plein ou ne répond pas. Ce que "
    "vous avez écrit n'est pas perdu. Réessayez dans quelques minutes ; si cela dure, avisez la "
    "Ville."
)
ABSENT = (
    "Le fichier « {} » n'est plus à sa place dans l'espace de la Ville. Avisez la Ville : elle "
    "peut le rendre depuis sa sauvegarde."
)
journal = logging.getLogger(__name__)


class RangementImpossible(RegleViolee, OSError):
    """Aussi une ``OSError`` : une tâche qui attend que le disque revienne recommence plus tard."""


def refuser(nom: str, erreur: Exception) -> RangementImpossible:
    """Le refus à lever quand ``nom`` ne se range pas."""
    journal.error("%s ne se range pas : %s", nom, cause(erreur))
    return RangementImpossible(PHRASE, champ="fichier", code="rangement")


class FichierAbsent(RegleViolee, FileNotFoundError):
    """Aussi une ``FileNotFoundError`` : la sauvegarde et les tâches la connaissent."""


def absent(nom: str, erreur: Exception) -> FichierAbsent:
    """Le refus à lever quand ``nom``, inscrit dans la base, n'est plus dans le stockage."""
    journal.error("%s manque : %s", nom, cause(erreur))
    return FichierAbsent(_phrase(nom), code="absent")


def _phrase(nom: str) -> str:
    return ABSENT.format(nom.rsplit("/", 1)[-1])


def ce_qui_manque(fichier: FieldFile) -> str:
    """La phrase à montrer d'avance quand ce fichier n'est plus dans le stockage, « » s'il y est."""
    return "" if fichier.storage.exists(fichier.name) else _phrase(fichier.name)


class Dossier(FileSystemStorage):
    def _open(self, name: str, mode: str = "rb") -> Any:
        try:
            return super()._open(name, mode)
        except FileNotFoundError as erreur:
            raise absent(name, erreur) from erreur

    def _save(self, name: str, content: Any) -> str:
        try:
            return super()._save(name, content)
        except OSError as erreur:
            raise refuser(name, erreur) from erreur
