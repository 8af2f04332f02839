"""Où va une personne qui se connecte ; les pages sur les renseignements et l'accessibilité."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render

from socle.vues import publique


def mon_espace(request: HttpRequest) -> HttpResponse:
    """Mène chaque personne là où quelque chose l'attend."""
    personne = request.user
    if personne.est_employe:
        return redirect("ville:accueil")
    if personne.est_evaluateur:
        return redirect("comite:accueil")
    if personne.est_bailleur:
        return redirect("bilan:accueil")
    return redirect("organisme:accueil")


@publique
def confidentialite(request: HttpRequest) -> HttpResponse:
    return render(request, "socle/confidentialite.html")


@publique
def accessibilite(request: HttpRequest) -> HttpResponse:
    return render(request, "socle/accessibilite.html")
