"""Le plan d'action : ce que les appels et les projets répondent aux besoins nommés."""

from typing import Any

from django.db.models import Count, Prefetch, Q
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render

from appels.models import Besoin, PlanAction
from financement.couverture import couverture, projets_finances, reponses_aux_besoins
from socle.exports import reponse_xlsx
from socle.vues import exiger


def plan(request: HttpRequest) -> HttpResponse:
    """Chaque besoin, avec les appels, les projets, les dollars et les résultats qui y répondent."""
    exiger(request, "plan.voir")
    objet = _plan(request)
    if objet is None:
        return render(request, "financement/ville/plan_vide.html")
    vue = couverture(objet, request.user)
    if request.GET.get("format") == "xlsx":
        return reponse_xlsx(
            "plan-d-action",
            ("Besoin", "Libellé", "Thème", "Objectif", "Appels", "Projets", "Accordé",
             "Activités réalisées", "Personnes rejointes"),
            (
                (r.besoin.code, r.besoin.libelle, r.besoin.theme.libelle, r.besoin.objectif.code,
                 r.nombre_appels, len(r.projets), r.accorde, r.activites, r.personnes)
                for r in vue.reponses
            ),
            titre="Plan d'action",
        )  # fmt: skip
    return render(
        request,
        "financement/ville/plan.html",
        {"couverture": vue, "plan": objet, **_autour(request, objet)},
    )


def _plan(request: HttpRequest) -> PlanAction | None:
    """Le plan que l'adresse nomme, sinon le dernier adopté."""
    code = request.GET.get("plan")
    return get_object_or_404(PlanAction, code=code) if code else PlanAction.objects.first()


def _autour(request: HttpRequest, plan: PlanAction) -> dict[str, Any]:
    """Les autres plans, la consultation de celui-ci et ce qui le suivra."""
    return {
        "autres_plans": PlanAction.objects.exclude(pk=plan.pk),
        "consultation": plan.consultations.recentes().first(),
        "prochain": plan.prochains.filter(etat="brouillon").first(),
        "peut_gerer": request.user.peut("plan.gerer"),
    }


def besoin(request: HttpRequest, code: str) -> HttpResponse:
    """Un besoin : les appels qui le visent, les projets qui y répondent, leurs résultats."""
    exiger(request, "plan.voir")
    objet = get_object_or_404(
        Besoin.objects.select_related("theme", "objectif", "plan")
        .annotate(nombre_appels=Count("appels", filter=~Q(appels__etat="brouillon"), distinct=True))
        .prefetch_related(Prefetch("demandes", projets_finances(request.user), to_attr="finances")),
        plan=_plan(request),
        code=code,
    )
    return render(
        request,
        "financement/ville/besoin.html",
        {
            "besoin": objet,
            "reponse": reponses_aux_besoins([objet])[0],
            "appels": objet.appels.exclude(etat="brouillon"),
        },
    )
