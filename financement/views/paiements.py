"""Les lots de paiements, pour la trésorerie ; les coordonnées bancaires, pour l'organisme."""

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_POST

from financement.forms_paiement import CoordonneesForm, RetourForm
from financement.models import CoordonneesBancaires, LotPaiement
from financement.paiements import ENTETES, ENTETES_RETOUR
from financement.services import paiements as services
from socle.exports import XLSX, telecharger
from socle.models import EntreeJournal, Organisme
from socle.saisies import jamais_gardee
from socle.textes import lire_entier
from socle.vues import executer, exiger, trouver

LOTS_MONTRES = 50


def paiements(request: HttpRequest) -> HttpResponse:
    """Ce qui est autorisé et pas encore remis aux finances, puis les lots."""
    exiger(request, "paiement.gerer")
    a_payer = list(services.versements_a_payer(request.user))
    if request.method == "POST":
        choisis = [lire_entier(pk) for pk in request.POST.getlist("versement")]
        lot = executer(
            request,
            services.preparer_lot,
            succes="Le lot est prêt : téléchargez son fichier.",
            choisis=choisis,
        )
        return redirect("ville:lot_paiement", pk=lot.pk) if lot else redirect("ville:paiements")
    return render(
        request,
        "financement/ville/paiements.html",
        {
            "a_payer": a_payer,
            "total": sum(versement.montant for versement in a_payer),
            "lots": LotPaiement.objects.visibles_par(request.user).avec_totaux()[:LOTS_MONTRES],
        },
    )


def _lot(request: HttpRequest, pk: int) -> LotPaiement:
    exiger(request, "paiement.gerer")
    lots = LotPaiement.objects.visibles_par(request.user).avec_totaux()
    return trouver(request, lots, pk=pk)


def lot(request: HttpRequest, pk: int) -> HttpResponse:
    """Un lot : son fichier, ses paiements, l'import de ce qui a été payé."""
    objet = _lot(request, pk)
    form = RetourForm(request.POST or None, request.FILES or None)
    if (
        request.method == "POST"
        and form.is_valid()
        and executer(
            request,
            services.importer_retour,
            formulaire=form,
            succes="Les paiements du fichier sont inscrits.",
            lot=objet,
            **form.cleaned_data,
        )
    ):
        return redirect("ville:lot_paiement", pk=pk)
    versements = list(services.paiements_du_lot(objet))
    return render(
        request,
        "financement/ville/lot_paiement.html",
        {
            "lot": objet,
            "versements": versements,
            "absents": sum(not v.est_a_payer and v.etat != "verse" for v in versements),
            "retours": objet.retours.select_related("importe_par"),
            "form": form,
            "peut_defaire": not objet.annule_le and not objet.payes,
            "entetes": ENTETES,
            "entetes_retour": ENTETES_RETOUR,
            "entrees": EntreeJournal.objects.pour(objet)[:50],
        },
    )


@require_POST
def fichier(request: HttpRequest, pk: int, forme: str) -> HttpResponse:
    """Le fichier du lot ; en POST, car sa lecture s'inscrit au journal."""
    objet = _lot(request, pk)
    if forme not in {"csv", "xlsx"} or objet.annule_le:
        raise Http404
    octets = executer(request, services.fichier_du_lot, lot=objet, forme=forme)
    if octets is None:
        return redirect("ville:lot_paiement", pk=pk)
    mime = XLSX if forme == "xlsx" else "text/csv; charset=utf-8"
    reponse = telecharger(octets, f"{objet.numero}.{forme}", mime)
    reponse["Cache-Control"] = "no-store"
    return reponse


@require_POST
def defaire(request: HttpRequest, pk: int) -> HttpResponse:
    executer(request, services.defaire_lot, lot=_lot(request, pk), succes="Le lot est défait.")
    return redirect("ville:paiements")


@jamais_gardee
def coordonnees(request: HttpRequest, pk: int) -> HttpResponse:
    """L'organisme dit où le payer ; il ne relit que les trois derniers chiffres."""
    organisme = trouver(
        request, Organisme.objects.visibles_par(request.user), "coordonnees.inscrire", pk=pk
    )
    form = CoordonneesForm(request.POST or None)
    if (
        request.method == "POST"
        and form.is_valid()
        and executer(
            request,
            services.inscrire_coordonnees,
            formulaire=form,
            succes="Les coordonnées bancaires sont gardées.",
            organisme=organisme,
            **form.cleaned_data,
        )
    ):
        return redirect("organisme:coordonnees", pk=pk)
    return render(
        request,
        "financement/organisme/coordonnees.html",
        {
            "organisme": organisme,
            "form": form,
            "actuelles": CoordonneesBancaires.objects.filter(organisme=organisme).first(),
        },
    )


@require_POST
def lire_coordonnees(request: HttpRequest, pk: int) -> HttpResponse:
    """Les coordonnées en clair, pour la trésorerie : une page qui ne se garde pas."""
    organisme = trouver(request, Organisme.objects.all(), "coordonnees.lire", pk=pk)
    claires = executer(request, services.lire_coordonnees, organisme=organisme)
    if claires is None:
        return redirect("ville:paiements")
    reponse = render(
        request,
        "financement/ville/coordonnees.html",
        {"organisme": organisme, "coordonnees": claires},
    )
    reponse["Cache-Control"] = "no-store"
    return reponse
