"""Composer un appel, onglet par onglet."""

from collections.abc import Callable
from typing import Any

from django.forms import BaseForm
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render

from appels.forms.appel import (
    BesoinsForm,
    CriteresFormSet,
    InformationForm,
    PiecesFormSet,
    ReglesForm,
    TexteForm,
    VoletsFormSet,
)
from appels.models import Appel
from appels.services import appels as services
from socle.vues import executer, exiger, trouver

ONGLETS = {
    "information": "Information et dates",
    "texte": "Texte de l'appel",
    "besoins": "Objectifs et besoins",
    "volets": "Volets et enveloppes",
    "criteres": "Critères",
    "documents": "Documents demandés",
    "regles": "Règles",
}


def nouveau(request: HttpRequest) -> HttpResponse:
    """L'essentiel d'abord : le reste se compose ensuite, onglet par onglet."""
    exiger(request, "appel.creer")
    form = InformationForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        champs = dict(form.cleaned_data)
        appel = executer(
            request,
            services.creer_appel,
            formulaire=form,
            succes="L'appel est créé. Composez la suite, puis publiez-le.",
            plan=champs.pop("plan"),
            champs=champs,
            volets=[],
            criteres=[],
        )
        if appel:
            return redirect("ville:appel_modifier", code=appel.code, onglet="texte")
    return render(request, "appels/ville/appel_nouveau.html", {"form": form})


def modifier(request: HttpRequest, code: str, onglet: str) -> HttpResponse:
    if onglet not in ONGLETS:
        raise Http404
    appel = trouver(request, Appel.objects.visibles_par(request.user), "appel.modifier", code=code)
    formulaire = _formulaire(onglet, appel, request.POST or None)
    if (
        request.method == "POST"
        and formulaire.is_valid()
        and _ecrire(request, onglet, appel, formulaire)
    ):
        suivants = list(ONGLETS)
        suivant = suivants[min(suivants.index(onglet) + 1, len(suivants) - 1)]
        return redirect(
            "ville:appel_modifier",
            code=appel.code,
            onglet=suivant if "suivant" in request.POST else onglet,
        )
    return render(
        request,
        "appels/ville/appel_modifier.html",
        {
            "appel": appel,
            "onglet": onglet,
            "titre_onglet": ONGLETS[onglet],
            "onglets": ONGLETS.items(),
            "form": formulaire,
            "est_lignes": onglet in {"volets", "criteres", "documents"},
            "gele": appel.etat != "brouillon" and onglet not in {"texte"},
            "somme_poids": sum(critere.poids for critere in appel.criteres.all()),
        },
    )


def _formulaire(onglet: str, appel: Appel, donnees: Any) -> BaseForm | Any:
    if onglet == "besoins":
        return BesoinsForm(
            donnees,
            appel=appel,
            initial={"objectifs": appel.objectifs.all(), "besoins": appel.besoins.all()},
        )
    if onglet == "volets":
        return VoletsFormSet(donnees, initial=[_volet(v) for v in appel.volets.all()])
    if onglet == "criteres":
        champs = ("code", "libelle", "description", "poids", "note_min", "note_max")
        return CriteresFormSet(donnees, initial=list(appel.criteres.values(*champs)))
    if onglet == "documents":
        champs = ("code", "libelle", "description", "obligatoire")
        return PiecesFormSet(donnees, initial=list(appel.pieces_exigees.values(*champs)))
    classe = {"information": InformationForm, "texte": TexteForm, "regles": ReglesForm}[onglet]
    # Une copie : un formulaire refusé ne doit pas changer l'appel affiché.
    return classe(donnees, instance=Appel.objects.get(pk=appel.pk))


def _volet(volet: Any) -> dict[str, Any]:
    sources = {source.bailleur: source.montant for source in volet.sources.all()}
    return {
        "no": volet.no,
        "nom": volet.nom,
        "plafond": volet.plafond,
        "mifi": sources.get("MIFI", 0),
        "part_ville": sources.get("Ville", 0),
    }


def _ecrire(request: HttpRequest, onglet: str, appel: Appel, formulaire: Any) -> Any:
    service: Callable
    arguments: dict[str, Any]
    if onglet in {"volets", "criteres", "documents"}:
        service, cle = {
            "volets": (services.enregistrer_volets, "volets"),
            "criteres": (services.enregistrer_criteres, "criteres"),
            "documents": (services.enregistrer_pieces, "pieces"),
        }[onglet]
        lignes = [f for f in formulaire.forms if f.has_changed() or f.initial]
        contenus = [f.contenu() for f in lignes if not f.cleaned_data.get("DELETE")]
        return executer(request, service, succes="Enregistré.", appel=appel, **{cle: contenus})
    if onglet == "besoins":
        arguments = {"champs": {}, **formulaire.cleaned_data}
    else:
        arguments = {"champs": formulaire.cleaned_data}
    return executer(
        request,
        services.modifier_appel,
        formulaire=formulaire,
        succes="Enregistré.",
        appel=appel,
        **arguments,
    )
