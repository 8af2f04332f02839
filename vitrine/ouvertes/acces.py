"""L'accès aux données ouvertes : sans compte, au débit limité, gardées, comparées par empreinte."""

import hashlib
from collections.abc import Callable
from functools import wraps
from typing import Any

from django.conf import settings
from django.core.cache import cache
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.utils.http import http_date
from django.views.decorators.http import conditional_page

from socle import horloge
from socle.cache_public import gardee
from socle.debit import MINUTE, debit_depasse
from socle.vues import publique
from vitrine.ouvertes.colonnes import LICENCE

# Combien de temps on se souvient de la date d'un contenu, en secondes.
MEMOIRE = 30 * 24 * 3600


def ouverte(vue: Callable[..., HttpResponse]) -> Callable[..., HttpResponse]:
    """Ouvre ``vue`` à tous, à ``DONNEES_PAR_MINUTE`` demandes par minute et par adresse.

    Au-delà : 429 et ``Retry-After``, en secondes. Une réponse porte son ETag, sa date et sa
    licence, et se redemande à chaque fois (``no-cache``) : ce qui change se lit en moins d'une
    minute, ce qui n'a pas changé ne se renvoie pas (304). Une page d'un autre site peut la lire.
    """
    servir = conditional_page(gardee(datee(vue)))

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
        reponse["Link"] = f'<{LICENCE}>; rel="license"'
        return reponse

    return repondre


def datee(vue: Callable[..., HttpResponse]) -> Callable[..., HttpResponse]:
    """Date une réponse (``Last-Modified``) du moment où son contenu s'est lu pour la première fois.

    Aucune date de la base ne couvre un projet, son rapport et ses activités. Un contenu qu'on n'a
    pas lu, ou qu'on a oublié, se date de maintenant : au pire, il se renvoie une fois de trop. Une
    adresse à paramètres ne se date pas, son ETag suffit : on ne retient rien pour chacune de celles
    qu'un client peut inventer.
    """

    @wraps(vue)
    def repondre(request: HttpRequest, *arguments: Any, **nommes: Any) -> HttpResponse:
        reponse = vue(request, *arguments, **nommes)
        if reponse.status_code == 200 and not request.META.get("QUERY_STRING"):
            cle = f"vu:{hashlib.sha256(request.path.encode()).hexdigest()}"
            empreinte = hashlib.sha256(reponse.content).hexdigest()
            vue_avant, moment = cache.get(cle, ("", 0))
            if vue_avant != empreinte:
                moment = int(horloge.maintenant().timestamp())
                cache.set(cle, (empreinte, moment), MEMOIRE)
            reponse["Last-Modified"] = http_date(moment)
        return reponse

    return repondre
