"""L'état du service : en JSON pour un outil de surveillance, en page pour l'équipe de la Ville."""

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render

from socle.sante import Etat, signes
from socle.vues import exiger, publique

ROLES = {Etat.OK: "fait", Etat.ATTENTION: "avertissement", Etat.PANNE: "refus"}
LIBELLES = {Etat.OK: "En ordre", Etat.ATTENTION: "À voir", Etat.PANNE: "En panne"}


@publique
def sante(request: HttpRequest) -> JsonResponse:
    """503 en panne, sinon 200 ; ``etat`` dit le pire des signes. Rien de ce qui tourne derrière."""
    etats = {signe.nom: signe.etat for signe in signes()}
    pire = next((etat for etat in (Etat.PANNE, Etat.ATTENTION) if etat in etats.values()), Etat.OK)
    return JsonResponse({"etat": pire, **etats}, status=503 if pire == Etat.PANNE else 200)


def etat(request: HttpRequest) -> HttpResponse:
    """Chaque morceau, ce qui s'y passe et quoi faire."""
    exiger(request, "ville.etat")
    lignes = [
        {"signe": signe, "role": ROLES[signe.etat], "libelle": LIBELLES[signe.etat]}
        for signe in signes()
    ]
    return render(request, "socle/etat.html", {"lignes": lignes})
