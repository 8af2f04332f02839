"""Décider : le classement, les recommandations, l'enveloppe, la résolution."""

from pathlib import Path
from typing import Any

from django.contrib import messages
from django.http import FileResponse, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_POST

from appels.models import Appel, Demande
from appels.montants import montant_maximal
from appels.regles import regles_budget
from evaluations.classement import lignes_de
from financement.candidats import ligne_figee
from financement.documents import motifs_par_critere
from financement.forms_decision import (
    AVIS_EN_RESULTAT,
    DecisionForm,
    ReservesFormSet,
    ResolutionForm,
)
from financement.models import Decision, LigneScenario
from financement.services import decisions as services
from financement.services.attente import liste_d_attente
from financement.services.grand_livre import soldes
from financement.services.reserves import verificateurs
from socle.models import EntreeJournal
from socle.vues import executer, exiger, trouver

ETATS = ("recommandee", "liste_attente", "acceptee", "refusee", "conventionnee", "fermee")


def _appel(request: HttpRequest, code: str, permission: str = "ville.voir") -> Appel:
    return trouver(request, Appel.objects.visibles_par(request.user), permission, code=code)


def decisions(request: HttpRequest, code: str) -> HttpResponse:
    """Les demandes recommandées ou décidées, dans l'ordre du classement."""
    appel = _appel(request, code)
    resolutions = appel.resolutions.all()
    return render(
        request,
        "financement/ville/decisions.html",
        {
            "appel": appel,
            "soldes": soldes(appel),
            "lignes": _lignes(request, appel),
            "resolutions": resolutions,
            "entrees": EntreeJournal.objects.pour(*resolutions)[:50],
            "form_resolution": ResolutionForm(),
            "a_decider": Demande.objects.sans_recusation(request.user)
            .filter(appel=appel, etat="recommandee")
            .count(),
            "attente": liste_d_attente(request.user, appel),
            "lit_l_attente": request.user.peut("attente.lire", appel),
            "peut_decider": request.user.peut("resolution.inscrire", appel),
            "lit_les_extraits": request.user.peut("resolution.lire_extrait", appel),
        },
    )


def _lignes(request: HttpRequest, appel: Appel) -> list[dict[str, Any]]:
    resultats = lignes_de(appel)
    demandes = (
        Demande.objects.sans_recusation(request.user)
        .filter(appel=appel, etat__in=ETATS)
        .avec_budget()
        .select_related("organisme")
        .prefetch_related("recommandations", "decisions__resolution", "decisions__reserves")
    )
    lignes = []
    for demande in demandes:
        ligne = resultats.get(demande.pk)
        decision = next((d for d in demande.decisions.all() if d.en_vigueur), None)
        lignes.append(
            {
                "demande": demande,
                "score": ligne.score if ligne else None,
                "maximum": montant_maximal(demande.budget(), regles_budget(demande)),
                "avis": next((r for r in demande.recommandations.all() if r.en_vigueur), None),
                "decision": decision,
                "reserves": _reserves_ouvertes(decision),
                "a_decider": demande.etat in services.A_DECIDER,
            }
        )
    return sorted(
        lignes,
        key=lambda x: (x["demande"].volet.no, -(x["score"] or 0), x["demande"].code),
    )


def _reserves_ouvertes(decision: Decision | None) -> str:
    """« 2 réserves à lever », ou rien."""
    nombre = sum(r.levee_le is None for r in decision.reserves.all()) if decision else 0
    return f"{nombre} réserve{'s' if nombre > 1 else ''} à lever" if nombre else ""


@require_POST
def resolution(request: HttpRequest, code: str) -> HttpResponse:
    appel = _appel(request, code, "resolution.inscrire")
    form = ResolutionForm(request.POST, request.FILES)
    # L'appel n'est pas un champ du formulaire : son unicité est vérifiée par le service.
    if form.is_valid() and executer(
        request,
        services.inscrire_resolution,
        formulaire=form,
        succes="La résolution est inscrite.",
        appel=appel,
        **form.cleaned_data,
    ):
        return redirect("ville:decisions", code=code)
    contexte = {"appel": appel, "form": form}
    return render(request, "financement/ville/resolution.html", contexte)


def decider(request: HttpRequest, reference: str) -> HttpResponse:
    """Décider une demande, avec ce que le comité a recommandé déjà rempli."""
    demande = trouver(
        request,
        Demande.objects.sans_recusation(request.user).select_related("appel", "organisme", "volet"),
        "demande.decider",
        reference=reference,
    )
    if demande.etat not in services.A_DECIDER:
        etat = demande.get_etat_display()
        messages.info(request, f"Il n'y a rien à décider : cette demande est « {etat} ».")
        return redirect("ville:decisions", code=demande.appel.code)
    avis = demande.recommandations.filter(en_vigueur=True).first()
    initial = _initial(demande, avis)
    propose = ligne_figee(request.user, demande)
    if propose is not None and request.GET.get("depart") == "scenario":
        initial |= _depart_du_scenario(propose)
    form = DecisionForm(request.POST or None, appel=demande.appel, initial=initial)
    reserves = ReservesFormSet(
        request.POST, prefix="reserves", verificateurs=verificateurs(demande)
    )
    justes = request.method == "POST" and all([form.is_valid(), reserves.est_juste()])
    if justes and executer(
        request,
        services.decider,
        formulaire=form,
        succes="La décision est inscrite. Elle sera annoncée par sa lettre.",
        demande=demande,
        motifs_par_critere=avis.motifs_par_critere if avis else None,
        reserves=reserves.saisies(),
        **form.arguments(),
    ):
        return redirect("ville:decisions", code=demande.appel.code)
    return render(
        request,
        "financement/ville/decider.html",
        {
            "demande": demande,
            "avis": avis,
            "motifs_du_comite": motifs_par_critere(avis) if avis else [],
            "propose": propose,
            "form": form,
            "reserves": reserves,
            "maximum": montant_maximal(demande.budget(), regles_budget(demande)),
            "solde": next(s for s in soldes(demande.appel) if s.volet.pk == demande.volet_id),
        },
    )


def _initial(demande: Demande, avis: Any) -> dict[str, Any]:
    """Ce que le comité a recommandé, et la dernière résolution."""
    return {
        "resolution": demande.appel.resolutions.first(),
        "resultat": AVIS_EN_RESULTAT.get(avis.avis, "acceptee") if avis else "",
        "montant_accorde": avis.montant if avis and avis.montant else None,
        "motifs": avis.motifs if avis else "",
        "conditions": avis.conditions if avis else "",
        "attente_jusqu_au": demande.appel.projet_fin,
    }


def _depart_du_scenario(ligne: LigneScenario) -> dict[str, Any]:
    """Ce que le scénario figé propose : le montant, ou la raison de n'en donner aucun."""
    if ligne.est_retenue:
        return {"resultat": "acceptee", "montant_accorde": ligne.montant}
    return {"resultat": "refusee", "montant_accorde": None, "motifs": ligne.motif or ligne.raison}


def extrait(request: HttpRequest, code: str, pk: int) -> FileResponse:
    """L'extrait du procès-verbal d'une résolution, à la Ville, sauf à qui y est partie."""
    appel = _appel(request, code)
    exiger(request, "resolution.lire_extrait", appel)
    objet = get_object_or_404(appel.resolutions.exclude(extrait=""), pk=pk)
    nom = Path(objet.extrait.name).name
    return FileResponse(objet.extrait.open("rb"), as_attachment=True, filename=nom)
