"""Le prochain plan : le tirer des besoins, l'écrire version par version, l'adopter."""

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render

from appels.models import Besoin, PlanAction
from financement.couverture import couverture
from financement.forms_prochain_plan import (
    AdopterForm,
    BesoinForm,
    NouveauBesoinForm,
    PreparerForm,
)
from financement.models import ProchainPlan, VersionProchainPlan
from financement.prochain_plan import Ligne, Priorite
from financement.services import prochain_plan as services
from socle.models import EntreeJournal
from socle.vues import executer, exiger, trouver


def _prochain(request: HttpRequest, pk: int, permission: str = "plan.gerer") -> ProchainPlan:
    return trouver(request, ProchainPlan.objects.select_related("plan"), permission, pk=pk)


def liste(request: HttpRequest) -> HttpResponse:
    """Le brouillon en cours, ou de quoi en préparer un ; ceux d'avant."""
    exiger(request, "plan.voir")
    plan = PlanAction.objects.first()
    peut_gerer = request.user.peut("plan.gerer")
    brouillon = ProchainPlan.objects.filter(plan=plan, etat="brouillon").first()
    form = None
    if plan is not None and brouillon is None and peut_gerer:
        form = PreparerForm(request.POST or None)
        if request.method == "POST" and form.is_valid():
            prepare = executer(
                request,
                services.preparer,
                formulaire=form,
                succes="Le brouillon est prêt : relisez chaque besoin.",
                plan=plan,
                **form.cleaned_data,
            )
            if prepare:
                return redirect("ville:prochain", pk=prepare.pk)
    return render(
        request,
        "financement/ville/prochain_plan.html",
        {
            "plan": plan,
            "brouillon": brouillon,
            "form": form,
            "passes": ProchainPlan.objects.exclude(etat="brouillon").select_related("devenu"),
        },
    )


def prochain(request: HttpRequest, pk: int) -> HttpResponse:
    """Le brouillon : chaque besoin, sa priorité, pourquoi, et ce qui lui répond aujourd'hui."""
    objet = _prochain(request, pk, "plan.voir")
    if request.method == "POST":
        abandonne = "abandonner" in request.POST
        executer(
            request,
            services.abandonner if abandonne else services.actualiser,
            succes="Le brouillon est laissé." if abandonne else "Les propositions sont à jour.",
            prochain=objet,
        )
        return redirect("ville:prochain_plan" if abandonne else "ville:prochain", **_cle(objet))
    return render(
        request,
        "financement/ville/prochain.html",
        {
            **_contexte(request, objet, objet.version),
            "versions": objet.versions.select_related("ecrite_par"),
            "entrees": EntreeJournal.objects.pour(objet)[:50],
        },
    )


def _cle(objet: ProchainPlan) -> dict[str, int]:
    return {"pk": objet.pk} if objet.etat == "brouillon" else {}


def version(request: HttpRequest, pk: int, numero: int) -> HttpResponse:
    """Une version telle qu'elle a été."""
    objet = _prochain(request, pk, "plan.voir")
    ancienne = get_object_or_404(objet.versions.select_related("ecrite_par"), numero=numero)
    return render(
        request,
        "financement/ville/prochain_version.html",
        _contexte(request, objet, ancienne),
    )


def _contexte(
    request: HttpRequest, objet: ProchainPlan, version: VersionProchainPlan
) -> dict[str, Any]:
    """Les lignes d'une version par priorité, avec les chiffres que la personne peut voir."""
    reponses = {r.besoin.code: r for r in couverture(objet.plan, request.user).reponses}
    themes = dict(objet.plan.themes.values_list("code", "libelle"))
    lignes = [
        {
            **ligne,
            "nom_theme": themes.get(ligne["theme"], ligne["theme"]),
            "nom_type": Besoin.Type(ligne["type"]).label,
            "reponse": reponses.get(ligne["besoin"]),
        }
        for ligne in version.lignes
    ]
    return {
        "prochain": objet,
        "version": version,
        "priorites": [
            (priorite, siennes) for priorite in Priorite if (siennes := _gardees(lignes, priorite))
        ],
        "ecartees": [ligne for ligne in lignes if not ligne["retenu"]],
        "retenues": sum(1 for ligne in lignes if ligne["retenu"]),
        "modifiable": objet.etat == "brouillon" and request.user.peut("plan.gerer"),
        "peut_adopter": objet.etat == "brouillon" and request.user.peut("plan.adopter"),
    }


def _gardees(lignes: list[Ligne], priorite: Priorite) -> list[Ligne]:
    return [ligne for ligne in lignes if ligne["retenu"] and ligne["priorite"] == priorite]


def besoin(request: HttpRequest, pk: int, code: str) -> HttpResponse:
    """Garder ou écarter un besoin, le renommer, dire pourquoi."""
    objet = _prochain(request, pk)
    ligne = objet.version.ligne(code)
    if ligne is None or objet.etat != "brouillon":
        return redirect("ville:prochain", pk=pk)
    form = BesoinForm(request.POST or None, initial=ligne, plan=objet.plan)
    base = request.POST.get("base", str(objet.version.numero))
    if (
        request.method == "POST"
        and form.is_valid()
        and executer(
            request,
            services.modifier_besoin,
            formulaire=form,
            succes="Le besoin est enregistré dans une nouvelle version.",
            prochain=objet,
            besoin=code,
            base=int(base) if base.isdecimal() and len(base) < 6 else 0,
            champs=form.cleaned_data,
        )
    ):
        return redirect("ville:prochain", pk=pk)
    vue = couverture(objet.plan, request.user)
    return render(
        request,
        "financement/ville/prochain_besoin.html",
        {
            "prochain": objet,
            "ligne": ligne,
            "form": form,
            "base": base,
            "reponse": next((r for r in vue.reponses if r.besoin.code == code), None),
        },
    )


def nouveau(request: HttpRequest, pk: int) -> HttpResponse:
    """Ajouter un besoin que le plan d'avant n'avait pas."""
    objet = _prochain(request, pk)
    form = NouveauBesoinForm(request.POST or None, plan=objet.plan)
    if (
        request.method == "POST"
        and form.is_valid()
        and executer(
            request,
            services.ajouter_besoin,
            formulaire=form,
            succes="Le besoin est ajouté.",
            prochain=objet,
            champs=form.cleaned_data,
        )
    ):
        return redirect("ville:prochain", pk=pk)
    contexte = {"prochain": objet, "form": form, "ligne": None}
    return render(request, "financement/ville/prochain_besoin.html", contexte)


def adopter(request: HttpRequest, pk: int) -> HttpResponse:
    """Ce que l'adoption fera, puis la résolution qui la fait."""
    objet = _prochain(request, pk, "plan.adopter")
    form = AdopterForm(request.POST or None)
    base = request.POST.get("base", str(objet.version.numero))
    if (
        request.method == "POST"
        and form.is_valid()
        and executer(
            request,
            services.adopter,
            formulaire=form,
            succes="Le plan est adopté. Les prochains appels le serviront.",
            prochain=objet,
            base=int(base) if base.isdecimal() and len(base) < 6 else 0,
            **form.cleaned_data,
        )
    ):
        return redirect("ville:plan")
    return render(
        request,
        "financement/ville/prochain_adopter.html",
        {
            "prochain": objet,
            "form": form,
            "base": base,
            "retenues": len(objet.retenues),
            "ecartees": len(objet.version.lignes) - len(objet.retenues),
        },
    )
