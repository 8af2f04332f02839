"""Suivre un long travail : la page, le fragment que htmx rafraîchit, l'arrêt et la reprise."""

from uuid import UUID

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_POST

from socle.models import Travail
from socle.services import travaux as services
from socle.vues import executer

ACTIONS = {
    "arreter": (services.arreter_travail, "Le travail s'arrête : ce qui est fait reste fait."),
    "reprendre": (services.reprendre_travail, "Le travail reprend où il en était."),
}


def _le_mien(request: HttpRequest, cle: UUID) -> Travail:
    return get_object_or_404(Travail.objects.filter(cree_par=request.user), cle=cle)


def travail(request: HttpRequest, cle: UUID) -> HttpResponse:
    """Chacun voit ses travaux ; htmx ne reçoit que la barre."""
    objet = _le_mien(request, cle)
    gabarit = "socle/_travail.html" if request.htmx else "socle/travail.html"
    return render(request, gabarit, {"travail": objet, "se_reprend": services.se_reprend(objet)})


@require_POST
def agir(request: HttpRequest, cle: UUID, action: str) -> HttpResponse:
    """Arrêter ou reprendre un de ses travaux."""
    objet = _le_mien(request, cle)
    if action not in ACTIONS:
        raise Http404
    service, succes = ACTIONS[action]
    executer(request, service, travail=objet, succes=succes)
    return redirect("travail", cle=cle)
