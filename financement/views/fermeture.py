"""Fermer un projet : le calcul, le solde, la récupération."""

from django.contrib import messages
from django.forms import Form
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_POST

from appels.models import Demande
from financement.forms import MotifCourtForm
from financement.forms_somme import SommeReporteeForm
from financement.indicateurs import argent_de, comparer
from financement.retenus import prevus_de, valeurs_de
from financement.services import fermeture as services
from financement.services.sommes_reportees import reportable, reporter_somme
from financement.solde import lignes_du_solde
from socle.exceptions import RegleViolee
from socle.models import EntreeJournal
from socle.saisies import a_relire
from socle.vues import executer, exiger, trouver

RECUPERER = {
    "encaisser": (
        services.encaisser_recuperation,
        "recuperation.encaisser",
        "Le remboursement est inscrit.",
        Form,
    ),
    "radier": (
        services.radier_recuperation,
        "recuperation.radier",
        "La somme est radiée.",
        MotifCourtForm,
    ),
}


def _demande(request: HttpRequest, reference: str) -> Demande:
    return trouver(
        request,
        Demande.objects.sans_recusation(request.user).select_related("appel", "organisme"),
        "demande.suivre",
        reference=reference,
    )


def fermeture(request: HttpRequest, reference: str) -> HttpResponse:
    """Du budget à l'aide finale, ligne par ligne, et ce qui reste à faire."""
    return _montrer(request, _demande(request, reference), MotifCourtForm())


def _montrer(request: HttpRequest, demande: Demande, form_motif: MotifCourtForm) -> HttpResponse:
    solde, raison = None, ""
    try:
        solde = services.calculer_solde(demande)
    except RegleViolee as refus:
        raison = refus.message
    recuperations = demande.recuperations.all()
    peut_regler = (
        request.user.peut("recuperation.reclamer", demande) and demande.etat == "conventionnee"
    )
    return render(
        request,
        "financement/ville/fermeture.html",
        {
            "demande": demande,
            "solde": solde,
            "lignes": lignes_du_solde(solde) if solde else [],
            "raison": raison,
            "form_motif": form_motif,
            "recuperations": recuperations,
            "entrees": EntreeJournal.objects.pour(demande, *recuperations).filter(
                verbe__startswith="recuperation."
            ),
            "resultats": comparer(prevus_de(demande), valeurs_de(demande)),
            "argent": argent_de(demande),
            "reportable": sum(reportable(demande).values()),
            "sommes_reportees": demande.sommes_reportees.select_related(
                "resolution", "credit__volet", "volet__appel"
            ),
            "peut_reporter": request.user.peut("somme.reporter", demande),
            "lettres": services.lettres_de_fermeture(demande),
            "peut_regler": peut_regler,
            "rapport_accepte": demande.rapports.filter(nature="final", etat="accepte").exists(),
            "pas_encore": _pas_encore(demande) if peut_regler else "",
            "peut_encaisser": request.user.peut("recuperation.encaisser", demande),
            "peut_radier": request.user.peut("recuperation.radier", demande),
        },
    )


def _pas_encore(demande: Demande) -> str:
    """Pourquoi la demande ne se ferme pas encore ; vide quand elle le peut."""
    try:
        services.exiger_solde_regle(demande)
    except RegleViolee as refus:
        return refus.message
    return ""


@require_POST
def agir(request: HttpRequest, reference: str, action: str) -> HttpResponse:
    demande = _demande(request, reference)
    if action == "regler":
        executer(request, services.regler_solde, demande=demande, succes="Le solde est réglé.")
    elif action == "fermer":
        executer(request, services.fermer_demande, demande=demande, succes="La demande est fermée.")
    elif action in RECUPERER:
        return _recuperer(request, demande, action)
    else:
        raise Http404
    return redirect("ville:fermeture", reference=reference)


def _recuperer(request: HttpRequest, demande: Demande, action: str) -> HttpResponse:
    """Inscrit le remboursement, ou radie la somme avec un motif."""
    service, permission, succes, formulaire = RECUPERER[action]
    exiger(request, permission, demande)
    recuperation = demande.recuperations.filter(etat="reclamee").first()
    if recuperation is None:
        messages.info(request, "Aucune somme n'est à récupérer.")
        return redirect("ville:fermeture", reference=demande.reference)
    form = formulaire(request.POST)
    if not form.is_valid() or a_relire(request):
        return _montrer(request, demande, form)
    executer(request, service, recuperation=recuperation, succes=succes, **form.cleaned_data)
    return redirect("ville:fermeture", reference=demande.reference)


def reporter(request: HttpRequest, reference: str) -> HttpResponse:
    """Reporter ce que le projet n'a pas utilisé."""
    demande = _demande(request, reference)
    exiger(request, "somme.reporter", demande)
    restes = reportable(demande)
    form = SommeReporteeForm(request.POST or None, demande=demande, restes=restes)
    if (
        request.method == "POST"
        and form.is_valid()
        and executer(
            request,
            reporter_somme,
            formulaire=form,
            demande=demande,
            succes="Le report est inscrit au grand livre.",
            **form.cleaned_data,
        )
    ):
        return redirect("ville:fermeture", reference=reference)
    return render(
        request,
        "financement/ville/somme_reporter.html",
        {
            "demande": demande,
            "form": form if restes else None,
            "a_une_resolution": form.fields["resolution"].queryset.exists(),
        },
    )
