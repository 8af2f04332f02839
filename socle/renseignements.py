"""Ce que l'application garde d'une personne, réuni pour elle (regles.md, 18).

Chaque application dit sa part ; le socle ne les connaît pas.
"""

from collections.abc import Callable
from typing import Any

Part = Callable[[Any], dict[str, Any]]
_parts: list[Part] = []


def declarer_renseignements(part: Part) -> None:
    """``part(personne)`` rend ce qu'une application garde de cette personne, par sujet."""
    if part not in _parts:
        _parts.append(part)


def renseignements_de(personne: Any) -> dict[str, Any]:
    """Tout ce qui est gardé de ``personne``, prêt à écrire en JSON."""
    return {sujet: valeur for part in _parts for sujet, valeur in part(personne).items()}


def du_socle(personne: Any) -> dict[str, Any]:
    from socle.models import EntreeJournal, Invitation

    return {
        "compte": {
            "nom": personne.nom,
            "courriel": personne.email,
            "telephone": personne.telephone,
            "employeur": personne.employeur,
            "roles": list(personne.roles),
            "inscrit_le": personne.inscrit_le,
            "derniere_connexion": personne.last_login,
        },
        "organismes": list(personne.adhesions.values("organisme__nom", "role")),
        "invitations": list(
            Invitation.objects.filter(courriel__iexact=personne.email).values("organisme__nom")
        ),
        "journal": list(
            EntreeJournal.objects.filter(acteur=personne).values(
                "moment", "verbe", "objet_libelle", "motif"
            )
        ),
    }
