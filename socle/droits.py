"""Demander une permission dans un service, quand aucune transition ne le fait."""

from typing import Any

from socle.exceptions import PermissionRefusee


def exiger_permission(acteur: Any, permission: str, objet: Any = None) -> None:
    """Lève ``PermissionRefusee`` si ``acteur`` n'a pas ``permission`` ; None est le système."""
    if acteur is None:
        return
    # Un service écrit : il ne se fie pas à ce que la page a lu en s'ouvrant.
    acteur.recusations_lues = None
    if not acteur.peut(permission, objet):
        raise PermissionRefusee("Vous n'avez pas le droit de faire cette action.", code=permission)
