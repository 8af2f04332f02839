"""Lever une réserve ; abandonner une aide qui n'aura pas lieu."""

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render

from appels.models import Demande
from financement.forms import MotifForm
from financement.forms_decision import LeverForm
from financement.models import Reserve
from financement.services import decisions, reserves
from socle.vues import executer, trouver


def lever(request: HttpRequest, pk: int) -> HttpResponse:
    """Ce qu'il faut vérifier, et ce qui a été constaté."""
    reserve = trouver(
        request,
        Reserve.objects.visibles_par(request.user).select_related(
            "decision__demande__organisme", "decision__demande__appel", "verificateur"
        ),
        "reserve.lever",
        pk=pk,
    )
    demande = reserve.demande
    if reserve.levee_le:
        messages.info(request, "Cette réserve est déjà levée.")
        return redirect("ville:convention", reference=demande.reference)
    form = LeverForm(request.POST or None)
    if (
        request.method == "POST"
        and form.is_valid()
        and executer(
            request,
            reserves.lever_reserve,
            formulaire=form,
            succes="La réserve est levée.",
            reserve=reserve,
            **form.cleaned_data,
        )
    ):
        return redirect("ville:convention", reference=demande.reference)
    contexte = {"reserve": reserve, "demande": demande, "form": form}
    return render(request, "financement/ville/reserve.html", contexte)


def abandonner(request: HttpRequest, reference: str) -> HttpResponse:
    """L'aide n'aura pas lieu : la page montre ce qui revient, puis l'acte."""
    demande = trouver(
        request,
        Demande.objects.sans_recusation(request.user).select_related("appel", "organisme", "volet"),
        "demande.resilier",
        reference=reference,
    )
    form = MotifForm(request.POST or None)
    if (
        request.method == "POST"
        and form.is_valid()
        and executer(
            request,
            decisions.abandonner,
            formulaire=form,
            succes="L'aide est abandonnée ; l'argent est revenu à l'enveloppe.",
            demande=demande,
            **form.cleaned_data,
        )
    ):
        return redirect("ville:decisions", code=demande.appel.code)
    decision = demande.decisions.filter(en_vigueur=True).first()
    contexte = {"demande": demande, "decision": decision, "form": form}
    return render(request, "financement/ville/abandonner.html", contexte)
