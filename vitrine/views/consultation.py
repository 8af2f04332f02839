"""La consultation et ses suites, pour tout le monde : un seul endroit."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render

from appels.models import Consultation
from socle.cache_public import gardee
from socle.vues import publique
from vitrine.consultation import ateliers_publics, suites_de
from vitrine.demarche import demarche


@publique
@gardee
def consultation(request: HttpRequest, pk: int | None = None) -> HttpResponse:
    """Où en est la démarche, ce qui a été entendu, ce que c'est devenu et ce qui y répond."""
    publiees = Consultation.objects.publiees().recentes().select_related("plan")
    objet = get_object_or_404(publiees, pk=pk) if pk else publiees.first()
    if objet is None:
        return render(request, "vitrine/consultation_vide.html")
    return render(
        request,
        "vitrine/consultation.html",
        {
            "consultation": objet,
            "plan": objet.plan,
            "demarche": demarche(objet),
            "ateliers": ateliers_publics(objet),
            "suites": suites_de(objet),
            "instances": objet.instances.all(),
            "autres": publiees.exclude(pk=objet.pk),
            "voit_le_plan": request.user.is_authenticated and request.user.peut("plan.voir"),
        },
    )
