"""« Est-ce pour nous ? », avant tout compte : rien n'est gardé tant qu'on ne commence pas."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse

from appels.autodiagnostic import examiner
from appels.forms.conditions import AutodiagnosticForm
from appels.models import Appel
from socle.vues import publique

CLE = "autodiagnostic"
DUREE = 60 * 60


@publique
def autodiagnostic(request: HttpRequest, code: str) -> HttpResponse:
    """Les conditions de l'appel en questions, puis ce que les réponses veulent dire."""
    appel = get_object_or_404(Appel.objects.visibles_par(request.user), code=code)
    conditions = list(appel.conditions.prefetch_related("appel__volets"))
    form = AutodiagnosticForm(
        request.POST if request.method == "POST" else None, conditions=conditions
    )
    bilan = None
    if request.method == "POST" and conditions and form.is_valid():
        if "commencer" in request.POST and appel.est_ouvert:
            garder(request, appel, form.reponses())
            return redirect(f"{reverse('organisme:demande_nouvelle')}?appel={appel.code}")
        bilan = examiner(conditions, form.reponses())
    return render(
        request,
        "appels/public/autodiagnostic.html",
        {"appel": appel, "conditions": conditions, "form": form, "bilan": bilan},
    )


def garder(request: HttpRequest, appel: Appel, reponses: dict[int, str]) -> None:
    """Range les réponses dans la session jusqu'au brouillon ; sans compte, une heure au plus."""
    toutes = request.session.get(CLE, {})
    request.session[CLE] = {**toutes, appel.code: {str(pk): r for pk, r in reponses.items()}}
    if not request.user.is_authenticated:
        request.session.set_expiry(DUREE)


def gardees(request: HttpRequest, appel: Appel) -> dict[str, str]:
    return request.session.get(CLE, {}).get(appel.code, {})


def oublier(request: HttpRequest, appel: Appel) -> None:
    """Les réponses sont passées dans le brouillon : la session n'en garde rien."""
    reste = {code: r for code, r in request.session.get(CLE, {}).items() if code != appel.code}
    if reste:
        request.session[CLE] = reste
    else:
        request.session.pop(CLE, None)
