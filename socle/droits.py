"""Demander une permission dans un service, quand aucune transition ne le fait."""

from typing import Any

from socle.exceptions import PermissionRefusee


def exiger_permission(acteur: Any, permission: str, objet: Any = None) -> None:
    """Lève ``PermissionRefusee`` si ``acteur`` n'a pas ``permission`` ; None est le système."""
    if acteur is not None and not acteur.peut(permission, objet):
        raise PermissionRefusee("Vous n'avez pas le droit de faire cette action.", code=permission)
