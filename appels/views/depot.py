"""Relire, déposer, recevoir l'accusé."""

from typing import Any

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render

from appels.forms.demande import DepotForm
from appels.models import Demande
from appels.services import depot as services
from appels.views.budget import parts, tableau
from appels.views.suivi import siennes
from socle.vues import executer, trouver


def relecture(request: HttpRequest, demande: Demande, partie: str, contexte: Any) -> HttpResponse:
    """Toute la demande à relire, et le dépôt."""
    form = DepotForm(
        request.POST or None,
        initial={"signataire": demande.organisme.signataire_nom or request.user.nom},
    )
    peut_deposer = demande.etat == "brouillon" and request.user.peut("demande.deposer", demande)
    if (
        request.method == "POST"
        and peut_deposer
        and form.is_valid()
        and executer(
            request,
            services.deposer,
            formulaire=form,
            demande=demande,
            signataire=form.cleaned_data["signataire"],
        )
    ):
        return redirect("organisme:accuse", reference=demande.reference)
    return render(
        request,
        "appels/organisme/relecture.html",
        {
            **contexte(demande, partie),
            **tableau(demande, demande.budget(au_depot=True)),
            "form": form,
            "peut_deposer": peut_deposer,
            "reponses": demande.reponses.select_related("question__section").order_by(
                "question__section__ordre", "question__ordre"
            ),
            "postes": demande.postes.all(),
            "revenus": demande.revenus.all(),
            "parts": parts(demande),
            "besoins": demande.besoins.all(),
            "pieces": demande.pieces.filter(retiree_le=None).select_related("piece_exigee"),
        },
    )


def accuse(request: HttpRequest, reference: str) -> HttpResponse:
    demande = trouver(request, siennes(request), reference=reference)
    depot = demande.depots.select_related("document").first()
    if depot is None:
        raise Http404
    return render(request, "appels/organisme/accuse.html", {"demande": demande, "depot": depot})
