"""Les phrases du journal : ce que veut dire chaque verbe, en français simple.

Chaque application déclare les siens au démarrage (``apps.ready``) ; un verbe sans phrase se lit
par son nom, pour que rien de l'histoire d'un objet ne soit caché.
"""

_PHRASES: dict[str, str] = {}


def declarer_verbes(phrases: dict[str, str]) -> None:
    """Ajoute des phrases : ``{"demande.deposer": "a déposé la demande"}``."""
    _PHRASES.update(phrases)


def phrase(verbe: str) -> str:
    """La phrase d'un verbe du journal, à lire après le nom de la personne."""
    return _PHRASES.get(verbe) or verbe.rpartition(".")[2].replace("_", " ")
