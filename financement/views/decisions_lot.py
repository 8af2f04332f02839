"""Décider plusieurs demandes sous une résolution, d'une seule page."""

from itertools import count, repeat
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render

from appels.models import Appel, Demande
from appels.montants import montant_maximal
from appels.regles import regles_budget
from financement.forms_decision import LigneLotForm, LotForm
from financement.services import decisions as services
from financement.services.grand_livre import soldes
from financement.services.reserves import verificateurs, verificateurs_de
from socle.vues import executer, trouver


def lot(request: HttpRequest, code: str) -> HttpResponse:
    """Les recommandations, modifiables ligne par ligne ; toutes s'inscrivent, ou aucune."""
    appel = trouver(
        request, Appel.objects.visibles_par(request.user), "resolution.inscrire", code=code
    )
    lignes = _lignes(request, appel)
    form = LotForm(request.POST or None, appel=appel)
    retenues = [ligne for ligne in lignes if ligne.est_retenue]
    if request.method == "POST":
        # Chaque ligne se vérifie, pour que toutes les erreurs se lisent d'un coup.
        valides = [form.is_valid(), *(ligne.is_valid() for ligne in retenues)]
        if all(valides) and executer(
            request,
            _inscrire,
            formulaire=form,
            succes="Les décisions sont inscrites. Elles seront annoncées par leurs lettres.",
            appel=appel,
            resolution=form.cleaned_data["resolution"],
            lignes=retenues,
        ):
            return redirect("ville:decisions", code=code)
    return render(
        request,
        "financement/ville/decisions_lot.html",
        {
            "appel": appel,
            "form": form,
            "lignes": lignes,
            "retenues": retenues,
            "soldes": soldes(appel),
            "a_une_resolution": appel.resolutions.exists(),
        },
    )


def _lignes(request: HttpRequest, appel: Appel) -> list[LigneLotForm]:
    """Une ligne par demande recommandée que la personne peut décider, dans l'ordre des codes."""
    demandes = list(
        Demande.objects.sans_recusation(request.user)
        .filter(appel=appel, etat="recommandee")
        .avec_budget()
        .select_related("appel", "organisme", "volet")
        .prefetch_related("recommandations")
        .order_by("volet__no", "code")
    )
    personnes = verificateurs_de(demandes)
    # Le rang qui suit dirait combien attendent : qui n'en lit pas la liste l'écrit lui-même.
    rangs = repeat(None)
    if request.user.peut("attente.lire", appel):
        rangs = count(appel.demandes.filter(etat="liste_attente").count() + 1)
    lignes = []
    for demande in demandes:
        avis = next(r for r in demande.recommandations.all() if r.en_vigueur)
        ligne = LigneLotForm(
            request.POST or None,
            demande=demande,
            avis=avis,
            rang=next(rangs) if avis.avis == "liste_attente" else None,
            verificateurs=verificateurs(demande),
            personnes=personnes[demande.pk],
            use_required_attribute=False,
        )
        ligne.maximum = montant_maximal(demande.budget(), regles_budget(demande))
        lignes.append(ligne)
    return lignes


def _inscrire(*, lignes: list[LigneLotForm], **options: Any) -> Any:
    """Inscrit le lot ; ce que le service refuse va près du champ de sa ligne."""
    try:
        return services.decider_lot(lignes=[ligne.arguments() for ligne in lignes], **options)
    except services.LotRefuse as lot:
        for ligne in lignes:
            if regle := lot.refus.get(ligne.demande.pk):
                champ = regle.champ if regle.champ in ligne.fields else None
                ligne.add_error(champ, regle.message)
        raise
