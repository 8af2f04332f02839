"""Les versements : la liste par état, l'action prête selon la personne."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from django import forms
from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse, QueryDict
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_POST

from appels.models import Demande
from financement.forms import MotifCourtForm, ReferenceForm
from financement.models import Versement
from financement.services import versements as services
from socle.exports import reponse_xlsx
from socle.saisies import a_relire
from socle.vues import executer, exiger, trouver

PAR_PAGE = 50


@dataclass(frozen=True)
class Action:
    """Une action sur un versement ; ``formulaire`` dit ce qu'il faut écrire pour la faire."""

    service: Callable
    permission: str
    titre: str
    succes: str
    formulaire: type[forms.Form] = forms.Form


ACTIONS = {
    "proposer": Action(
        services.proposer_versement,
        "versement.proposer",
        "Proposer le versement",
        "Le versement est proposé.",
    ),
    "autoriser": Action(
        services.autoriser_versement,
        "versement.autoriser",
        "Autoriser le versement",
        "Le versement est autorisé.",
    ),
    "verser": Action(
        services.verser_versement,
        "versement.verser",
        "Inscrire le paiement",
        "Le paiement est inscrit.",
        ReferenceForm,
    ),
    "retenir": Action(
        services.retenir_versement,
        "versement.retenir",
        "Retenir le versement",
        "Le versement est retenu.",
        MotifCourtForm,
    ),
    "annuler": Action(
        services.annuler_versement,
        "versement.retenir",
        "Annuler le versement",
        "Le versement est annulé.",
        MotifCourtForm,
    ),
}


def _visibles(request: HttpRequest) -> Any:
    return (
        Versement.objects.filter(
            convention__demande__in=Demande.objects.sans_recusation(request.user)
        )
        .select_related("convention__demande__organisme", "propose_par", "autorise_par")
        .prefetch_related("convention__demande__rapports")
        .order_by("convention__numero", "no")
    )


def versements(request: HttpRequest) -> HttpResponse:
    exiger(request, "ville.voir")
    liste = _visibles(request)
    if etat := request.GET.get("etat", ""):
        liste = liste.filter(etat=etat)
    if reference := request.GET.get("reference", ""):
        liste = liste.filter(convention__demande__reference=reference)
    if request.GET.get("format") == "xlsx":
        return _exporter(liste)
    page = Paginator(liste, PAR_PAGE).get_page(request.GET.get("page"))
    for versement in page:
        versement.actions = _actions(request.user, versement)
        attend = versement.etat not in {"verse", "annule"}
        versement.retards = versement.rapports_en_retard if attend else []
    return render(
        request,
        "financement/ville/versements.html",
        {
            "page_obj": page,
            "etats": Versement.Etat.choices,
            "etat": etat,
            "reference": reference,
            "suite": request.GET.urlencode(),
            "peut_payer": request.user.peut("paiement.gerer"),
        },
    )


def _actions(personne: Any, versement: Versement) -> list[str]:
    """Ce que la personne peut faire maintenant, sans requête par ligne."""
    roles, possibles = set(personne.roles), []
    en_vigueur = versement.convention.etat == "en_vigueur" and not versement.rapports_en_retard
    if en_vigueur and versement.etat in {"prevu", "retenu"} and "agent" in roles:
        possibles += ["proposer"] if versement.est_condition_remplie else []
    if services.est_autorisable_par(personne, versement):
        possibles.append("autoriser")
    if en_vigueur and versement.etat == "autorise" and "tresorerie" in roles:
        possibles.append("verser")
    if versement.etat in {"exigible", "autorise"} and roles & {
        "agent",
        "approbation",
        "tresorerie",
    }:
        possibles.append("retenir")
    return possibles


@require_POST
def agir(request: HttpRequest, pk: int, action: str) -> HttpResponse:
    """Fait l'action ; ce qui manque se demande sur une page à part, avec ce qui est écrit."""
    if action not in ACTIONS:
        raise Http404
    exiger(request, "ville.voir")
    voulue = ACTIONS[action]
    versement = trouver(request, _visibles(request), voulue.permission, pk=pk)
    suite = QueryDict(request.POST.get("suite", "")).urlencode()
    retour = reverse("ville:versements") + (f"?{suite}" if suite else "")
    form = voulue.formulaire(request.POST)
    if not form.is_valid() or a_relire(request):
        contexte = {"versement": versement, "titre": voulue.titre, "form": form}
        return render(
            request,
            "financement/ville/versement_action.html",
            {**contexte, "suite": suite, "retour": retour},
        )
    executer(
        request, voulue.service, versement=versement, succes=voulue.succes, **form.cleaned_data
    )
    return redirect(retour)


def _exporter(liste: Any) -> HttpResponse:
    entetes = (
        "Convention", "Organisme", "NEQ", "Versement", "Montant", "État", "Condition",
        "Proposé par", "Autorisé par", "Versé le", "Référence",
    )  # fmt: skip
    return reponse_xlsx(
        "versements",
        entetes,
        (
            (
                v.convention.numero,
                v.convention.demande.organisme.nom,
                v.convention.demande.organisme.neq,
                v.no,
                v.montant,
                v.get_etat_display(),
                v.get_condition_display(),
                str(v.propose_par or ""),
                str(v.autorise_par or ""),
                v.verse_le,
                v.reference,
            )
            for v in liste
        ),
    )
