"""Ce qui a été repris d'une ancienne demande, et ce qui est à recopier à la main."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from appels.services import copies
from appels.views.suivi import siennes
from socle.vues import trouver


def copie(request: HttpRequest, reference: str) -> HttpResponse:
    demande = trouver(
        request,
        siennes(request).select_related("copiee_de__appel", "appel__plan"),
        "demande.rediger",
        reference=reference,
        copiee_de__isnull=False,
    )
    return render(
        request,
        "appels/organisme/copie.html",
        {"demande": demande, "ancienne": demande.copiee_de, "restes": copies.restes_de(demande)},
    )
