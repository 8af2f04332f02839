"""L'accueil de la Ville."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from appels.models import Appel
from financement.attente import par_moment
from financement.semaine import attentes
from financement.services.grand_livre import soldes_de
from socle.vues import exiger


def accueil(request: HttpRequest) -> HttpResponse:
    exiger(request, "ville.voir")
    vivants = list(Appel.objects.exclude(etat__in=["brouillon", "archive", "annule"])[:4])
    soldes = soldes_de(vivants)
    a_faire = attentes(request.user)
    return render(
        request,
        "financement/ville/semaine.html",
        {
            "nombre": len(a_faire),
            "moments": par_moment(a_faire),
            "appels": [(appel, soldes[appel.pk]) for appel in vivants],
        },
    )
