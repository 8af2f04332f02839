"""Les pages publiques, gardées pour qui n'a pas de session ; jamais plus vieilles qu'une minute.

Une page se garde ``CACHE_PUBLIC_SECONDES``. Une publication appelle ``perimer`` : le numéro commun
des pages change, et tout ce qui était gardé cesse de servir. Une personne connectée, ou à qui un
message est destiné, reçoit toujours une page faite pour elle ; ce qui, dans cette page, est le même
pour tout le monde peut se garder à part (``commune``).
"""

import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from functools import wraps
from typing import Any

from django.conf import settings
from django.core.cache import cache
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.utils.cache import get_conditional_response, patch_vary_headers, set_response_etag

from socle.debit import trop_souvent

NUMERO = "pages-publiques"
# Au-delà, l'adresse porte une recherche que personne d'autre ne fera : elle ne se garde pas.
ADRESSE_MAX = 300
# Ce qu'il s'en garde de neuves par minute, toutes pages ensemble, quand l'adresse porte des
# paramètres : dix mille recherches différentes ne remplissent pas la mémoire de Valkey.
VARIANTES_PAR_MINUTE = 300


def gardee(vue: Callable[..., HttpResponse]) -> Callable[..., HttpResponse]:
    """Garde les réponses de ``vue`` pour les demandes sans session, par adresse.

    Ne se garde pas : ce qui n'est pas une lecture réussie, ce qui pose un témoin ou porte un jeton
    de formulaire (il est à une seule personne), un fragment htmx. Une page gardée porte son ETag :
    qui l'a déjà ne la reçoit pas deux fois (304).
    """

    @wraps(vue)
    def servir(request: HttpRequest, *arguments: Any, **nommes: Any) -> HttpResponse:
        if not _sans_session(request):
            return vue(request, *arguments, **nommes)
        place = Place.chercher(request, "page")
        if place.contenu is not None:
            contenu, entetes = place.contenu
            return _renvoyer(request, HttpResponse(contenu, headers=entetes))
        reponse = vue(request, *arguments, **nommes)
        patch_vary_headers(reponse, ("Cookie",))
        if not _peut_se_garder(request, reponse):
            return reponse
        # Le navigateur la garde aussi, et la redemande chaque fois : elle a pu changer.
        reponse.setdefault("Cache-Control", "no-cache")
        set_response_etag(reponse)
        place.garder((reponse.content, dict(reponse.items())))
        return _renvoyer(request, reponse)

    return servir


def commune(request: HttpRequest, faire: Callable[[HttpRequest], str]) -> str:
    """``faire(request)``, gardé pour toute personne connectée sous l'adresse demandée.

    ``faire`` ne lit que l'adresse et ce que le public voit : rien de la personne. Sans session,
    ``gardee`` garde la page entière : y garder aussi la part commune ajouterait un âge à l'autre.
    """
    if _sans_session(request):
        return faire(request)
    place = Place.chercher(request, f"{faire.__module__}.{faire.__name__}")
    if place.contenu is None:
        place.contenu = faire(request)
        place.garder(place.contenu)
    return place.contenu


def perimer() -> None:
    """Fait refaire toutes les pages publiques, une fois la transaction en cours réussie."""
    transaction.on_commit(_changer_de_numero)


def _changer_de_numero() -> None:
    try:
        cache.incr(NUMERO)
    except ValueError:
        # Sans échéance : un numéro oublié pourrait redevenir celui d'une page encore gardée.
        cache.set(NUMERO, 1, None)


@dataclass
class Place:
    """Où se garde une ``sorte`` de contenu d'une adresse, et ce qui y est (None : rien de frais).

    ``numero`` est lu avant que le contenu ne soit fait : périmé entre-temps, il ne servira pas.
    """

    cle: str
    numero: int
    contenu: Any
    a_parametres: bool

    @classmethod
    def chercher(cls, request: HttpRequest, sorte: str) -> "Place":
        adresse = request.get_full_path()
        parametres = bool(request.META.get("QUERY_STRING"))
        if not settings.CACHE_PUBLIC_SECONDES or len(adresse) > ADRESSE_MAX:
            return cls("", 0, None, parametres)
        cle = f"{NUMERO}:{sorte}:{hashlib.sha256(adresse.encode()).hexdigest()}"
        trouvees = cache.get_many([NUMERO, cle])
        numero = trouvees.get(NUMERO, 0)
        sous, contenu = trouvees.get(cle, (None, None))
        return cls(cle, numero, contenu if sous == numero else None, parametres)

    def garder(self, contenu: Any) -> None:
        if not self.cle:
            return
        if self.a_parametres and trop_souvent("pages-publiques", par_minute=VARIANTES_PAR_MINUTE):
            return
        cache.set(self.cle, (self.numero, contenu), settings.CACHE_PUBLIC_SECONDES)


def _sans_session(request: HttpRequest) -> bool:
    return (
        request.method in {"GET", "HEAD"}
        and not {settings.SESSION_COOKIE_NAME, "messages"} & request.COOKIES.keys()
        and not request.headers.get("HX-Request")
    )


def _peut_se_garder(request: HttpRequest, reponse: HttpResponse) -> bool:
    return (
        reponse.status_code == 200
        and not reponse.streaming
        and not reponse.cookies
        and not request.META.get("CSRF_COOKIE_NEEDS_UPDATE")
    )


def _renvoyer(request: HttpRequest, reponse: HttpResponse) -> HttpResponse:
    return get_conditional_response(request, etag=reponse["ETag"], response=reponse)
