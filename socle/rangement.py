"""Le dossier des fichiers ; plein ou fermé, il le dit à qui envoie un fichier.

Le refus est une règle comme une autre : la page garde ce qui est écrit et le montre près du champ,
un long travail le note parmi ses erreurs. La cause, elle, va au journal technique.
"""

import logging
from typing import Any

from django.core.files.storage import FileSystemStorage

from socle.causes import cause
from socle.exceptions import RegleViolee

PHRASE = (
    "Le fichier n'a pas pu être rangé : l'espace de la Ville est plein ou ne répond pas. Ce que "
    "vous avez écrit n'est pas perdu. Réessayez dans quelques minutes ; si cela dure, avisez la "
    "Ville."
)
journal = logging.getLogger(__name__)


class RangementImpossible(RegleViolee, OSError):
    """Aussi une ``OSError`` : une tâche qui attend que le disque revienne recommence plus tard."""


def refuser(nom: str, erreur: Exception) -> RangementImpossible:
    """Le refus à lever quand ``nom`` ne se range pas."""
    journal.error("%s ne se range pas : %s", nom, cause(erreur))
    return RangementImpossible(PHRASE, champ="fichier", code="rangement")


class Dossier(FileSystemStorage):
    def _save(self, name: str, content: Any) -> str:
        try:
            return super()._save(name, content)
        except OSError as erreur:
            raise refuser(name, erreur) from erreur
