"""Relire, déposer, recevoir l'accusé."""

from typing import Any

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render

from appels.forms.demande import DepotForm
from appels.formulaires import lire_formulaire
from appels.models import Demande
from appels.services import depot as services
from appels.views.budget import parts
from appels.views.suivi import siennes
from socle.vues import executer, trouver


def relecture(request: HttpRequest, demande: Demande, partie: str, contexte: Any) -> HttpResponse:
    """Toute la demande à relire, et le dépôt."""
    form = DepotForm(
        request.POST if request.method == "POST" else None,
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
            "budget": demande.budget(au_depot=True),
            "form": form,
            "peut_deposer": peut_deposer,
            "sections": lire_formulaire(demande),
            "a_temps": demande.etat != "brouillon" or demande.peut_etre_deposee_maintenant,
            "peut_transmettre": demande.etat == "a_completer"
            and request.user.peut("demande.completer", demande),
            "postes": demande.postes.all(),
            "revenus": demande.revenus.all(),
            "parts": parts(demande),
            "besoins": demande.besoins.all(),
            "pieces": demande.pieces.actives(),
        },
    )


def accuse(request: HttpRequest, reference: str) -> HttpResponse:
    demande = trouver(request, siennes(request), reference=reference)
    depot = demande.depots.select_related("document").first()
    if depot is None:
        raise Http404
    return render(request, "appels/organisme/accuse.html", {"demande": demande, "depot": depot})
