"""Le budget d'une demande : lignes, totaux, règles."""

from decimal import Decimal
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, JsonResponse, QueryDict
from django.shortcuts import redirect, render
from django.template.loader import render_to_string
from django.views.decorators.http import require_POST

from appels.collage import lire_lignes_collees
from appels.forms.demande import (
    AideDemandeeForm,
    PostesFormSet,
    RevenusFormSet,
)
from appels.models import Demande
from appels.models.budget import CategorieDepense, Source, SourceRevenu
from appels.montants import Budget, budget_depuis, montant_maximal
from appels.regles import dollars, regles_budget
from appels.remedes import Case, cases_de, cases_du_budget, regles_rompues
from appels.services import budget as services
from appels.services import pieces
from appels.views.saisie import base_a_montrer, en_json
from appels.views.suivi import siennes
from socle.concurrence import SaisieActuelle, SaisieConcurrente, empreinte
from socle.exceptions import RegleViolee
from socle.graphiques import Part
from socle.lignes import LIGNES_MAX, ajoute_une_ligne, avec_une_ligne
from socle.templatetags.composants_dessins import barre_empilee
from socle.textes import lire_entier
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
    postes = list(demande.postes.values("categorie", "libelle", "montant", "admissible", "cle"))
    revenus = list(demande.revenus.values("source", "libelle", "statut", "montant"))
    aide = {
        "montant_demande": demande.montant_demande,
        "contribution_nature": demande.contribution_nature,
    }
    return postes, revenus, aide


def _formulaires(
    request: HttpRequest, demande: Demande, *, complet: bool = True
) -> tuple[Any, Any, Any]:
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
    donnees = _avec_les_lignes_collees(request.POST)
    for prefixe, valeurs in NOUVELLES.items():
        donnees = avec_une_ligne(donnees, prefixe, valeurs)
    # Une ligne qu'on n'a pas fini d'écrire n'est pas une erreur quand on en ajoute une autre.
    options = {"form_kwargs": {"complet": complet and not _ajoute(request)}}
    return (
        PostesFormSet(donnees, request.FILES, prefix="postes", **options),
        RevenusFormSet(donnees, prefix="revenus", **options),
        AideDemandeeForm(donnees),
    )


def _ajoute(request: HttpRequest) -> bool:
    return "coller" in request.POST or any(
        ajoute_une_ligne(request.POST, prefixe) for prefixe in NOUVELLES
    )


def _avec_les_lignes_collees(donnees: QueryDict) -> QueryDict:
    """« Coller depuis un tableur » : une dépense de plus par ligne lue, rien d'autre ne bouge."""
    if "coller" not in donnees:
        return donnees
    donnees = donnees.copy()
    cle = "postes-TOTAL_FORMS"
    total = lire_entier(donnees.get(cle, "")) or 0
    for lue in lire_lignes_collees(donnees.get("colle", "")):
        if total >= LIGNES_MAX:
            break
        for nom, valeur in lue.items():
            donnees[f"postes-{total}-{nom}"] = valeur
        total += 1
    donnees[cle] = str(total)
    return donnees


def _rangs(formset: Any) -> list[tuple[int, dict[str, Any]]]:
    """Les lignes qui ont un montant, chacune avec son rang dans la page."""
    return [
        (rang, form.cleaned_data)
        for rang, form in enumerate(formset.forms)
        if form.cleaned_data.get("montant") is not None and not form.cleaned_data.get("DELETE")
    ]


def _lignes(formset: Any) -> list[dict[str, Any]]:
    """Ce qui s'enregistre de ces lignes."""
    return [
        {nom: valeur for nom, valeur in ligne.items() if nom not in {"DELETE", "soumission"}}
        for _, ligne in _rangs(formset)
    ]


def rediger_budget(
    request: HttpRequest, demande: Demande, partie: str, contexte: Any
) -> HttpResponse:
    postes, revenus, aide = _formulaires(request, demande)
    ajoute = _ajoute(request)
    # Chacun se valide : toutes les erreurs se montrent d'un coup.
    valides = all([postes.is_valid(), revenus.is_valid(), aide.is_valid()])
    conflit: SaisieActuelle | None = None
    if request.method == "POST" and not ajoute and valides:
        try:
            _ecrire(request, demande, postes, revenus, aide)
        except SaisieConcurrente as refus:
            conflit = refus.actuel
        except RegleViolee as refus:
            aide.add_error(None, refus.message)
        else:
            if not _joindre_soumissions(request, demande, postes):
                return redirect("organisme:rediger", reference=demande.reference, partie=partie)
            messages.success(request, "Le budget est enregistré.")
            cible = "pieces" if "suivant" in request.POST else partie
            return redirect("organisme:rediger", reference=demande.reference, partie=cible)
    saisi = request.method == "POST" and valides
    budget = _budget_saisi(postes, revenus, aide) if saisi else demande.budget(au_depot=True)
    cases = _cases_saisies(postes, revenus, aide) if saisi else cases_de(demande)
    return render(
        request,
        "appels/organisme/rediger_budget.html",
        {
            **contexte(demande, partie),
            **_tableau(demande, budget, cases),
            "postes": postes,
            "revenus": revenus,
            "form": aide,
            "parts": _parts_saisies(revenus, aide) if saisi else parts(demande),
            "base": base_a_montrer(request, conflit is not None)
            or empreinte(services.lignes_du_budget(demande)),
            "conflit": conflit,
            "colle": "coller" in request.POST,
            "soumissions": demande.pieces.actives().filter(poste_cle__isnull=False),
        },
    )


