"""Le réexamen : demandé par l'organisme, confié, tranché par qui n'y a pas pris part."""

from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_POST

from appels.models import Demande
from financement.forms_reexamen import ConfierForm, ReexamenForm, ReponseReexamenForm
from financement.models import Reexamen
from financement.services import reexamens as services
from socle import horloge
from socle.models import EntreeJournal
from socle.vues import executer, exiger, trouver


def demander(request: HttpRequest, reference: str) -> HttpResponse:
    demande = trouver(
        request,
        Demande.objects.filter(organisme_id__in=request.user.organismes_ids).select_related(
            "appel", "organisme"
        ),
        "reexamen.demander",
        reference=reference,
    )
    form = ReexamenForm(request.POST or None)
    if (
        request.method == "POST"
        and form.is_valid()
        and executer(
            request,
            services.demander_reexamen,
            formulaire=form,
            succes="Votre demande de réexamen est transmise.",
            demande=demande,
            **form.cleaned_data,
        )
    ):
        return redirect("organisme:demande", reference=reference)
    limite = services.limite_reexamen(demande)
    return render(
        request,
        "financement/organisme/reexamen.html",
        {
            "demande": demande,
            "form": form,
            "en_cours": demande.reexamens.filter(etat=Reexamen.Etat.DEMANDE).first(),
            "limite": limite,
            "a_temps": limite is not None and horloge.aujourdhui() <= limite,
        },
    )


def _visibles(request: HttpRequest) -> Any:
    return Reexamen.objects.filter(
        demande__in=Demande.objects.sans_recusation(request.user)
    ).select_related("demande__organisme", "demande__appel", "confie_a", "document")


def reexamens(request: HttpRequest) -> HttpResponse:
    exiger(request, "ville.voir")
    return render(request, "financement/ville/reexamens.html", {"reexamens": _visibles(request)})


def reexamen(request: HttpRequest, pk: int) -> HttpResponse:
    """Où en est le réexamen ; la personne à qui il est confié y répond."""
    objet = trouver(request, _visibles(request), "demande.suivre", pk=pk)
    form = ReponseReexamenForm(request.POST or None)
    if request.method == "POST":
        exiger(request, "reexamen.trancher", objet)
        if objet.etat != Reexamen.Etat.DEMANDE:
            messages.info(request, "Ce réexamen est déjà tranché.")
            return redirect("ville:reexamen", pk=pk)
        if form.is_valid() and executer(
            request,
            services.trancher_reexamen,
            formulaire=form,
            succes="Le réexamen est tranché ; l'organisme a reçu sa lettre.",
            reexamen=objet,
            **form.cleaned_data,
        ):
            return redirect("ville:reexamen", pk=pk)
    return _montrer(request, objet, form=form)


@require_POST
def confier(request: HttpRequest, pk: int) -> HttpResponse:
    objet = trouver(request, _visibles(request), "reexamen.confier", pk=pk)
    form = ConfierForm(request.POST, personnes=_a_qui_confier(objet))
    if form.is_valid() and executer(
        request,
        services.confier_reexamen,
        formulaire=form,
        succes="Le réexamen est confié ; la personne a été prévenue.",
        reexamen=objet,
        **form.cleaned_data,
    ):
        return redirect("ville:reexamen", pk=pk)
    return _montrer(request, objet, form_confier=form)


def _a_qui_confier(objet: Reexamen) -> list[Any]:
    """Les personnes libres, sans celle qui l'a déjà."""
    return [p for p in services.personnes_libres(objet) if p.pk != objet.confie_a_id]


def _montrer(request: HttpRequest, objet: Reexamen, **formulaires: Any) -> HttpResponse:
    en_cours = objet.etat == Reexamen.Etat.DEMANDE
    peut_confier = en_cours and request.user.peut("reexamen.confier", objet)
    personnes = _a_qui_confier(objet) if peut_confier else []
    contexte = {
        "reexamen": objet,
        "demande": objet.demande,
        "entrees": EntreeJournal.objects.pour(objet, objet.demande).filter(
            verbe__startswith="reexamen."
        )[:50],
        "peut_trancher": en_cours and request.user.peut("reexamen.trancher", objet),
        "peut_confier": peut_confier,
        "personnes": personnes,
        "form": ReponseReexamenForm(),
        "form_confier": ConfierForm(personnes=personnes),
    }
    return render(request, "financement/ville/reexamen.html", contexte | formulaires)
