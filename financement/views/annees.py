"""D'une année à l'autre, et la reprise des appels passés."""

from django import forms
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render

from financement.annees import Annee, comparer, comparer_les_annees
from financement.bilan_traces import traces_des_annees, traces_des_changements
from financement.importation.passe import COLONNES, modele
from financement.models import ProjetPasse, RepriseEssayee
from financement.services import reprise as services
from socle.exports import XLSX, reponse_xlsx, telecharger
from socle.models import EntreeJournal
from socle.vues import executer, exiger, trouver


class RepriseForm(forms.Form):
    fichier = forms.FileField(label="Le tableur rempli (XLSX)")


def annees(request: HttpRequest) -> HttpResponse:
    """Une ligne par année, et ce qui a changé."""
    exiger(request, "bilan.voir")
    lignes = comparer_les_annees()
    comparaison = comparer(lignes)
    complet = request.user.peut("ville.voir")
    if request.GET.get("format") == "xlsx":
        return _tableur(lignes, complet=complet)
    return render(
        request,
        "financement/bilan/annees.html",
        {
            "annees": lignes,
            "comparaison": comparaison,
            "traces": traces_des_annees(lignes) | traces_des_changements(comparaison),
            "incomplets": any(a.incomplets for a in lignes),
            "peut_reprendre": request.user.peut("appel.creer"),
        },
    )


def _tableur(lignes: list[Annee], *, complet: bool) -> HttpResponse:
    """Une ligne par année ; le bailleur n'y lit pas les demandes déposées."""
    colonnes = {
        "Année": lambda a: a.annee,
        "Appels": lambda a: len(a.appels),
        "Demandes déposées": lambda a: a.deposees,
        "Projets": lambda a: a.projets,
        "Organismes": lambda a: len(a.organismes),
        "Accordé": lambda a: a.accorde,
        "Versé": lambda a: a.verse,
        "Activités": lambda a: a.activites,
        "Personnes": lambda a: a.personnes_lues if "personnes" in a.incomplets else a.personnes,
        "Immigrantes": lambda a: (
            a.immigrantes_lues if "immigrantes" in a.incomplets else a.immigrantes
        ),
    }
    if not complet:
        del colonnes["Demandes déposées"]
    return reponse_xlsx(
        "annees",
        tuple(colonnes),
        ([lire(a) for lire in colonnes.values()] for a in lignes),
        titre="D'une année à l'autre",
    )


def reprise(request: HttpRequest) -> HttpResponse:
    """Essayer un tableur d'appels passés ; les refus se lisent ligne à ligne."""
    exiger(request, "appel.creer")
    form = RepriseForm(request.POST, request.FILES) if request.method == "POST" else RepriseForm()
    lecture = None
    if request.method == "POST" and form.is_valid():
        essai = executer(request, services.essayer_reprise, formulaire=form, **form.cleaned_data)
        if essai:
            lecture, essayee = essai
            if essayee:
                return redirect("ville:reprise_confirmer", pk=essayee.pk)
    faites = RepriseEssayee.objects.filter(faite_le__isnull=False)
    return render(
        request,
        "financement/ville/reprise.html",
        {
            "form": form,
            "lecture": lecture,
            "colonnes": COLONNES.items(),
            "nombre": ProjetPasse.objects.count(),
            "entrees": EntreeJournal.objects.pour(*faites)[:50],
        },
    )


def confirmer(request: HttpRequest, pk: int) -> HttpResponse:
    """Ce que la reprise ferait ; en POST, la faire."""
    exiger(request, "appel.creer")
    essayee = trouver(request, RepriseEssayee.objects.filter(faite_le=None), pk=pk)
    if request.method == "POST" and executer(
        request,
        services.confirmer_reprise,
        reprise=essayee,
        succes="Les projets passés sont repris : les années se comparent.",
    ):
        return redirect("bilan:annees")
    nouveaux, remplaces = services.effets(essayee)
    return render(
        request,
        "financement/ville/reprise_confirmer.html",
        {"reprise": essayee, "nouveaux": nouveaux, "remplaces": remplaces},
    )


def modele_de_reprise(request: HttpRequest) -> HttpResponse:
    exiger(request, "appel.creer")
    return telecharger(modele(), "appels-passes.xlsx", XLSX)
