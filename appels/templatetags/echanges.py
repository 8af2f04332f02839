"""Ce que la page d'une demande montre de son échange."""

from typing import Any

from django import template

register = template.Library()


@register.simple_tag(takes_context=True)
def echange_de(context: template.Context, demande: Any) -> dict[str, Any]:
    """``visible`` pour cette personne de la Ville, et combien de messages attendent une réponse."""
    visible = context["user"].peut("echange.suivre", demande)
    attend = demande.messages.sans_reponse().count() if visible else 0
    return {"visible": visible, "attend": attend}
