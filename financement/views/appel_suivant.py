"""L'appel suivant : ce que l'appel terminé enseigne, puis un brouillon rempli de lui."""

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render

from appels.forms.appel import SuivantForm
from appels.models import Appel
from appels.services import appel_suivant as services
from financement.enseignements_appel import Enseignements, enseignements
from socle.graphiques import Ligne
from socle.vues import executer, exiger, trouver


def _termine(request: HttpRequest, code: str) -> Appel:
    visibles = Appel.objects.visibles_par(request.user).select_related("plan")
    return trouver(
        request,
        visibles.filter(etat__in=services.TERMINES),
        "appel.tirer_enseignements",
        code=code,
    )


def enseigner(request: HttpRequest, code: str) -> HttpResponse:
    """Une page de ce que disent les données de l'appel."""
    appel = _termine(request, code)
    lus = enseignements(appel, request.user)
    return render(
        request,
        "financement/ville/enseignements.html",
        {
            "appel": appel,
            "lus": lus,
            "dessins": _dessins(lus),
            "peut_preparer": request.user.peut("appel.creer"),
        },
    )


def _dessins(lus: Enseignements) -> dict[str, list[Ligne]]:
    """Les barres de chaque partie."""
    etats = [question.get_etat_display() for question in lus.questions_publiques]
    return {
        "besoins": [Ligne(f"{v.besoin.code} — {v.besoin.libelle}", v.projets) for v in lus.besoins],
        "criteres": [Ligne(c.libelle, round(c.ecart, 1)) for c in lus.criteres],
        "questions": [
            Ligne(f"{q.section} : {q.libelle}", q.repondues, q.posee)
            for q in (*lus.questions_muettes, *lus.questions_uniformes)
        ],
        "budgets": [Ligne(poste.libelle, poste.apres, poste.avant) for poste in lus.budgets],
        "durees": [Ligne(duree.libelle, duree.mediane) for duree in lus.durees],
        "questions_publiques": [Ligne(etat, etats.count(etat)) for etat in dict.fromkeys(etats)],
        "points": [Ligne(libelle, nombre) for libelle, nombre in lus.points_refuses],
    }


def preparer(request: HttpRequest, code: str) -> HttpResponse:
    """Le brouillon de l'appel suivant : son nom, ses dates et ses besoins d'abord."""
    source = _termine(request, code)
    exiger(request, "appel.creer")
    form = SuivantForm(request.POST or None, source=source, initial=_initial(request, source))
    if request.method == "POST" and form.is_valid():
        champs = dict(form.cleaned_data)
        appel = executer(
            request,
            services.preparer_appel_suivant,
            formulaire=form,
            succes="Le brouillon reprend tout de l'appel. Ajustez chaque partie, puis publiez-le.",
            source=source,
            objectifs=champs.pop("objectifs"),
            besoins=champs.pop("besoins"),
            champs=champs,
        )
        if appel:
            return redirect("ville:appel_modifier", code=appel.code, onglet="texte")
    return render(request, "financement/ville/appel_suivant.html", {"appel": source, "form": form})


def _initial(request: HttpRequest, source: Appel) -> dict[str, Any]:
    sans_reponse = enseignements(source, request.user).besoins_sans_reponse
    return {
        **services.champs_proposes(source),
        "objectifs": source.objectifs.all(),
        "besoins": sans_reponse,
    }
