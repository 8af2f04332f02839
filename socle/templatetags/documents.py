"""Filtres des documents PDF (``templates/pdf/``) : montants en lettres, énumérations, réponses."""

from collections.abc import Iterable

from django import template
from django.utils.html import format_html, format_html_join, linebreaks
from django.utils.safestring import SafeString, mark_safe

from socle import textes

register = template.Library()
register.filter("montant_en_lettres", textes.montant_en_lettres)
register.filter("en_lettres", textes.en_lettres)
register.filter("ordinal", textes.ordinal)
register.filter("joindre", textes.joindre)


@register.filter
def reponse(valeur: str | Iterable[str] | None) -> SafeString:
    """Une réponse telle que saisie : des paragraphes, une liste, ou « Sans réponse »."""
    if not valeur:
        return format_html('<p class="discret">{}</p>', "Sans réponse")
    if isinstance(valeur, str):
        return mark_safe(linebreaks(valeur, autoescape=True))  # noqa: S308 (échappé)
    elements = format_html_join("", "<li>{}</li>", ((element,) for element in valeur))
    return format_html("<ul>{}</ul>", elements)


@register.filter
def reponse_lue(textes: list[str]) -> SafeString:
    """Une réponse en plusieurs textes : un seul se lit comme un texte, plusieurs en liste."""
    return reponse(textes[0] if len(textes) == 1 else textes)
