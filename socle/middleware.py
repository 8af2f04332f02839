"""Les règles qui valent pour toute demande HTTP."""

from collections.abc import Callable
from datetime import UTC, datetime
from http import HTTPStatus
from urllib.parse import urlsplit

from django.conf import settings
from django.contrib.auth.views import redirect_to_login
from django.core.exceptions import BadRequest
from django.db import DataError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import Resolver404, resolve
from django.utils import timezone

from socle import horloge, saisies
from socle.rangement import FichierAbsent

Suite = Callable[[HttpRequest], HttpResponse]


class HeureDeReceptionMiddleware:
    """Fixe l'horloge du domaine à l'instant où la demande est arrivée (regles.md, 4).

    Derrière un mandataire, l'instant vient de l'en-tête qu'il écrit ; une demande reçue à temps
    et servie en retard est à temps.
    """

    def __init__(self, get_response: Suite) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        with horloge.a_la_date(self._reception(request)):
            return self.get_response(request)

    @staticmethod
    def _reception(request: HttpRequest) -> datetime:
        maintenant = timezone.now()
        brut = request.META.get(settings.ENTETE_HEURE_RECEPTION, "").removeprefix("t=")
        try:
            recue = datetime.fromtimestamp(float(brut), tz=UTC)
        except (ValueError, OverflowError, OSError):
            return maintenant
        return min(recue, maintenant)


class AdresseLisibleMiddleware:
    """Refuse (400) un octet nul, que PostgreSQL ne prend dans aucun texte.

    Celui de l'adresse se voit d'avance. Celui d'un champ se dit près de lui quand un formulaire le
    lit ; forgé dans une valeur que la vue lit elle-même, c'est la base qui l'arrête.
    """

    def __init__(self, get_response: Suite) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if "%00" in request.META.get("QUERY_STRING", "") or "\0" in request.path_info:
            raise BadRequest("Un octet nul dans l'adresse.")
        return self.get_response(request)

    def process_exception(self, request: HttpRequest, erreur: Exception) -> None:
        if isinstance(erreur, DataError | ValueError) and "NUL (0x00)" in str(erreur):
            raise BadRequest("Un octet nul dans l'envoi.") from erreur


class FichierAbsentMiddleware:
    """Un fichier inscrit dans la base et absent du stockage : la page dit lequel et quoi faire."""

    def __init__(self, get_response: Suite) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        return self.get_response(request)

    def process_exception(self, request: HttpRequest, erreur: Exception) -> HttpResponse | None:
        if not isinstance(erreur, FichierAbsent):
            return None
        return render(request, "fichier_absent.html", {"phrase": erreur.message}, status=404)


class ConnexionExigeeMiddleware:
    """Ferme tout par défaut : hors des pages publiques, il faut un compte.

    Les employés de la Ville passent aussi par le second facteur quand il est exigé.
    """

    def __init__(self, get_response: Suite) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        return self.get_response(request)

    def process_view(self, request: HttpRequest, vue, args, kwargs) -> HttpResponse | None:
        if getattr(vue, "est_publique", False) or _est_publique(request):
            return None
        if not request.user.is_authenticated:
            page = _page_quittee(request)
            gardee = saisies.garder(request, vue, kwargs, page=page)
            return redirect_to_login(request.get_full_path() if gardee else page)
        # Un onglet resté ouvert après la connexion d'une autre personne : ce n'est pas à elle.
        if request.headers.get("X-Personne", str(request.user.pk)) != str(request.user.pk):
            return HttpResponse(status=HTTPStatus.UNAUTHORIZED)
        exige = settings.SECOND_FACTEUR_EXIGE and request.user.est_employe
        if exige and (suite := _second_facteur(request)):
            return suite
        return saisies.relire(request, vue, args, kwargs)


def _page_quittee(request: HttpRequest) -> str:
    """Où revenir une fois connecté : une action qui ne se lit pas ramène à la page du bouton."""
    venue = urlsplit(request.headers.get("Referer", ""))
    if request.method in {"GET", "HEAD"} or venue.netloc != request.get_host():
        return request.get_full_path()
    return venue._replace(scheme="", netloc="", fragment="").geturl() or "/"


def _est_publique(request: HttpRequest) -> bool:
    try:
        correspondance = request.resolver_match or resolve(request.path_info)
    except Resolver404:
        return True
    nom = correspondance.url_name or ""
    espace = correspondance.namespaces[0] if correspondance.namespaces else ""
    # allauth protège lui-même ses pages qui demandent un compte.
    return espace == "public" or nom.startswith(("account_", "mfa_", "socialaccount_", "openid_"))


def _second_facteur(request: HttpRequest) -> HttpResponse | None:
    from allauth.mfa.utils import is_mfa_enabled
    from django.contrib import messages
    from django.shortcuts import redirect

    if is_mfa_enabled(request.user):
        return None
    messages.warning(
        request,
        "La Ville exige un second facteur de ses employés : activez-le pour continuer.",
    )
    return redirect("mfa_activate_totp")
