"""Composants de liste : tri et pagination, qui gardent les filtres dans l'adresse."""

from typing import Any

from django import template
from django.core.paginator import Page
from django.http import QueryDict

register = template.Library()


def _adresse(requete: QueryDict, base: str = "", **changements: Any) -> str:
    """L'adresse ``base``, ou la courante, ces paramètres changés ; None en retire un."""
    copie = requete.copy()
    for nom, valeur in changements.items():
        copie.pop(nom, None)
        if valeur is not None:
            copie[nom] = str(valeur)
    return f"{base}?{copie.urlencode()}"


@register.inclusion_tag("composants/tri.html", takes_context=True)
def tri(
    context: template.Context,
    cle: str,
    libelle: str,
    classe: str = "",
    param: str = "tri",
) -> dict[str, Any]:
    """Un titre de colonne qui trie ; un second choix inverse l'ordre. Revient à la page 1."""
    requete = context["request"].GET
    actuel = requete.get(param, "")
    sens = {cle: "ascending", f"-{cle}": "descending"}.get(actuel, "none")
    suivant = f"-{cle}" if sens == "ascending" else cle
    return {
        "libelle": libelle,
        "classe": classe,
        "sens": sens,
        "adresse": _adresse(requete, page=None, **{param: suivant}),
    }


@register.inclusion_tag("composants/pagination.html", takes_context=True)
def pagination(
    context: template.Context,
    page_obj: Page,
    param: str = "page",
    nom: str = "Pages de la liste",
    base: str = "",
) -> dict[str, Any]:
    """Les pages d'une liste ; rien quand une seule suffit.

    ``base`` : l'adresse de la liste, quand la page peut répondre à un envoi fait ailleurs.
    """
    requete = context["request"].GET

    def adresse(numero: int) -> str:
        return _adresse(requete, base, **{param: numero})

    paginateur = page_obj.paginator
    numeros = paginateur.get_elided_page_range(page_obj.number, on_each_side=1, on_ends=1)
    return {
        "nom": nom,
        "page_obj": page_obj,
        "plusieurs": page_obj.has_other_pages(),
        "precedente": adresse(page_obj.number - 1) if page_obj.has_previous() else "",
        "suivante": adresse(page_obj.number + 1) if page_obj.has_next() else "",
        "numeros": [
            {"numero": n, "adresse": adresse(n) if n != paginateur.ELLIPSIS else ""}
            for n in numeros
        ],
    }
