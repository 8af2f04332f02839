"""Suivre un long travail : la page, et le fragment que htmx rafraîchit."""

from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render

from socle.models import Travail


def travail(request: HttpRequest, cle: UUID) -> HttpResponse:
    """Chacun voit ses travaux ; htmx ne reçoit que la barre."""
    objet = get_object_or_404(Travail.objects.filter(cree_par=request.user), cle=cle)
    gabarit = "socle/_travail.html" if request.htmx else "socle/travail.html"
    return render(request, gabarit, {"travail": objet})
