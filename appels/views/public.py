"""Les pages ouvertes à tous : les appels, et la page d'un appel."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.urls import reverse

from appels.calendrier import calendrier
from appels.catalogue_indicateurs import CATALOGUE
from appels.indicateurs import par_groupe
from appels.models import Appel
from socle.cache_public import gardee
from socle.vues import publique


@publique
@gardee
def accueil(request: HttpRequest) -> HttpResponse:
    """Les appels ouverts d'abord, puis ceux qui viennent et ceux qui sont passés."""
    appels = list(Appel.objects.publics().prefetch_related("volets").order_by("cloture"))
    for appel in appels:
        appel.url = reverse("appel_public", args=[appel.code])
        appel.plafond_max = max((volet.plafond for volet in appel.volets.all()), default=None)
    return render(
        request,
        "appels/public/accueil.html",
        {
            "ouverts": [a for a in appels if a.est_ouvert],
            "a_venir": [a for a in appels if a.est_a_venir],
            "passes": [a for a in reversed(appels) if a.est_clos],
        },
    )


@publique
@gardee
def appel_public(request: HttpRequest, code: str) -> HttpResponse:
    """Un appel, comme un bon dépliant."""
    appel = get_object_or_404(
        Appel.objects.visibles_par(request.user).select_related("plan"), code=code
    )
    return render(
        request,
        "appels/public/appel.html",
        {
            "appel": appel,
            "volets": appel.volets.all(),
            "criteres": appel.criteres.all(),
            "pieces": appel.pieces_exigees.all(),
            "questions": appel.questions_publiques.publiees(),
            "objectifs": appel.objectifs.all(),
            "besoins": appel.besoins.select_related("theme"),
            "a_conditions": not appel.est_clos and appel.conditions.exists(),
        },
    )


@publique
@gardee
def indicateurs(request: HttpRequest) -> HttpResponse:
    """Le jeu d'indicateurs : ce que chacun veut dire, comment le compter, un exemple."""
    return render(request, "appels/public/indicateurs.html", {"groupes": par_groupe(CATALOGUE)})


@publique
def calendrier_appel(request: HttpRequest, code: str) -> HttpResponse:
    """Les dates de l'appel, à ajouter à son agenda."""
    appel = get_object_or_404(Appel.objects.visibles_par(request.user), code=code)
    return HttpResponse(
        calendrier(appel),
        content_type="text/calendar; charset=utf-8",
        headers={"Content-Disposition": f'attachment; filename="{appel.code}.ics"'},
    )
