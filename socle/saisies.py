"""Garder ce qu'une personne envoie quand sa session a expiré, et le lui rendre à son retour.

La saisie attend dans la session anonyme, une heure au plus, pour l'adresse où elle allait ; la
connexion garde la session, et la page la retrouve. Une vue marquée ``@garde_saisie`` l'enregistre
alors : un brouillon se rejoue sans risque. Toutes les autres ne font que la remontrer dans ses
champs, à relire et à envoyer : décider, déposer ou signer ne se rejoue pas.
"""

from collections.abc import Callable
from functools import wraps
from typing import Any

from django.contrib import messages
from django.db import InternalError, connection, transaction
from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import redirect

CLE = "saisie_interrompue"
DUREE = 60 * 60
TAILLE_MAX = 100_000


def garde_saisie(
    *, sauf: dict[str, frozenset[str]] | None = None, sans: frozenset[str] = frozenset()
) -> Callable:
    """La vue enregistre, à la prochaine visite, ce qui lui était envoyé sans session.

    ``sauf`` : arguments d'adresse pour lesquels on le relit seulement (``{"partie": {...}}``).
    ``sans`` : champs qui ne se rejouent pas, comme le bouton « Déposer » : le reste s'enregistre.
    """

    def decorer(vue: Callable) -> Callable:
        @wraps(vue)
        def reprendre(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
            if (saisie := _gardee_pour(request)) and saisie["s_enregistre"]:
                del request.session[CLE]
                request.method = "POST"
                request.POST = QueryDict(saisie["contenu"])
                messages.info(
                    request, "Votre session avait expiré : ce que vous aviez écrit a été repris."
                )
            return vue(request, *args, **kwargs)

        def s_enregistre(kwargs: dict[str, Any]) -> bool:
            return not any(kwargs.get(nom) in exclus for nom, exclus in (sauf or {}).items())

        reprendre.saisie_s_enregistre = s_enregistre
        reprendre.saisie_sans = sans
        return reprendre

    return decorer


def jamais_gardee(vue: Callable) -> Callable:
    """Ce qu'on envoie à cette vue ne se garde pas : un compte de banque, par exemple."""
    vue.saisie_jamais_gardee = True
    return vue


def a_relire(request: HttpRequest) -> bool:
    """Vrai quand la vue ne fait que remontrer une saisie : elle n'exécute rien."""
    return getattr(request, "en_relecture", False)


def garder(request: HttpRequest, vue: Callable, kwargs: dict[str, Any], *, page: str) -> bool:
    """Range ce qu'envoie, de ``page``, une personne sans session, si c'est raisonnable.

    Un fichier ne se garde pas : on le choisira de nouveau. Ce qu'une page enregistre d'elle-même y
    est encore écrit. Rend vrai quand la saisie est gardée.
    """
    if request.method != "POST" or not _vient_d_un_formulaire(request):
        return False
    if hasattr(vue, "saisie_jamais_gardee"):
        return False
    s_enregistre = (
        hasattr(vue, "saisie_s_enregistre")
        and vue.saisie_s_enregistre(kwargs)
        and not request.FILES
    )
    saisie = request.POST.copy()
    for nom in {"csrfmiddlewaretoken", *getattr(vue, "saisie_sans", ())}:
        saisie.pop(nom, None)
    contenu = saisie.urlencode()
    if not contenu or len(contenu) > TAILLE_MAX:
        return False
    request.session[CLE] = {
        "adresse": request.path,
        "contenu": contenu,
        "page": page,
        "s_enregistre": s_enregistre,
    }
    request.session.set_expiry(DUREE)
    messages.warning(
        request,
        "Votre session a expiré. Connectez-vous : ce que vous avez écrit est gardé.",
    )
    return True


def _gardee_pour(request: HttpRequest) -> dict[str, Any] | None:
    """La saisie qui attend une visite à cette adresse."""
    saisie = request.session.get(CLE)
    attendue = request.method == "GET" and saisie and saisie["adresse"] == request.path
    return saisie if attendue else None


def _vient_d_un_formulaire(request: HttpRequest) -> bool:
    return "text/html" in request.headers.get("Accept", "text/html") and not request.htmx


def relire(
    request: HttpRequest, vue: Callable, args: tuple, kwargs: dict[str, Any]
) -> HttpResponse | None:
    """La page de ``vue`` avec ce qu'on lui envoyait sans session, remis dans ses champs.

    Rien ne s'exécute (``executer`` s'abstient) et la base, en lecture seule, y veille. Une vue qui
    ne remontre pas de formulaire ramène à la page quittée. Rend None quand il n'y a rien à relire.
    """
    saisie = _gardee_pour(request)
    if saisie is None or saisie["s_enregistre"]:
        return None
    del request.session[CLE]
    messages.warning(
        request,
        "Votre session avait expiré : rien n'a été envoyé. Relisez, puis envoyez de nouveau.",
    )
    request.method, request.POST, request.en_relecture = "POST", QueryDict(saisie["contenu"]), True
    try:
        reponse = _sans_rien_ecrire(request, vue, args, kwargs)
    finally:
        request.method, request.POST, request.en_relecture = "GET", QueryDict(), False
    if reponse is not None and reponse.status_code in {200, 422}:
        return reponse
    return redirect(saisie["page"]) if saisie["page"] != request.get_full_path() else None


def _sans_rien_ecrire(
    request: HttpRequest, vue: Callable, args: tuple, kwargs: dict[str, Any]
) -> HttpResponse | None:
    try:
        with transaction.atomic(), connection.cursor() as curseur:
            curseur.execute("SET TRANSACTION READ ONLY")
            reponse = vue(request, *args, **kwargs)
            transaction.set_rollback(True)
    except InternalError:  # la vue écrivait elle-même
        return None
    return reponse
