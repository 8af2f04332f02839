"""Fermer un projet : le calcul, le solde, la récupération."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_POST

from appels.models import Demande
from financement.services import fermeture as services
from socle.exceptions import RegleViolee
from socle.vues import executer, trouver


def _demande(request: HttpRequest, reference: str) -> Demande:
    return trouver(
        request,
        Demande.objects.sans_recusation(request.user).select_related("appel", "organisme"),
        "demande.suivre",
        reference=reference,
    )


def fermeture(request: HttpRequest, reference: str) -> HttpResponse:
    """Du budget à l'aide finale, ligne par ligne, et ce qui reste à faire."""
    demande = _demande(request, reference)
    solde, raison = None, ""
    try:
        solde = services.calculer_solde(demande)
    except RegleViolee as refus:
        raison = refus.message
    return render(
        request,
        "financement/ville/fermeture.html",
        {
            "demande": demande,
            "solde": solde,
            "raison": raison,
            "prevu": demande.budget(),
            "recuperations": demande.recuperations.all(),
            "lettres": services.lettres_de_fermeture(demande),
            "peut_regler": request.user.peut("recuperation.reclamer", demande)
            and demande.etat == "conventionnee",
            "peut_encaisser": request.user.peut("recuperation.encaisser", demande),
            "peut_radier": request.user.peut("recuperation.radier", demande),
        },
    )


@require_POST
def agir(request: HttpRequest, reference: str, action: str) -> HttpResponse:
    demande = _demande(request, reference)
    recuperation = demande.recuperations.filter(etat="reclamee").first()
    if action == "regler":
        executer(request, services.regler_solde, demande=demande, succes="Le solde est réglé.")
    elif action == "fermer":
        executer(request, services.fermer_demande, demande=demande, succes="La demande est fermée.")
    elif action == "encaisser" and recuperation:
        executer(
            request,
            services.encaisser_recuperation,
            recuperation=recuperation,
            succes="Le remboursement est inscrit.",
        )
    elif action == "radier" and recuperation:
        executer(
            request,
            services.radier_recuperation,
            recuperation=recuperation,
            motif=request.POST.get("motif", ""),
            succes="La somme est radiée.",
        )
    return redirect("ville:fermeture", reference=reference)