def _joindre_soumissions(request: HttpRequest, demande: Demande, postes: Any) -> bool:
    """Joint à sa ligne chaque soumission choisie ; un refus se dit et n'annule pas le budget."""
    lignes = [
        form
        for form in postes.forms
        if form.cleaned_data.get("montant") is not None and not form.cleaned_data.get("DELETE")
    ]
    toutes = True
    # Les lignes écrites sont celles-ci, dans le même ordre.
    for form, poste in zip(lignes, demande.postes.order_by("ordre"), strict=False):
        fichier = form.cleaned_data.get("soumission")
        if fichier:
            joint = executer(
                request, pieces.joindre_piece, demande=demande, fichier=fichier, poste=poste
            )
            toutes = toutes and bool(joint)
    return toutes


def _ecrire(request: HttpRequest, demande: Demande, postes: Any, revenus: Any, aide: Any) -> Any:
    return services.enregistrer_budget(
        acteur=request.user,
        demande=demande,
        postes=_lignes(postes),
        revenus=_lignes(revenus),
        montant_demande=aide.cleaned_data["montant_demande"],
        contribution_nature=aide.cleaned_data["contribution_nature"] or Decimal(0),
        base=request.POST.get("base", "")[:12],
    )


@require_POST
def enregistrer(request: HttpRequest, reference: str) -> JsonResponse:
    """L'enregistrement du budget pendant la saisie ; une ligne sans montant attend le sien."""
    demande = trouver(request, siennes(request), "demande.rediger", reference=reference)
    postes, revenus, aide = _formulaires(request, demande, complet=False)
    if not all([postes.is_valid(), revenus.is_valid(), aide.is_valid()]):
        return JsonResponse({"message": "Un montant est à corriger."}, status=400)
    return en_json(
        request,
        lambda: _ecrire(request, demande, postes, revenus, aide),
        base=lambda enregistree: empreinte(services.lignes_du_budget(enregistree)),
    )


def _budget_saisi(postes: Any, revenus: Any, aide: Any) -> Budget:
    """Le budget tel qu'il est écrit dans la page, enregistré ou non."""
    return budget_depuis(
        postes=[(p["categorie"], p["montant"], p["admissible"]) for p in _lignes(postes)],
        revenus=[(r["source"], r["montant"]) for r in _lignes(revenus)],
        montant_demande=aide.cleaned_data["montant_demande"] or 0,
        contribution_nature=aide.cleaned_data["contribution_nature"] or 0,
    )


def _tableau(demande: Demande, budget: Budget, cases: list[Case]) -> dict[str, Any]:
    """Les totaux, les taux et les règles rompues."""
    regles = regles_budget(demande)
    ecrit = budget.depenses or budget.revenus
    return {
        "budget": budget,
        "maximum": montant_maximal(budget, regles),
        "rompues": regles_rompues(budget, regles, cases) if ecrit else [],
    }


def _cases_saisies(postes: Any, revenus: Any, aide: Any) -> list[Case]:
    return cases_du_budget(
        postes=[
            (rang, ligne["categorie"], ligne["montant"], ligne["admissible"])
            for rang, ligne in _rangs(postes)
        ],
        revenus=[(rang, ligne["source"], ligne["montant"]) for rang, ligne in _rangs(revenus)],
        montant_demande=aide.cleaned_data["montant_demande"] or Decimal(0),
    )


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
    vue = _tableau(demande, budget, _cases_saisies(postes, revenus, aide))
    return JsonResponse(
        {
            "depenses": dollars(budget.depenses),
            "revenus": dollars(budget.revenus),
            "admissible": dollars(budget.admissible),
            "taux_aide": _pourcent(budget.taux_aide),
            "taux_cumul": _pourcent(budget.taux_cumul),
            "maximum": dollars(vue["maximum"]),
            "violations": [regle.phrase for regle in vue["rompues"]],
            "regles": render_to_string("appels/organisme/_regles.html", vue),
            "resume": _resume(budget, len(vue["rompues"])),
            "dessin": render_to_string(
                "composants/graphiques/empilee.html", barre_empilee(TITRE_PARTS, payeurs)
            )
            if payeurs
            else "",
        }
    )


def _resume(budget: Budget, rompues: int) -> str:
    """Ce qu'un lecteur d'écran entend quand les totaux changent."""
    regles = f"{rompues} règle{'s' if rompues > 1 else ''} à revoir." if rompues else "Tout tient."
    return f"Dépenses {dollars(budget.depenses)}, revenus {dollars(budget.revenus)}. {regles}"


def _pourcent(taux: Decimal | None) -> str:
    return "—" if taux is None else f"{taux}".replace(".", ",") + "\u00a0%"
