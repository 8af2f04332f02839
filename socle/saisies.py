"""Garder ce qu'une personne envoie quand sa session a expiré, et le reprendre à son retour.

La saisie attend dans la session anonyme, une heure au plus, pour l'adresse où elle allait ; la
connexion garde la session, et la page la retrouve. Seules les vues marquées ``@garde_saisie``
le font : enregistrer un brouillon se rejoue sans risque, déposer ou signer ne se rejoue pas.
"""

from collections.abc import Callable
from functools import wraps
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, QueryDict

CLE = "saisie_interrompue"
DUREE = 60 * 60
TAILLE_MAX = 100_000


def garde_saisie(
    *, sauf: dict[str, frozenset[str]] | None = None, sans: frozenset[str] = frozenset()
) -> Callable:
    """La vue reprend, à la prochaine visite, ce qui lui était envoyé sans session.

    ``sauf`` : arguments d'adresse pour lesquels on ne garde rien (``{"partie": {...}}``).
    ``sans`` : champs qui ne se rejouent pas, comme le bouton « Déposer » : le reste s'enregistre.
    """

    def decorer(vue: Callable) -> Callable:
        @wraps(vue)
        def reprendre(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
            saisie = request.session.get(CLE)
            if request.method == "GET" and saisie and saisie["adresse"] == request.path:
                del request.session[CLE]
                request.method = "POST"
                request.POST = QueryDict(saisie["contenu"])
                messages.info(
                    request, "Votre session avait expiré : ce que vous aviez écrit a été repris."
                )
            return vue(request, *args, **kwargs)

        def se_garde(kwargs: dict[str, Any]) -> bool:
            return not any(kwargs.get(nom) in exclus for nom, exclus in (sauf or {}).items())

        reprendre.saisie_gardee = se_garde
        reprendre.saisie_sans = sans
        return reprendre

    return decorer


def garder(request: HttpRequest, vue: Callable, kwargs: dict[str, Any]) -> bool:
    """Range ce qu'envoie une personne sans session, si la vue le garde et que c'est raisonnable.

    Rend vrai quand la saisie est gardée.
    """
    se_garde = getattr(vue, "saisie_gardee", None)
    if request.method != "POST" or se_garde is None or not se_garde(kwargs) or request.FILES:
        return False
    saisie = request.POST.copy()
    for nom in {"csrfmiddlewaretoken", *vue.saisie_sans}:
        saisie.pop(nom, None)
    contenu = saisie.urlencode()
    if len(contenu) > TAILLE_MAX:
        return False
    request.session[CLE] = {"adresse": request.path, "contenu": contenu}
    request.session.set_expiry(DUREE)
    messages.warning(
        request,
        "Votre session a expiré. Connectez-vous : ce que vous avez écrit est gardé.",
    )
    return True
