"""Le plan d'action : ce que les appels et les projets répondent aux besoins nommés."""

from django.db.models import Count, OuterRef, Q, Subquery, Sum
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render

from appels.models import Besoin, Demande, PlanAction
from socle.vues import exiger

FINANCEES = ("acceptee", "conventionnee", "fermee")


def plan(request: HttpRequest) -> HttpResponse:
    """Chaque besoin, avec les appels, les projets et les dollars qui y répondent."""
    exiger(request, "plan.voir")
    objet = PlanAction.objects.prefetch_related("objectifs", "themes").first()
    if objet is None:
        return render(request, "appels/ville/plan_vide.html")
    besoins = list(_besoins(request, objet))
    themes = [
        {
            "theme": theme,
            "besoins": [besoin for besoin in besoins if besoin.theme_id == theme.pk],
        }
        for theme in objet.themes.all()
    ]
    return render(
        request,
        "appels/ville/plan.html",
        {
            "plan": objet,
            "themes": [groupe for groupe in themes if groupe["besoins"]],
            "objectifs": objet.objectifs.all(),
            "sans_reponse": [besoin for besoin in besoins if not besoin.projets],
            "avec_reponse": sum(1 for besoin in besoins if besoin.projets),
            "nombre": len(besoins),
        },
    )


def _besoins(request: HttpRequest, objet: PlanAction):
    """Les besoins et leurs comptes, en une requête ; les dollars viennent des décisions."""
    visibles = Demande.objects.sans_recusation(request.user)
    projets = Q(demandes__etat__in=FINANCEES, demandes__in=visibles)
    accorde = (
        visibles.filter(besoins=OuterRef("pk"), etat__in=FINANCEES, decisions__en_vigueur=True)
        .order_by()
        .values("besoins")
        .annotate(total=Sum("decisions__montant_accorde"))
        .values("total")
    )
    return (
        objet.besoins.select_related("theme", "objectif")
        .annotate(
            nombre_appels=Count("appels", filter=~Q(appels__etat="brouillon"), distinct=True),
            projets=Count("demandes", filter=projets, distinct=True),
            accorde=Subquery(accorde),
        )
        .order_by("theme__ordre", "code")
    )


def besoin(request: HttpRequest, code: str) -> HttpResponse:
    """Un besoin : les appels qui le visent, les projets qui y répondent, leurs dollars."""
    exiger(request, "plan.voir")
    objet = get_object_or_404(Besoin.objects.select_related("theme", "objectif", "plan"), code=code)
    projets = (
        Demande.objects.sans_recusation(request.user)
        .filter(besoins=objet, etat__in=FINANCEES)
        .select_related("organisme", "appel")
        .annotate(accorde=Sum("decisions__montant_accorde", filter=Q(decisions__en_vigueur=True)))
    )
    return render(
        request,
        "appels/ville/besoin.html",
        {
            "besoin": objet,
            "projets": projets,
            "total": sum(projet.accorde or 0 for projet in projets),
            "appels": objet.appels.exclude(etat="brouillon"),
        },
    )
