"""Le classement et les fiches, pour qui peut les voir ; la présidence peut rouvrir."""

from typing import Any

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.views.decorators.http import require_http_methods

from appels.models import Appel, Demande
from evaluations.analyse import analyse_pour
from evaluations.classement import attendues_par, fiches_de, lignes_de
from evaluations.explications import expliquer
from evaluations.exports import ENTETES, lignes_classement, reponse_csv
from evaluations.forms import MotifForm
from evaluations.models import Affectation, Evaluation, Reouverture
from evaluations.projets import projet_lu
from evaluations.services import fiches
from evaluations.tableau import tableau_pagine
from evaluations.visibilite import (
    A_DECLARER_DANS,
    demandes_confiees,
    demandes_de_la_ville,
    demandes_revelees_a,
    siege_de,
)
from socle.exports import reponse_xlsx
from socle.graphiques import Part
from socle.models import EntreeJournal
from socle.vues import executer, exiger, trouver


def _appel_du_comite(request: HttpRequest, code: str) -> Appel:
    appel = get_object_or_404(Appel, code=code)
    if not request.user.is_authenticated or siege_de(request.user, appel) is None:
        raise Http404
    return appel


def classement_comite(request: HttpRequest, code: str) -> HttpResponse:
    """Ce qu'un membre peut voir du classement, et ce qui attend encore des fiches."""
    appel = _appel_du_comite(request, code)
    return render(
        request,
        "evaluations/comite/classement.html",
        {
            **_contexte_classement(request, appel, "comite"),
            "attendues": attendues_par(request.user, appel),
        },
    )


def _contexte_classement(request: HttpRequest, appel: Appel, salle: str) -> dict[str, Any]:
    # L'adresse se forme une fois : la former à chaque ligne coûte plus que de la lire.
    fiches = reverse(f"{salle}:fiches", args=["une-reference"])
    tableau = tableau_pagine(
        request.user,
        appel,
        adresse=lambda d: fiches.replace("une-reference", d.reference),
        choix=request.GET,
        au_comite=salle == "comite",
    )
    return {
        "appel": appel,
        "volets": tableau.volets,
        "onglets": tableau.onglets,
        "explication": expliquer(appel, tableau.analyse) if tableau.analyse else None,
        "voit_comme_un_membre": tableau.vu.seulement is not None,
    }


def fiches_demande(request: HttpRequest, reference: str) -> HttpResponse:
    """Les fiches d'une demande : leur état, et leur contenu une fois révélées."""
    salle = request.resolver_match.namespace
    demande = _demande_lisible(request, reference, salle)
    revelee = demandes_revelees_a(request.user, demande.appel).filter(pk=demande.pk).exists()
    affectations = list(
        Affectation.objects.filter(demande=demande)
        .exclude(etat="recusee")
        .select_related("membre__utilisateur", "evaluation")
        .order_by("membre__code")
    )
    fiches_lues = [a.evaluation for a in affectations if hasattr(a, "evaluation")]
    lue = Demande.objects.filter(pk=demande.pk)
    ligne = lignes_de(demande.appel, lue).get(demande.pk) if revelee else None
    return render(
        request,
        "evaluations/comite/fiches.html",
        {
            "salle": salle,
            "demande": projet_lu(demande) if salle == "comite" else demande,
            "appel": demande.appel,
            "revelee": revelee,
            "ligne": ligne,
            "chiffres": analyse_pour(request.user, demande.appel).de(demande.pk) if ligne else None,
            "points": [Part(f.code, f.score) for f in fiches_de([demande.pk])[demande.pk]]
            if ligne
            else [],
            "etats": [_etat_fiche(a) for a in affectations],
            "contenus": _contenus(demande) if revelee else [],
            "changements": _changements(demande) if revelee else [],
            "entrees": EntreeJournal.objects.pour(*fiches_lues)[:50] if revelee else None,
            "peut_rouvrir": demande.etat == "en_evaluation"
            and request.user.peut("evaluation.rouvrir", demande),
            "peut_rouvrir_evaluation": demande.etat == "evaluee"
            and request.user.peut("demande.rouvrir_evaluation", demande),
        },
    )


def _demande_lisible(request: HttpRequest, reference: str, salle: str) -> Demande:
    """La demande qu'un membre lit (comité) ou qu'un employé suit (Ville) ; sinon 404."""
    demande = get_object_or_404(
        (
            Demande.objects.visibles_par(request.user) | Demande.objects.lisibles_par(request.user)
        ).select_related("appel", "organisme", "volet"),
        reference=reference,
        etat__in=A_DECLARER_DANS,
    )
    if salle == "ville":
        exiger(request, "demande.suivre", demande)
        permises = demandes_de_la_ville(request.user, demande.appel)
    else:
        permises = demandes_confiees(request.user, demande.appel)
    if not permises.filter(pk=demande.pk).exists():
        raise Http404
    return demande


