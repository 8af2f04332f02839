"""L'interface de programmation des données ouvertes : en lecture, par pages, décrite en OpenAPI.

Les schémas viennent des mêmes colonnes que les fichiers ; django-ninja lit les paramètres et écrit
la description. Les adresses passent par ``ouverte``, comme les fichiers : sans compte, au débit
limité, gardées.
"""

from typing import Any

from django.conf import settings
from django.core.paginator import EmptyPage, Paginator
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.urls import URLPattern, path
from ninja import Field, NinjaAPI, Query, Schema
from ninja.errors import ValidationError
from pydantic import create_model

from vitrine.ouvertes.acces import ouverte
from vitrine.ouvertes.colonnes import (
    ACTIVITES,
    LICENCE,
    NOM_LICENCE,
    PROJETS,
    RESULTATS,
    Colonne,
    ligne,
)
from vitrine.ouvertes.jeux import (
    activites_ouvertes,
    appels_publics,
    projets_ouverts,
    resultats_des,
)

RACINE = "donnees/api/v1/"
PAR_PAGE, PAR_PAGE_MAX = 50, 100

api = NinjaAPI(
    title="Données ouvertes des appels à projets",
    version="1",
    description=(
        "Les projets soutenus et annoncés, leurs résultats masqués, et les activités et services "
        f"publiés. En lecture seulement, sans clé. Licence : {NOM_LICENCE}."
    ),
    docs_url=None,
    openapi_url=None,
    openapi_extra={"info": {"license": {"name": NOM_LICENCE, "url": LICENCE}}},
)


def _modele(nom: str, colonnes: tuple[Colonne, ...]) -> type[Schema]:
    champs: dict[str, Any] = {c.nom: (c.type, Field(..., description=c.sens)) for c in colonnes}
    return create_model(nom, __base__=Schema, **champs)


def _page_de(nom: str, modele: type[Schema]) -> type[Schema]:
    champs: dict[str, Any] = {
        "licence": (str, Field(..., description="La licence de ces données.")),
        "nombre": (int, Field(..., description="Combien il y en a, toutes pages comprises.")),
        "page": (int, Field(..., description="Le numéro de cette page.")),
        "pages": (int, Field(..., description="Le nombre de pages.")),
        "suivante": (str | None, Field(..., description="L'adresse de la page suivante.")),
        "precedente": (str | None, Field(..., description="L'adresse de la page précédente.")),
        "elements": (list[modele], Field(..., description="Les éléments de cette page.")),
    }
    return create_model(f"Page{nom}", __base__=Schema, **champs)


class Appel(Schema):
    code: str = Field(..., description="Code de l'appel à projets.")
    titre: str = Field(..., description="Titre de l'appel.")


Projet = _modele("Projet", PROJETS)
Resultat = _modele("Resultat", RESULTATS)
Activite = _modele("Activite", ACTIVITES)


class ProjetComplet(Projet):
    licence: str = Field(..., description="La licence de ces données.")
    resultats: list[Resultat] = Field(
        ..., description="Ses résultats masqués ; vide tant que le projet n'est pas fermé."
    )


class Pages(Schema):
    page: int = Field(1, ge=1, description="Le numéro de la page.")
    par_page: int = Field(
        PAR_PAGE, ge=1, le=PAR_PAGE_MAX, description=f"Combien par page, au plus {PAR_PAGE_MAX}."
    )


@api.get("appels", response=_page_de("Appels", Appel), summary="Les appels")
def appels(request: HttpRequest, pages: Query[Pages]) -> dict[str, Any]:
    """Les appels dont au moins un projet est annoncé."""
    return _paginer(request, appels_publics(), pages, lambda a: {"code": a.code, "titre": a.titre})


@api.get("projets", response=_page_de("Projets", Projet), summary="Les projets")
def projets(
    request: HttpRequest,
    pages: Query[Pages],
    appel: str = Query("", description="Seulement ceux de cet appel (son code)."),
) -> dict[str, Any]:
    """Les projets annoncés, de la décision la plus récente à la plus ancienne."""
    liste = projets_ouverts()
    if appel:
        liste = liste.filter(appel__code=appel)
    return _paginer(request, liste, pages, lambda projet: ligne(PROJETS, projet))


@api.get("projets/{slug:reference}", response=ProjetComplet, summary="Un projet")
def projet(request: HttpRequest, reference: str) -> dict[str, Any]:
    """Un projet annoncé et, une fois fermé, ses résultats masqués."""
    objet = get_object_or_404(projets_ouverts(), reference=reference)
    return {
        **ligne(PROJETS, objet),
        "licence": LICENCE,
        "resultats": list(resultats_des([objet])),
    }


@api.get("activites", response=_page_de("Activites", Activite), summary="Les activités et services")
def activites(
    request: HttpRequest,
    pages: Query[Pages],
    secteur: str = Query("", description="Seulement celles de ce secteur."),
    projet: str = Query("", description="Seulement celles de ce projet (son numéro)."),
) -> dict[str, Any]:
    """Les activités des projets annoncés et les services publiés."""
    liste = activites_ouvertes()
    if secteur:
        liste = liste.filter(secteur=secteur)
    if projet:
        liste = liste.filter(activite__demande__reference=projet)
    return _paginer(request, liste, pages, lambda version: ligne(ACTIVITES, version))


def _paginer(request: HttpRequest, liste: QuerySet, pages: Pages, rendre: Any) -> dict[str, Any]:
    paginateur = Paginator(liste, pages.par_page)
    try:
        page = paginateur.page(pages.page)
    except EmptyPage:
        raise Http404 from None
    return {
        "licence": LICENCE,
        "nombre": paginateur.count,
        "page": page.number,
        "pages": paginateur.num_pages,
        "suivante": _adresse(request, page.number + 1) if page.has_next() else None,
        "precedente": _adresse(request, page.number - 1) if page.has_previous() else None,
        "elements": [rendre(objet) for objet in page.object_list],
    }


def _adresse(request: HttpRequest, page: int) -> str:
    parametres = request.GET.copy()
    parametres["page"] = str(page)
    return f"{settings.SITE_URL}{request.path}?{parametres.urlencode()}"


@api.exception_handler(Http404)
def _absent(request: HttpRequest, erreur: Http404) -> HttpResponse:
    reponse = {"erreur": "Rien n'est publié à cette adresse."}
    return api.create_response(request, reponse, status=404)


@api.exception_handler(ValidationError)
def _refuse(request: HttpRequest, erreur: ValidationError) -> HttpResponse:
    noms = " et ".join(f"« {faute['loc'][-1]} »" for faute in erreur.errors)
    reponse = {"erreur": f"Valeur refusée pour {noms} : voyez la description des paramètres."}
    return api.create_response(request, reponse, status=422)


def schema() -> dict[str, Any]:
    """La description OpenAPI de l'interface."""
    return api.get_openapi_schema(path_prefix=f"/{RACINE}")


def adresses() -> list[URLPattern]:
    """Les adresses de l'interface, chacune ouverte à tous."""
    routes = [route for route in api.urls[0] if route.name != "api-root"]
    return [
        path(f"{RACINE}{route.pattern}", ouverte(route.callback), name=f"api_{route.name}")
        for route in routes
    ]
