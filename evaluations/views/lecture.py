"""La salle du comité : lire, noter, soumettre, et la demande suivante."""

from django.contrib import messages
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_POST

from evaluations.calendrier import echeance_de
from evaluations.file_lecture import file_de
from evaluations.forms_notation import GrilleForm
from evaluations.lecture import lire
from evaluations.models import Affectation, Evaluation
from evaluations.projets import projet_lu
from evaluations.saisie_grille import (
    manques_a_l_ecran,
    notes_faites,
    reponse_enregistrement,
    veut_json,
)
from evaluations.services import fiches
from evaluations.visibilite import A_DECLARER_DANS
from socle.elements import Manque
from socle.models import EntreeJournal
from socle.saisies import garde_saisie
from socle.vues import executer, trouver


def _siennes(request: HttpRequest) -> QuerySet[Affectation]:
    """Ce qui est confié à la personne ; ce dont elle est récusée n'y est pas."""
    return Affectation.objects.non_recusees_de(request.user).select_related(
        "membre",
        "demande__appel",
        "demande__organisme",
        "demande__volet",
        "demande__creee_par",
        "demande__deposee_par",
    )


# --- Lire et noter --------------------------------------------------------------------------------
def _a_lire(request: HttpRequest, reference: str) -> Affectation:
    """L'affectation déclarée sans conflit ; sinon 404, sans dire si la demande existe."""
    return trouver(
        request,
        _siennes(request).filter(demande__etat__in=A_DECLARER_DANS, etat="libre"),
        "demande.lire",
        demande__reference=reference,
    )


def _page_lecture(
    request: HttpRequest, affectation: Affectation, formulaire: GrilleForm, status: int = 200
) -> HttpResponse:
    demande = affectation.demande
    fiche = getattr(affectation, "evaluation", None)
    manques = _manques(fiche, formulaire)
    file = file_de(affectation.membre)
    lue = lire(demande)
    return render(
        request,
        "evaluations/comite/lecture.html",
        {
            "projet": lue.projet,
            "appel": demande.appel,
            "fiche": fiche,
            "entrees": EntreeJournal.objects.pour(*filter(None, [affectation, fiche]))[:50],
            "lue": lue,
            "formulaire": formulaire,
            "rangees": formulaire.rangees(),
            "modifiable": demande.etat == "en_evaluation"
            and (fiche is None or fiche.est_modifiable),
            "manques": manques,
            "notes_faites": notes_faites(formulaire, manques),
            "file": file,
            "position": file.position(demande.reference),
            "suivante": file.suivante(demande.reference),
            "echeance": echeance_de(demande.appel),
            "reouverture": fiche.reouvertures.last()
            if fiche and fiche.etat == "rouverte"
            else None,
        },
        status=status,
    )


def _manques(fiche: Evaluation | None, formulaire: GrilleForm) -> list[Manque]:
    """Ce qui reste à faire avant de soumettre ; rien quand la fiche ne change plus."""
    if fiche is None:
        return manques_a_l_ecran((critere, "note") for critere in formulaire.criteres)
    return manques_a_l_ecran(fiche.manques() if fiche.est_modifiable else [])


def _fiche_de(affectation: Affectation) -> Evaluation | None:
    return (
        Evaluation.objects.filter(affectation=affectation)
        .select_related("affectation__demande__appel")
        .prefetch_related("notes")
        .first()
    )


def lecture(request: HttpRequest, reference: str) -> HttpResponse:
    """La demande à gauche, la grille à droite."""
    en_attente = _siennes(request).filter(
        demande__reference=reference, demande__etat__in=A_DECLARER_DANS, etat="a_declarer"
    )
    if attente := en_attente.first():
        return redirect("comite:interets", code=attente.demande.appel.code)
    affectation = _a_lire(request, reference)
    formulaire = GrilleForm(appel=affectation.demande.appel, fiche=_fiche_de(affectation))
    return _page_lecture(request, affectation, formulaire)


@garde_saisie(sans=frozenset({"soumettre"}))
@require_POST
def enregistrer(request: HttpRequest, reference: str) -> HttpResponse:
    """Range ce qui est saisi. Par ``fetch`` : JSON ; par le bouton : retour à la page."""
    affectation = _a_lire(request, reference)
    formulaire = GrilleForm(request.POST, appel=affectation.demande.appel, fiche=None, initial={})
    if formulaire.is_valid():
        executer(
            request,
            fiches.enregistrer_fiche,
            formulaire=formulaire,
            affectation=affectation,
            notes=formulaire.notes(),
            notes_privees=formulaire.privees(),
        )
    if veut_json(request):
        if formulaire.errors:
            return JsonResponse({"erreurs": formulaire.errors}, status=422)
        fiche = _fiche_de(affectation)
        return reponse_enregistrement(formulaire, _manques(fiche, formulaire), fiche.modifiee_le)
    if formulaire.errors:
        return _page_lecture(request, affectation, formulaire, status=422)
    if "soumettre" in request.POST:
        return redirect("comite:soumettre", reference=reference)
    adresse = reverse("comite:lecture", kwargs={"reference": reference})
    return redirect(f"{adresse}?enregistre=1#grille")


@require_http_methods(["GET", "POST"])
def soumettre(request: HttpRequest, reference: str) -> HttpResponse:
    """Montre la fiche telle qu'elle sera figée, la soumet, et mène à la suivante de la file."""
    affectation = _a_lire(request, reference)
    fiche = _fiche_de(affectation)
    if fiche is None or not fiche.est_modifiable or affectation.demande.etat != "en_evaluation":
        return redirect("comite:lecture", reference=reference)
    formulaire = GrilleForm(appel=affectation.demande.appel, fiche=fiche)
    if request.method == "POST":
        if not executer(request, fiches.soumettre_fiche, evaluation=fiche):
            return redirect("comite:lecture", reference)
        return _apres_la_fiche(request, affectation)
    manques = _manques(fiche, formulaire)
    return render(
        request,
        "evaluations/comite/soumettre.html",
        {
            "projet": projet_lu(affectation.demande),
            "manques": manques,
            "notes": fiche.notes.select_related("critere").order_by("critere__ordre"),
            "score": None if manques else fiche.calculer_score(),
        },
    )


def _apres_la_fiche(request: HttpRequest, affectation: Affectation) -> HttpResponse:
    suivante = file_de(affectation.membre).suivante(affectation.demande.reference)
    if suivante is None or not suivante.a_noter:
        messages.success(request, "Votre fiche est soumise. Toutes vos fiches le sont.")
        return redirect("comite:accueil")
    messages.success(request, "Votre fiche est soumise. Voici la demande suivante de votre file.")
    return redirect("comite:lecture", reference=suivante.reference)
