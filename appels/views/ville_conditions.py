"""Les conditions d'admissibilité d'un appel, écrites par la Ville tant qu'il est en brouillon."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render

from appels.forms.conditions import ConditionsFormSet
from appels.models import Appel
from appels.models.condition import REPERES
from appels.services import appels as services
from socle.vues import executer, trouver

CHAMPS = ("question", "reponse_attendue", "eliminatoire", "explication")


def conditions(request: HttpRequest, code: str) -> HttpResponse:
    appel = trouver(request, Appel.objects.visibles_par(request.user), "appel.modifier", code=code)
    lignes = ConditionsFormSet(
        request.POST if request.method == "POST" else None,
        initial=list(appel.conditions.values(*CHAMPS)),
    )
    if request.method == "POST" and lignes.is_valid():
        # ordered_forms écarte les lignes supprimées et les lignes vides ; une ligne sans rang
        # va à la fin.
        contenus = [ligne.contenu() for ligne in lignes.ordered_forms]
        if executer(
            request,
            services.enregistrer_conditions,
            succes="Les conditions sont enregistrées.",
            appel=appel,
            conditions=contenus,
        ):
            return redirect("ville:appel_conditions", code=code)
    return render(
        request,
        "appels/ville/conditions.html",
        {
            "appel": appel,
            "conditions": appel.conditions.prefetch_related("appel__volets"),
            "lignes": lignes,
            "reperes": REPERES.items(),
            "gele": appel.etat != Appel.Etat.BROUILLON,
        },
    )
