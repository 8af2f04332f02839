"""Composer un appel, onglet par onglet."""

from collections.abc import Callable
from typing import Any

from django.forms import BaseForm
from django.http import Http404, HttpRequest, HttpResponse, QueryDict
from django.shortcuts import redirect, render

from appels.forms.appel import (
    BesoinsForm,
    CritereForm,
    CriteresFormSet,
    IndicateursForm,
    InformationForm,
    PieceExigeeForm,
    PiecesFormSet,
    ReglesForm,
    TexteForm,
    VoletsFormSet,
)
from appels.models import Appel
from appels.services import appels as services
from socle.lignes import LignesFormSet, ajoute_une_ligne, avec_une_ligne
from socle.vues import executer, exiger, trouver

ONGLETS = {
    "information": "Information et dates",
    "texte": "Texte de l'appel",
    "besoins": "Objectifs et besoins",
    "volets": "Volets et enveloppes",
    "criteres": "Critères",
    "documents": "Documents demandés",
    "indicateurs": "Indicateurs",
    "regles": "Règles",
}


# Les onglets faits de lignes, et le nom d'une ligne.
LIGNES = {"volets": "volet", "criteres": "critère", "documents": "document"}
PREFIXE = "lignes"


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
    ajoute = request.method == "POST" and ajoute_une_ligne(request.POST, PREFIXE)
    formulaire = _formulaire(onglet, appel, request.POST if request.method == "POST" else None)
    if (
        request.method == "POST"
        and not ajoute
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
            "ligne": LIGNES.get(onglet),
            "gele": appel.etat != "brouillon" and onglet not in {"texte"},
            "somme_poids": sum(critere.poids for critere in appel.criteres.all()),
        },
    )


def _formulaire(onglet: str, appel: Appel, donnees: QueryDict | None) -> BaseForm | Any:
    if onglet == "besoins":
        return BesoinsForm(
            donnees,
            appel=appel,
            initial={"objectifs": appel.objectifs.all(), "besoins": appel.besoins.all()},
        )
    if onglet in LIGNES:
        return _lignes(onglet, appel, donnees)
    classe = {
        "information": InformationForm,
        "texte": TexteForm,
        "indicateurs": IndicateursForm,
        "regles": ReglesForm,
    }[onglet]
    # Une copie : un formulaire refusé ne doit pas changer l'appel affiché.
    return classe(donnees, instance=Appel.objects.get(pk=appel.pk))


def _lignes(onglet: str, appel: Appel, donnees: QueryDict | None) -> LignesFormSet:
    """Les lignes de l'onglet ; sans aucune encore, une première est offerte."""
    classe = {"volets": VoletsFormSet, "criteres": CriteresFormSet, "documents": PiecesFormSet}
    initial = {"volets": _volets, "criteres": _criteres, "documents": _pieces}[onglet](appel)
    if donnees is None:
        jeu = classe[onglet](prefix=PREFIXE, initial=initial)
        jeu.extra = 0 if initial else 1
        return jeu
    return classe[onglet](
        avec_une_ligne(donnees, PREFIXE),
        prefix=PREFIXE,
        initial=initial,
        form_kwargs={"complet": not ajoute_une_ligne(donnees, PREFIXE)},
    )


def _volets(appel: Appel) -> list[dict[str, Any]]:
    return [
        {
            "no": volet.no,
            "nom": volet.nom,
            "description": volet.description,
            "plafond": volet.plafond,
            "sources": [(source.bailleur, source.montant) for source in volet.sources.all()],
        }
        for volet in appel.volets.prefetch_related("sources")
    ]


def _criteres(appel: Appel) -> list[dict[str, Any]]:
    return list(appel.criteres.values(*CritereForm.Meta.fields))


def _pieces(appel: Appel) -> list[dict[str, Any]]:
    return list(appel.pieces_exigees.values(*PieceExigeeForm.Meta.fields))


def _ecrire(request: HttpRequest, onglet: str, appel: Appel, formulaire: Any) -> Any:
    service: Callable
    arguments: dict[str, Any]
    if onglet in LIGNES:
        service, cle = {
            "volets": (services.enregistrer_volets, "volets"),
            "criteres": (services.enregistrer_criteres, "criteres"),
            "documents": (services.enregistrer_pieces, "pieces"),
        }[onglet]
        contenus = [ligne.contenu() for ligne in formulaire.gardees]
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
