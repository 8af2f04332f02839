"""Ce que toutes les pages reçoivent : la navigation, la ville, le mode démonstration."""

from typing import Any

from django.conf import settings
from django.http import HttpRequest
from django.utils.functional import SimpleLazyObject

from socle.navigation import navigation_de


def navigation(request: HttpRequest) -> dict[str, Any]:
    """La navigation est paresseuse : un fragment htmx ou un PDF ne paie pas ses requêtes."""
    return {
        "navigation": SimpleLazyObject(lambda: navigation_de(request)),
        "ville": settings.VILLE,
        "demonstration": settings.DEMONSTRATION,
    }
