"""Mener aux scénarios d'un appel, seulement qui peut les voir."""

from typing import Any

from django import template

from financement.candidats import voit_les_scenarios as _voit

register = template.Library()


@register.simple_tag(takes_context=True)
def voit_les_scenarios(context: Any, appel: Any) -> bool:
    """La personne de la page peut ouvrir les scénarios de l'appel : ni récusée, ni liée."""
    return _voit(context["request"].user, appel)
