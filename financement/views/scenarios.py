"""Les scénarios d'un appel : les voir, les créer, les comparer, les retoucher, les figer."""

from typing import Any

from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render

from appels.models import Appel
from financement.candidats import argent_de, voit_les_scenarios
from financement.documents_scenario import dispenses_en_mots, regle_en_mots
from financement.forms_scenario import EtSiForm, RetoucheForm, ScenarioForm
from financement.models import LigneScenario, Scenario
from financement.services import scenarios as services
from financement.tableau_scenario import Colonne, colonnes, comparer, et_si
from socle.exceptions import RegleViolee
from socle.exports import reponse_xlsx
from socle.models import EntreeJournal
from socle.textes import lire_entier
from socle.vues import executer, trouver

PAR_PAGE = 100
COLONNES_MAX = 4
ENTETES = ("Volet", "Rang", "Demande", "Organisme", "Projet", "Score", "Demandé", "Maximum",
           "Proposé", "Choix", "Pourquoi")  # fmt: skip


def _appel(request: HttpRequest, code: str) -> tuple[Appel, Any]:
    """L'appel et les scénarios que la personne peut voir ; 404 si aucun ne le serait."""
    appel = trouver(
        request, Appel.objects.visibles_par(request.user), "scenario.preparer", code=code
    )
    if not voit_les_scenarios(request.user, appel):
        raise Http404
    return appel, Scenario.objects.filter(appel=appel).select_related("appel", "document")


def _scenario(request: HttpRequest, code: str, pk: int) -> Scenario:
    _, visibles = _appel(request, code)
    return trouver(request, visibles, pk=pk)


def scenarios(request: HttpRequest, code: str) -> HttpResponse:
    """Les scénarios d'un appel, chacun avec ce qu'il laisse de chaque enveloppe."""
    appel, visibles = _appel(request, code)
    return render(
        request,
        "financement/ville/scenarios.html",
        {"appel": appel, "colonnes": colonnes(appel, visibles)},
    )


def nouveau(request: HttpRequest, code: str) -> HttpResponse:
    appel, _ = _appel(request, code)
    form = ScenarioForm(request.POST or None, appel=appel)
    if request.method == "POST" and form.is_valid():
        scenario = executer(
            request,
            services.creer_scenario,
            formulaire=form,
            succes="Le scénario est calculé.",
            appel=appel,
            **form.cleaned_data,
        )
        if scenario:
            return redirect("ville:scenario", code, scenario.pk)
    return render(request, "financement/ville/scenario_regle.html", {"appel": appel, "form": form})


def regle(request: HttpRequest, code: str, pk: int) -> HttpResponse:
    """Changer le nom ou la règle ; les retouches sont gardées."""
    scenario = _scenario(request, code, pk)
    if scenario.est_fige:
        raise Http404
    form = ScenarioForm(request.POST or None, appel=scenario.appel, scenario=scenario)
    if (
        request.method == "POST"
        and form.is_valid()
        and executer(
            request,
            services.modifier_scenario,
            formulaire=form,
            succes="Le scénario est recalculé.",
            scenario=scenario,
            **form.cleaned_data,
        )
    ):
        return redirect("ville:scenario", code, pk)
    contexte = {"appel": scenario.appel, "form": form, "scenario": scenario}
    return render(request, "financement/ville/scenario_regle.html", contexte)


def scenario(request: HttpRequest, code: str, pk: int) -> HttpResponse:
    """Qui est retenu, qui ne l'est pas et pourquoi ; les retouches et ce qui reste aussitôt."""
    objet = _scenario(request, code, pk)
    (colonne,) = colonnes(objet.appel, [objet])
    if request.GET.get("format") == "xlsx":
        return reponse_xlsx(f"scenario-{code}-{pk}", ENTETES, map(_en_tableur, colonne.lignes))
    page = Paginator(colonne.lignes, PAR_PAGE).get_page(request.GET.get("page"))
    donnees = request.POST if request.method == "POST" and not objet.est_fige else None
    forms = [RetoucheForm(donnees, ligne=ligne) for ligne in page]
    action = request.POST.get("action", "essayer") if donnees is not None else ""
    if action:
        voulues = _retouches(forms, appliquer=action == "essayer")
        if action == "essayer":
            restes = argent_de(objet.appel).restes(colonne.lignes)
            colonne = Colonne(objet, colonne.lignes, restes)
            if request.headers.get("HX-Request"):
                contexte = {"colonne": colonne, "essai": True}
                return render(request, "financement/ville/_scenario_restes.html", contexte)
        elif voulues is not None and executer(
            request,
            services.retoucher_scenario,
            succes="Le reste est recalculé autour de vos choix."
            if action == "recalculer"
            else "Vos choix sont gardés.",
            scenario=objet,
            retouches=voulues,
            recalculer=action == "recalculer",
        ):
            return redirect(request.get_full_path())
    return render(
        request,
        "financement/ville/scenario.html",
        {
            "appel": objet.appel,
            "scenario": objet,
            "colonne": colonne,
            "page": page,
            "volets": _par_volet(forms),
            "forms": forms,
            "essai": action == "essayer",
            "regle": regle_en_mots(objet, dispenses_en_mots(objet)),
            "perime": services.est_perime(objet),
            "entrees": EntreeJournal.objects.pour(objet)[:50],
        },
    )


