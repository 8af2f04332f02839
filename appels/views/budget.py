"""Le budget d'une demande : lignes, totaux, règles."""

from decimal import Decimal
from typing import Any

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect, render
from django.template.loader import render_to_string
from django.views.decorators.http import require_POST

from appels.forms.demande import (
    AideDemandeeForm,
    PostesFormSet,
    RevenusFormSet,
)
from appels.models import Demande
from appels.models.budget import CategorieDepense, Source, SourceRevenu
from appels.montants import Budget, budget_depuis, montant_maximal, violations
from appels.regles import dollars, phrase_violation, regles_budget
from appels.services import budget as services
from appels.views.suivi import siennes
from socle.graphiques import Part
from socle.lignes import ajoute_une_ligne, avec_une_ligne
from socle.templatetags.composants_dessins import barre_empilee
from socle.vues import executer, trouver

VIDES = 3
TITRE_PARTS = "Qui paie le projet"
# Ce qu'une ligne ajoutée propose avant qu'on y écrive.
NOUVELLES = {
    "postes": {"categorie": CategorieDepense.SALAIRES.value, "admissible": "on"},
    "revenus": {
        "source": Source.QUEBEC.value,
        "statut": SourceRevenu.Statut.DEMANDEE.value,
    },
}


def _initial(demande: Demande) -> tuple[list[dict], list[dict], dict]:
    postes = list(demande.postes.values("categorie", "libelle", "montant", "admissible"))
    revenus = list(demande.revenus.values("source", "libelle", "statut", "montant"))
    aide = {
        "montant_demande": demande.montant_demande,
        "contribution_nature": demande.contribution_nature,
    }
    return postes, revenus, aide


def _formulaires(request: HttpRequest, demande: Demande) -> tuple[Any, Any, Any]:
    """Les trois formulaires ; « Ajouter une ligne » en ajoute sans rien perdre."""
    if request.method != "POST":
        postes, revenus, aide = _initial(demande)
        postes += [{"admissible": True}] * (VIDES if not postes else 1)
        revenus += [{}] * (2 if not revenus else 1)
        return (
            PostesFormSet(prefix="postes", initial=postes),
            RevenusFormSet(prefix="revenus", initial=revenus),
            AideDemandeeForm(initial=aide),
        )
    donnees = request.POST
    for prefixe, valeurs in NOUVELLES.items():
        donnees = avec_une_ligne(donnees, prefixe, valeurs)
    # Une ligne qu'on n'a pas fini d'écrire n'est pas une erreur quand on en ajoute une autre.
    options = {"form_kwargs": {"complet": not _ajoute(request)}}
    return (
        PostesFormSet(donnees, prefix="postes", **options),
        RevenusFormSet(donnees, prefix="revenus", **options),
        AideDemandeeForm(donnees),
    )


def _ajoute(request: HttpRequest) -> bool:
    return any(ajoute_une_ligne(request.POST, prefixe) for prefixe in NOUVELLES)


def _lignes(formset: Any) -> list[dict[str, Any]]:
    """Les lignes qui ont un montant."""
    return [
        {nom: valeur for nom, valeur in form.cleaned_data.items() if nom != "DELETE"}
        for form in formset.forms
        if form.cleaned_data.get("montant") is not None and not form.cleaned_data.get("DELETE")
    ]


