"""L'accueil de la Ville."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from appels.models import Appel
from financement.semaine import attentes
from financement.services.grand_livre import soldes
from socle.vues import exiger


def accueil(request: HttpRequest) -> HttpResponse:
    exiger(request, "ville.voir")
    vivants = Appel.objects.exclude(etat__in=["brouillon", "archive", "annule"])[:4]
    return render(
        request,
        "financement/ville/semaine.html",
        {
            "attentes": attentes(request.user),
            "appels": [(appel, soldes(appel)) for appel in vivants],
        },
    )
