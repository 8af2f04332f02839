"""Les pages publiques, gardées pour qui n'a pas de session ; jamais plus vieilles qu'une minute.

Une page se garde ``CACHE_PUBLIC_SECONDES``. Une publication appelle ``perimer`` : le numéro commun
des pages change, et tout ce qui était gardé cesse de servir. Une personne connectée, ou à qui un
message est destiné, reçoit toujours une page neuve.
"""

import hashlib
from collections.abc import Callable
from functools import wraps
from typing import Any

from django.conf import settings
from django.core.cache import cache
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.utils.cache import patch_vary_headers

NUMERO = "pages-publiques"
# Au-delà, l'adresse porte une recherche que personne d'autre ne fera : elle ne se garde pas.
ADRESSE_MAX = 300


def gardee(vue: Callable[..., HttpResponse]) -> Callable[..., HttpResponse]:
    """Garde les réponses de ``vue`` pour les demandes sans session, par adresse.

    Ne se garde pas : ce qui n'est pas un GET réussi, ce qui pose un témoin ou porte un jeton de
    formulaire (il est à une seule personne), un fragment htmx.
    """

    @wraps(vue)
    def servir(request: HttpRequest, *arguments: Any, **nommes: Any) -> HttpResponse:
        adresse = request.get_full_path()
        if not _se_garde(request, adresse):
            return vue(request, *arguments, **nommes)
        empreinte = hashlib.sha256(adresse.encode()).hexdigest()
        cle = f"{NUMERO}:{empreinte}"
        trouvees = cache.get_many([NUMERO, cle])
        numero = trouvees.get(NUMERO, 0)
        if cle in trouvees and trouvees[cle][0] == numero:
            _, contenu, entetes = trouvees[cle]
            return HttpResponse(contenu, headers=entetes)
        reponse = vue(request, *arguments, **nommes)
        patch_vary_headers(reponse, ("Cookie",))
        if _peut_se_garder(request, reponse):
            gardee = (numero, reponse.content, dict(reponse.items()))
            cache.set(cle, gardee, settings.CACHE_PUBLIC_SECONDES)
        return reponse

    return servir


def perimer() -> None:
    """Fait refaire toutes les pages publiques, une fois la transaction en cours réussie."""
    transaction.on_commit(_changer_de_numero)


def _changer_de_numero() -> None:
    try:
        cache.incr(NUMERO)
    except ValueError:
        # Sans échéance : un numéro oublié pourrait redevenir celui d'une page encore gardée.
        cache.set(NUMERO, 1, None)


def _se_garde(request: HttpRequest, adresse: str) -> bool:
    return (
        bool(settings.CACHE_PUBLIC_SECONDES)
        and request.method == "GET"
        and not {settings.SESSION_COOKIE_NAME, "messages"} & request.COOKIES.keys()
        and not request.headers.get("HX-Request")
        and len(adresse) <= ADRESSE_MAX
    )


def _peut_se_garder(request: HttpRequest, reponse: HttpResponse) -> bool:
    return (
        reponse.status_code == 200
        and not reponse.streaming
        and not reponse.cookies
        and not request.META.get("CSRF_COOKIE_NEEDS_UPDATE")
    )
