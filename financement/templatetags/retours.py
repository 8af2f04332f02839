"""Montrer, à côté d'un document, sa copie signée revenue sur papier."""

from typing import Any

from django import template

from socle.models import Document

register = template.Library()


@register.inclusion_tag("financement/_retour.html")
def retour_signe(document: Document | None) -> dict[str, Any]:
    """Un lien vers le retour du document, ou rien. Les listes le chargent avec le document."""
    return {"document": document, "retour": getattr(document, "retour", None)}


@register.inclusion_tag("financement/_retour_a_inscrire.html")
def retour_a_inscrire(document: Document | None) -> dict[str, Any]:
    """Ce que le retour du document apporte à une signature sur papier pas encore inscrite."""
    return {"document": document, "retour": getattr(document, "retour", None)}