def _retouches(
    forms: list[RetoucheForm], *, appliquer: bool
) -> dict[int, services.RetoucheVoulue] | None:
    """Ce qui a été choisi, par demande ; None si une ligne est à corriger (elle le dit).

    ``appliquer`` pose les montants sur les lignes, sans rien garder.
    """
    voulues: dict[int, services.RetoucheVoulue] = {}
    for form in forms:
        if not form.is_valid():
            continue
        if not form.has_changed():
            continue
        voulue = services.RetoucheVoulue(**form.cleaned_data)
        try:
            montant = services.montant_retouche(form.ligne, voulue)
        except RegleViolee as refus:
            form.add_error("montant", refus.message)
            continue
        if appliquer:
            form.ligne.montant = montant
        voulues[form.ligne.demande_id] = voulue
    return None if any(form.errors for form in forms) else voulues


def _par_volet(forms: list[RetoucheForm]) -> list[dict[str, Any]]:
    volets: dict[int, dict[str, Any]] = {}
    for form in forms:
        volet = form.ligne.demande.volet
        volets.setdefault(volet.no, {"volet": volet, "forms": []})["forms"].append(form)
    return list(volets.values())


def _en_tableur(ligne: LigneScenario) -> tuple:
    demande = ligne.demande
    return (
        demande.volet.no,
        ligne.rang,
        demande.reference,
        demande.organisme.nom,
        demande.titre,
        ligne.score,
        demande.montant_demande,
        ligne.maximum,
        ligne.montant,
        ligne.get_retouche_display() if ligne.retouche else "Selon la règle",
        ligne.motif or ligne.raison,
    )


def comparaison(request: HttpRequest, code: str) -> HttpResponse:
    """Deux à quatre scénarios côte à côte : ce qui change, et pour qui."""
    appel, visibles = _appel(request, code)
    cles = [lire_entier(cle) for cle in request.GET.getlist("s")]
    choisis = list(visibles.filter(pk__in=cles)) or list(visibles)
    comparees = colonnes(appel, choisis[:COLONNES_MAX])
    lignes = comparer(comparees) if comparees else []
    return render(
        request,
        "financement/ville/scenario_comparaison.html",
        {
            "appel": appel,
            "colonnes": comparees,
            "changent": [ligne for ligne in lignes if ligne.change],
            "pareilles": [ligne for ligne in lignes if not ligne.change],
        },
    )


def et_si_vue(request: HttpRequest, code: str, pk: int) -> HttpResponse:
    """D'autres enveloppes, un autre seuil : rien n'est gardé."""
    scenario = _scenario(request, code, pk)
    form = EtSiForm(request.GET, scenario=scenario)
    pourcent, seuil = form.valeurs()
    gabarit = "scenario_et_si"
    if request.headers.get("HX-Request"):
        gabarit = "_scenario_et_si"
    return render(
        request,
        f"financement/ville/{gabarit}.html",
        {
            "appel": scenario.appel,
            "scenario": scenario,
            "form": form,
            "pourcent": pourcent,
            "seuil": seuil,
            "essai": et_si(scenario, pourcent=pourcent, seuil=seuil),
        },
    )


def figer(request: HttpRequest, code: str, pk: int) -> HttpResponse:
    """Les effets d'abord, puis l'annexe figée."""
    scenario = _scenario(request, code, pk)
    if scenario.est_fige:
        return redirect("ville:scenario", code, pk)
    if request.method == "POST" and executer(
        request,
        services.figer_scenario,
        succes="Le scénario est figé : son annexe est prête.",
        scenario=scenario,
    ):
        return redirect("ville:scenario", code, pk)
    (colonne,) = colonnes(scenario.appel, [scenario])
    return render(
        request,
        "financement/ville/scenario_figer.html",
        {
            "appel": scenario.appel,
            "scenario": scenario,
            "colonne": colonne,
            "remplace": Scenario.objects.filter(
                appel=scenario.appel, fige_le__isnull=False, remplace_le=None
            ).first(),
        },
    )


def supprimer(request: HttpRequest, code: str, pk: int) -> HttpResponse:
    scenario = _scenario(request, code, pk)
    if scenario.est_fige:
        raise Http404
    if request.method == "POST" and executer(
        request,
        services.supprimer_scenario,
        succes="Le scénario est effacé.",
        scenario=scenario,
    ):
        return redirect("ville:scenarios", code)
    contexte = {"appel": scenario.appel, "scenario": scenario}
    return render(request, "financement/ville/scenario_supprimer.html", contexte)
