"""Filtres des documents PDF (``templates/pdf/``) : montants en lettres, énumérations, dessins."""

from collections.abc import Iterable
from typing import Any

from django import template
from django.utils.html import format_html, format_html_join, linebreaks
from django.utils.safestring import SafeString, mark_safe

from socle import textes
from socle.graphiques import Ligne, Part

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


def _lire(element: Any, nom: str) -> Any:
    return element[nom] if isinstance(element, dict) else getattr(element, nom)


@register.filter
def en_parts(elements: Iterable[Any], noms: str) -> list[Part]:
    """Les parts d'un dessin : ``sources|en_parts:"bailleur accorde"``."""
    libelle, montant = noms.split()
    return [Part(_lire(e, libelle), _lire(e, montant)) for e in elements]


@register.filter
def en_barres(elements: Iterable[Any], noms: str) -> list[Ligne]:
    """Les barres d'un dessin : ``secteurs|en_barres:"nom accorde"`` (le prévu en 3e)."""
    champs = noms.split()
    return [Ligne(*(_lire(element, champ) for champ in champs)) for element in elements]
