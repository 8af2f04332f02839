"""L'accès aux données ouvertes : sans compte, au débit limité, gardées, comparées par empreinte."""

from collections.abc import Callable
from functools import wraps
from typing import Any

from django.conf import settings
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.views.decorators.http import conditional_page

from socle.cache_public import gardee
from socle.debit import MINUTE, debit_depasse
from socle.vues import publique


def ouverte(vue: Callable[..., HttpResponse]) -> Callable[..., HttpResponse]:
    """Ouvre ``vue`` à tous, à ``DONNEES_PAR_MINUTE`` demandes par minute et par adresse.

    Au-delà : 429 et ``Retry-After``, en secondes. Une réponse porte son ETag et se redemande à
    chaque fois (``no-cache``) : ce qui change se lit en moins d'une minute, ce qui n'a pas changé
    ne se renvoie pas (304). Une page d'un autre site peut la lire.
    """
    servir = conditional_page(gardee(vue))

    @publique
    @wraps(vue)
    def repondre(request: HttpRequest, *arguments: Any, **nommes: Any) -> HttpResponse:
        par_minute = settings.DONNEES_PAR_MINUTE
        if debit_depasse(request, "donnees", par_minute=par_minute):
            reponse = JsonResponse(
                {
                    "erreur": f"Plus de {par_minute} demandes en une minute depuis votre adresse. "
                    f"Réessayez dans {MINUTE} secondes."
                },
                status=429,
                headers={"Retry-After": str(MINUTE)},
                json_dumps_params={"ensure_ascii": False},
            )
        else:
            reponse = servir(request, *arguments, **nommes)
        reponse["Cache-Control"] = "no-cache"
        reponse["Access-Control-Allow-Origin"] = "*"
        return reponse

    return repondre