def _etat_fiche(affectation: Affectation) -> dict[str, Any]:
    """Où en est un membre, sans rien de ce qu'il a écrit."""
    fiche = getattr(affectation, "evaluation", None)
    if affectation.etat == "a_declarer":
        libelle, role = "Intérêts à déclarer", "a_faire"
    elif fiche is None or fiche.etat == "en_cours":
        libelle, role = "En cours", "en_cours"
    elif fiche.etat == "rouverte":
        libelle, role = "Rouverte", "avertissement"
    else:
        libelle, role = "Soumise", "fait"
    return {
        "membre": affectation.membre,
        "libelle": libelle,
        "role": role,
        "fiche": fiche if fiche is not None and fiche.etat == "soumise" else None,
        "soumise_le": fiche.soumise_le if fiche is not None else None,
    }


def _contenus(demande: Demande) -> list[dict[str, Any]]:
    """Les fiches soumises, critère par critère ; jamais les notes privées."""
    soumises = list(
        Evaluation.objects.comptees()
        .filter(affectation__demande=demande)
        .defer("notes_privees")
        .select_related("affectation__membre__utilisateur")
        .prefetch_related("notes")
        .order_by("affectation__membre__code")
    )
    return [
        {
            "critere": critere,
            "notes": [
                {"membre": fiche.affectation.membre, "note": note}
                for fiche in soumises
                for note in fiche.notes.all()
                if note.critere_id == critere.pk
            ],
        }
        for critere in demande.appel.criteres.all()
        if soumises
    ]


def _changements(demande: Demande) -> list[dict[str, Any]]:
    """Les fiches changées en séance : qui, pourquoi, et les notes d'avant et d'après."""
    libelles = {critere.code: critere.libelle for critere in demande.appel.criteres.all()}
    changements = (
        Reouverture.objects.filter(
            evaluation__affectation__demande=demande,
            evaluation__affectation__etat="libre",
            seance__isnull=False,
        )
        .select_related("evaluation__affectation__membre__utilisateur")
        .order_by("rouverte_le")
    )
    return [
        {
            "membre": changement.evaluation.membre,
            "le": changement.rouverte_le,
            "motif": changement.motif,
            "notes": [
                {"critere": libelles.get(code, code), "avant": avant["note"], "apres": apres}
                for code, avant in changement.notes_avant["notes"].items()
                if (apres := changement.notes_apres["notes"][code]["note"]) != avant["note"]
            ],
        }
        for changement in changements
    ]


# --- La présidence --------------------------------------------------------------------------------
@require_http_methods(["GET", "POST"])
def rouvrir_fiche(request: HttpRequest, pk: int) -> HttpResponse:
    """Rend une fiche à son auteur, avec un motif ; les notes d'avant sont gardées."""
    fiche = trouver(
        request,
        Evaluation.objects.filter(etat="soumise", affectation__etat="libre")
        .defer("notes_privees")
        .select_related(
            "affectation__membre__utilisateur",
            "affectation__demande__appel",
            "affectation__demande__organisme",
            "affectation__demande__volet",
        ),
        "evaluation.rouvrir",
        pk=pk,
    )
    return _rouvrir(
        request,
        service=fiches.rouvrir_fiche,
        arguments={"evaluation": fiche},
        demande=fiche.demande,
        fiche=fiche,
        succes="La fiche est rouverte.",
    )


@require_http_methods(["GET", "POST"])
def rouvrir_evaluation(request: HttpRequest, reference: str) -> HttpResponse:
    """Rouvre l'évaluation d'une demande, avec un motif."""
    demande = trouver(
        request,
        (Demande.objects.visibles_par(request.user) | Demande.objects.lisibles_par(request.user))
        .filter(etat="evaluee")
        .select_related("appel", "organisme", "volet"),
        "demande.rouvrir_evaluation",
        reference=reference,
    )
    return _rouvrir(
        request,
        service=fiches.rouvrir_evaluation,
        arguments={"demande": demande},
        demande=demande,
        fiche=None,
        succes="L'évaluation est rouverte.",
    )


def _rouvrir(
    request: HttpRequest,
    *,
    service: Any,
    arguments: dict[str, Any],
    demande: Demande,
    fiche: Evaluation | None,
    succes: str,
) -> HttpResponse:
    formulaire = MotifForm(request.POST or None)
    if request.method == "POST" and formulaire.is_valid():
        fait = executer(
            request,
            service,
            formulaire=formulaire,
            motif=formulaire.cleaned_data["motif"],
            succes=succes,
            **arguments,
        )
        if fait:
            return redirect("comite:fiches", reference=demande.reference)
    return render(
        request,
        "evaluations/comite/rouvrir.html",
        {"demande": projet_lu(demande), "fiche": fiche, "formulaire": formulaire},
    )


# --- La Ville -------------------------------------------------------------------------------------
def classement_ville(request: HttpRequest, code: str) -> HttpResponse:
    """Le classement de ce que l'employé peut voir, avec les recommandations."""
    exiger(request, "appel.voir")
    appel = get_object_or_404(Appel, code=code)
    contexte = _contexte_classement(request, appel, "ville")
    return render(request, "evaluations/ville/classement.html", contexte)


def exporter_classement(request: HttpRequest, code: str) -> HttpResponse:
    """Le classement en XLSX, ou en CSV avec ``?format=csv``."""
    exiger(request, "appel.voir")
    appel = get_object_or_404(Appel, code=code)
    lignes = lignes_classement(request.user, appel)
    rendre = reponse_csv if request.GET.get("format") == "csv" else reponse_xlsx
    return rendre(f"classement-{appel.code}", ENTETES, lignes)
