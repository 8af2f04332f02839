"""Les données ouvertes : leur page, leur dictionnaire et les fichiers à télécharger."""

from collections.abc import Iterable
from typing import Any

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import get_object_or_404, render

from appels.models import Appel
from socle.cache_public import gardee
from socle.exports import csv_de, telecharger
from socle.vues import publique
from vitrine import api
from vitrine.ouvertes.acces import ouverte
from vitrine.ouvertes.colonnes import (
    ACTIVITES,
    DICTIONNAIRE,
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
from vitrine.ouvertes.reference import operations
from vitrine.ouvertes.trois_soixante import paquet


@publique
@gardee
def donnees(request: HttpRequest) -> HttpResponse:
    """Ce qui se télécharge, sous quelle licence, et ce que les colonnes veulent dire."""
    return render(
        request,
        "vitrine/donnees.html",
        {
            "appels": appels_publics(),
            "dictionnaire": DICTIONNAIRE,
            "licence": {"nom": NOM_LICENCE, "adresse": LICENCE},
        },
    )


@publique
@gardee
def reference(request: HttpRequest) -> HttpResponse:
    """L'interface de programmation, telle qu'elle se décrit elle-même."""
    return render(
        request,
        "vitrine/donnees_api.html",
        {
            "operations": list(operations(api.schema())),
            "par_minute": settings.DONNEES_PAR_MINUTE,
            "licence": {"nom": NOM_LICENCE, "adresse": LICENCE},
        },
    )


@ouverte
def schema(request: HttpRequest) -> HttpResponse:
    """La description OpenAPI de l'interface."""
    return JsonResponse(api.schema(), json_dumps_params={"ensure_ascii": False, "indent": 1})


@ouverte
def dictionnaire(request: HttpRequest) -> HttpResponse:
    """Le dictionnaire, en CSV."""
    lignes = [
        (cle, colonne.nom, colonne.forme, colonne.sens)
        for cle, _, colonnes in DICTIONNAIRE
        for colonne in colonnes
    ]
    entetes = ("fichier", "colonne", "forme", "sens")
    return telecharger(csv_de(entetes, lignes, ","), "dictionnaire.csv", CSV)


@ouverte
def fichier(request: HttpRequest, code: str, forme: str) -> HttpResponse:
    """Les projets d'un appel, en CSV ou en JSON."""
    appel = _appel(code)
    lignes = [ligne(PROJETS, projet) for projet in projets_ouverts().filter(appel=appel)]
    return _rendre(forme, PROJETS, lignes, f"projets-{code}", "projets", _de_l_appel(appel))


@ouverte
def resultats(request: HttpRequest, code: str, forme: str) -> HttpResponse:
    """Les résultats masqués des projets fermés d'un appel, en CSV ou en JSON."""
    appel = _appel(code)
    fermes = projets_ouverts().filter(appel=appel, etat="fermee")
    lignes = list(resultats_des(fermes))
    return _rendre(forme, RESULTATS, lignes, f"resultats-{code}", "resultats", _de_l_appel(appel))


@ouverte
def trois_soixante(request: HttpRequest, code: str) -> HttpResponse:
    """Les aides d'un appel selon le standard 360Giving."""
    return _json(paquet(_appel(code)), f"360giving-{code}")


@ouverte
def activites(request: HttpRequest, forme: str) -> HttpResponse:
    """Les activités et les services publiés, en CSV, en JSON ou en GeoJSON."""
    lignes = [ligne(ACTIVITES, version) for version in activites_ouvertes()]
    if forme == "geojson":
        reponse = _json(_geojson(lignes), "activites", "geojson")
        reponse["Content-Type"] = "application/geo+json"
        return reponse
    return _rendre(forme, ACTIVITES, lignes, "activites", "activites", {})


def _appel(code: str) -> Appel:
    return get_object_or_404(appels_publics(), code=code)


def _de_l_appel(appel: Appel) -> dict[str, str]:
    return {"appel": appel.code, "titre": appel.titre}


CSV = "text/csv; charset=utf-8"


def _rendre(
    forme: str,
    colonnes: Iterable[Colonne],
    lignes: list[dict[str, Any]],
    nom: str,
    cle: str,
    entete: dict[str, str],
) -> HttpResponse:
    """Les lignes en CSV (à virgules), ou en JSON sous ``cle``, avec l'en-tête et la licence."""
    if forme == "json":
        return _json({**entete, "licence": LICENCE, cle: lignes}, nom)
    if forme != "csv":
        raise Http404
    valeurs = ([_pour_csv(valeur) for valeur in ligne.values()] for ligne in lignes)
    return telecharger(csv_de([c.nom for c in colonnes], valeurs, ","), f"{nom}.csv", CSV)


def _pour_csv(valeur: Any) -> Any:
    return ("non", "oui")[valeur] if isinstance(valeur, bool) else valeur


def _json(contenu: dict[str, Any], nom: str, suffixe: str = "json") -> JsonResponse:
    return JsonResponse(
        contenu,
        json_dumps_params={"ensure_ascii": False, "indent": 1},
        headers={"Content-Disposition": f'attachment; filename="{nom}.{suffixe}"'},
    )


def _geojson(lignes: list[dict[str, Any]]) -> dict[str, Any]:
    """Un point par ligne située ; les autres n'ont pas de géométrie (RFC 7946)."""
    return {
        "type": "FeatureCollection",
        "features": [
            {
                "type": "Feature",
                "id": proprietes["cle"],
                "geometry": None
                if proprietes["latitude"] is None
                else {
                    "type": "Point",
                    "coordinates": [proprietes["longitude"], proprietes["latitude"]],
                },
                "properties": proprietes,
            }
            for proprietes in lignes
        ],
    }
