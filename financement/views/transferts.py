"""Passer de l'argent d'un volet à un autre, sous sa propre résolution."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render

from appels.models import Appel
from financement.forms_decision import TransfertForm
from financement.models import Transfert
from financement.services import transferts as services
from financement.services.grand_livre import soldes
from socle.vues import executer, trouver


def transferer(request: HttpRequest, code: str) -> HttpResponse:
    appel = trouver(
        request, Appel.objects.visibles_par(request.user), "resolution.inscrire", code=code
    )
    form = TransfertForm(request.POST or None, appel=appel)
    if (
        request.method == "POST"
        and form.is_valid()
        and executer(
            request,
            services.transferer,
            formulaire=form,
            succes="Le transfert est inscrit au grand livre.",
            **form.cleaned_data,
        )
    ):
        return redirect("ville:decisions", code=code)
    return render(
        request,
        "financement/ville/transfert.html",
        {
            "appel": appel,
            "form": form,
            "soldes": soldes(appel),
            "a_une_resolution": form.fields["resolution"].queryset.exists(),
            "transferts": Transfert.objects.filter(resolution__appel=appel).select_related(
                "resolution", "credit__volet", "volet"
            ),
        },
    )