def rediger_budget(
    request: HttpRequest, demande: Demande, partie: str, contexte: Any
) -> HttpResponse:
    postes, revenus, aide = _formulaires(request, demande)
    ajoute = _ajoute(request)
    # Chacun se valide : toutes les erreurs se montrent d'un coup.
    valides = all([postes.is_valid(), revenus.is_valid(), aide.is_valid()])
    if (
        request.method == "POST"
        and not ajoute
        and valides
        and executer(
            request,
            services.enregistrer_budget,
            formulaire=aide,
            succes="Le budget est enregistré.",
            demande=demande,
            postes=_lignes(postes),
            revenus=_lignes(revenus),
            montant_demande=aide.cleaned_data["montant_demande"],
            contribution_nature=aide.cleaned_data["contribution_nature"] or Decimal(0),
        )
    ):
        cible = "pieces" if "suivant" in request.POST else partie
        return redirect("organisme:rediger", reference=demande.reference, partie=cible)
    saisi = request.method == "POST" and valides
    budget = _budget_saisi(postes, revenus, aide) if saisi else demande.budget(au_depot=True)
    return render(
        request,
        "appels/organisme/rediger_budget.html",
        {
            **contexte(demande, partie),
            **tableau(demande, budget),
            "postes": postes,
            "revenus": revenus,
            "form": aide,
            "parts": _parts_saisies(revenus, aide) if saisi else parts(demande),
        },
    )


def _budget_saisi(postes: Any, revenus: Any, aide: Any) -> Budget:
    """Le budget tel qu'il est écrit dans la page, enregistré ou non."""
    return budget_depuis(
        postes=[(p["categorie"], p["montant"], p["admissible"]) for p in _lignes(postes)],
        revenus=[(r["source"], r["montant"]) for r in _lignes(revenus)],
        montant_demande=aide.cleaned_data["montant_demande"] or 0,
        contribution_nature=aide.cleaned_data["contribution_nature"] or 0,
    )


def tableau(demande: Demande, budget: Budget) -> dict[str, Any]:
    """Les totaux, les taux et les phrases des règles rompues."""
    regles = regles_budget(demande)
    return {
        "budget": budget,
        "maximum": montant_maximal(budget, regles),
        "violations": [phrase_violation(v, budget) for v in violations(budget, regles)]
        if budget.depenses or budget.revenus
        else [],
    }


def parts(demande: Demande) -> list[Part]:
    """Qui paie le projet."""
    revenus = [(revenu.source, revenu.montant) for revenu in demande.revenus.all()]
    return _parts(demande.montant_demande, revenus)


def _parts_saisies(revenus: Any, aide: Any) -> list[Part]:
    lignes = [(ligne["source"], ligne["montant"]) for ligne in _lignes(revenus)]
    return _parts(aide.cleaned_data["montant_demande"], lignes)


def _parts(montant_demande: Decimal | None, revenus: list[tuple[str, Decimal]]) -> list[Part]:
    libelles = dict(Source.choices)
    lignes = [Part("Aide demandée à la Ville", montant_demande or Decimal(0))]
    lignes += [Part(libelles[source], montant) for source, montant in revenus]
    return [part for part in lignes if part.montant]


@require_POST
def calcul(request: HttpRequest, reference: str) -> JsonResponse:
    """Les mêmes totaux et les mêmes règles, pendant la saisie."""
    demande = trouver(request, siennes(request), "demande.rediger", reference=reference)
    postes, revenus, aide = _formulaires(request, demande)
    if not all([postes.is_valid(), revenus.is_valid(), aide.is_valid()]):
        return JsonResponse({"message": "Un montant est à corriger."}, status=400)
    budget = _budget_saisi(postes, revenus, aide)
    payeurs = _parts_saisies(revenus, aide)
    vue = tableau(demande, budget)
    return JsonResponse(
        {
            "depenses": dollars(budget.depenses),
            "revenus": dollars(budget.revenus),
            "admissible": dollars(budget.admissible),
            "taux_aide": _pourcent(budget.taux_aide),
            "taux_cumul": _pourcent(budget.taux_cumul),
            "maximum": dollars(vue["maximum"]),
            "violations": vue["violations"],
            "dessin": render_to_string(
                "composants/graphiques/empilee.html", barre_empilee(TITRE_PARTS, payeurs)
            )
            if payeurs
            else "",
        }
    )


def _pourcent(taux: Decimal | None) -> str:
    return "—" if taux is None else f"{taux}".replace(".", ",") + "\u00a0%"
