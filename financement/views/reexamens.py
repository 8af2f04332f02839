"""Le réexamen : demandé par l'organisme, tranché par une autre personne."""

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render

from appels.models import Demande
from financement.forms import ReexamenForm, ReponseReexamenForm
from financement.models import Decision, Reexamen
from financement.services import reexamens as services
from socle import horloge
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
            "limite": limite,
            "a_temps": limite is not None and horloge.aujourdhui() <= limite,
        },
    )


def reexamens(request: HttpRequest) -> HttpResponse:
    exiger(request, "ville.voir")
    liste = Reexamen.objects.filter(
        demande__in=Demande.objects.sans_recusation(request.user)
    ).select_related("demande__organisme", "demande__appel")
    decidees = set(
        Decision.objects.filter(prise_par=request.user).values_list("demande", flat=True)
    )
    return render(
        request,
        "financement/ville/reexamens.html",
        {
            "lignes": [(reexamen, reexamen.demande_id in decidees) for reexamen in liste],
            "est_approbation": "approbation" in request.user.roles,
        },
    )


def trancher(request: HttpRequest, pk: int) -> HttpResponse:
    reexamen = trouver(
        request,
        Reexamen.objects.filter(
            demande__in=Demande.objects.sans_recusation(request.user)
        ).select_related("demande__organisme"),
        "reexamen.trancher",
        pk=pk,
    )
    if reexamen.etat != Reexamen.Etat.DEMANDE:
        messages.info(request, "Ce réexamen est déjà tranché.")
        return redirect("ville:reexamens")
    form = ReponseReexamenForm(request.POST or None)
    if (
        request.method == "POST"
        and form.is_valid()
        and executer(
            request,
            services.trancher_reexamen,
            formulaire=form,
            succes="Le réexamen est tranché ; l'organisme a été prévenu.",
            reexamen=reexamen,
            **form.cleaned_data,
        )
    ):
        return redirect("ville:reexamens")
    return render(request, "financement/ville/reexamen.html", {"reexamen": reexamen, "form": form})
