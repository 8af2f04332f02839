"""La salle du comité : déclarer ses intérêts, lire, noter, soumettre."""

import datetime as dt
from typing import Any

from django.db.models import Count, Q, QuerySet
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_POST

from appels.models import Appel
from evaluations.calendrier import echeance_de
from evaluations.forms import GrilleForm
from evaluations.lecture import lire
from evaluations.models import Affectation, Evaluation, Seance
from evaluations.services import fiches
from evaluations.visibilite import A_DECLARER_DANS
from socle import horloge
from socle.elements import Manque
from socle.exceptions import PermissionRefusee, RegleViolee
from socle.vues import executer, trouver


def _siennes(request: HttpRequest) -> QuerySet[Affectation]:
    """Ce qui est confié à la personne ; ce dont elle est récusée n'y est pas."""
    return Affectation.objects.non_recusees_de(request.user).select_related(
        "membre", "demande__appel", "demande__organisme", "demande__volet"
    )


# --- À lire ---------------------------------------------------------------------------------------
def accueil(request: HttpRequest) -> HttpResponse:
    """« À lire » : ce qui attend le membre, appel par appel, et pour quand."""
    if not request.user.sieges.filter(actif=True).exists():
        raise Http404
    affectations = (
        _siennes(request)
        .filter(demande__etat__in=A_DECLARER_DANS)
        .select_related("evaluation")
        .annotate(
            nb_notes=Count("evaluation__notes", filter=Q(evaluation__notes__note__isnull=False))
        )
        .order_by("demande__appel__cloture", "demande__volet__no", "demande__code")
    )
    appels: dict[int, dict[str, Any]] = {}
    for siege in request.user.sieges.filter(actif=True).select_related("appel").order_by("pk"):
        if siege.appel.etat == Appel.Etat.EN_EVALUATION:
            appels[siege.appel_id] = {
                "appel": siege.appel,
                "criteres": 0,
                "echeance": None,
                "a_declarer": 0,
                "a_noter": [],
                "soumises": [],
                "preside": siege.role == "presidence",
            }
    for appel in Appel.objects.filter(pk__in=appels).annotate(nb=Count("criteres")):
        appels[appel.pk]["criteres"] = appel.nb
    for affectation in affectations:
        groupe = appels.get(affectation.demande.appel_id)
        if groupe is None:
            continue
        fiche = getattr(affectation, "evaluation", None)
        if affectation.etat == Affectation.Etat.A_DECLARER:
            groupe["a_declarer"] += 1
        elif fiche is not None and fiche.etat == Evaluation.Etat.SOUMISE:
            groupe["soumises"].append(affectation)
        elif affectation.demande.etat == "en_evaluation":
            groupe["a_noter"].append(affectation)
    seances = list(
        Seance.objects.filter(appel__in=appels)
        .exclude(etat="close", close_le__lt=horloge.maintenant() - dt.timedelta(days=120))
        .select_related("appel")
        .order_by("date")
    )
    for seance in seances:
        groupe = appels[seance.appel_id]
        if seance.etat == "preparee" and groupe["echeance"] is None:
            groupe["echeance"] = seance.date
    for groupe in appels.values():
        groupe["echeance"] = groupe["echeance"] or groupe["appel"].seance_comite
    groupes = list(appels.values())
    return render(
        request,
        "evaluations/comite/accueil.html",
        {
            "groupes": groupes,
            "seances": seances,
            "a_faire": sum(g["a_declarer"] + len(g["a_noter"]) for g in groupes),
        },
    )


# --- Lire et noter --------------------------------------------------------------------------------
def _a_lire(request: HttpRequest, reference: str) -> Affectation:
    """L'affectation déclarée sans conflit ; sinon 404, sans dire si la demande existe."""
    return trouver(
        request,
        _siennes(request).filter(demande__etat__in=A_DECLARER_DANS, etat="libre"),
        "demande.voir",
        demande__reference=reference,
    )


def _page_lecture(
    request: HttpRequest, affectation: Affectation, formulaire: GrilleForm, status: int = 200
) -> HttpResponse:
    demande, appel = affectation.demande, affectation.demande.appel
    fiche = getattr(affectation, "evaluation", None)
    modifiable = demande.etat == "en_evaluation" and (fiche is None or fiche.est_modifiable)
    manques = _manques(fiche, formulaire)
    file = list(
        _siennes(request)
        .filter(demande__appel=appel, demande__etat__in=A_DECLARER_DANS, etat="libre")
        .order_by("demande__volet__no", "demande__code")
        .values_list("demande__reference", flat=True)
    )
    position = file.index(demande.reference)
    return render(
        request,
        "evaluations/comite/lecture.html",
        {
            "affectation": affectation,
            "demande": demande,
            "appel": appel,
            "fiche": fiche,
            "lue": lire(demande),
            "formulaire": formulaire,
            "rangees": formulaire.rangees(),
            "modifiable": modifiable,
            "manques": manques,
            "notes_faites": len(formulaire.criteres)
            - sum(1 for manque in manques if manque.detail == "note"),
            "position": position + 1,
            "total": len(file),
            "suivante": file[(position + 1) % len(file)] if len(file) > 1 else "",
            "echeance": echeance_de(appel),
            "reouverture": fiche.reouvertures.last()
            if fiche and fiche.etat == "rouverte"
            else None,
        },
        status=status,
    )


def _manques(fiche: Evaluation | None, formulaire: GrilleForm) -> list[Manque]:
    """Ce qui reste à faire avant de soumettre ; ``detail`` dit « note » ou « commentaire »."""
    if fiche is None:
        absents = [(critere, "note") for critere in formulaire.criteres]
    elif not fiche.est_modifiable:
        absents = []
    else:
        absents = fiche.manques()
    return [
        Manque(
            libelle=f"{'Note' if genre == 'note' else 'Commentaire'} : {critere.libelle}",
            url=f"#id_{genre}_{critere.pk}" + ("_0" if genre == "note" else ""),
            detail=genre,
        )
        for critere, genre in absents
    ]


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


@require_POST
def enregistrer(request: HttpRequest, reference: str) -> HttpResponse:
    """Range ce qui est saisi. Par ``fetch`` : JSON ; par le bouton : retour à la page."""
    par_fetch = request.headers.get("Accept", "").startswith("application/json")
    affectation = _a_lire(request, reference)
    formulaire = GrilleForm(request.POST, appel=affectation.demande.appel, fiche=None, initial={})
    if formulaire.is_valid():
        try:
            fiches.enregistrer_fiche(
                acteur=request.user,
                affectation=affectation,
                notes=formulaire.notes(),
                notes_privees=formulaire.privees(),
            )
        except PermissionRefusee as refus:
            raise Http404 from refus
        except RegleViolee as refus:
            champ = refus.champ if refus.champ in formulaire.fields else None
            formulaire.add_error(champ, refus.message)
    if par_fetch:
        return _reponse_fetch(affectation, formulaire)
    if formulaire.errors:
        return _page_lecture(request, affectation, formulaire, status=422)
    if "soumettre" in request.POST:
        return redirect("comite:soumettre", reference=reference)
    adresse = reverse("comite:lecture", kwargs={"reference": reference})
    return redirect(f"{adresse}?enregistre=1#grille")


def _reponse_fetch(affectation: Affectation, formulaire: GrilleForm) -> JsonResponse:
    if formulaire.errors:
        return JsonResponse({"erreurs": formulaire.errors}, status=422)
    fiche = _fiche_de(affectation)
    manques = _manques(fiche, formulaire)
    sans_note = sum(1 for manque in manques if manque.detail == "note")
    return JsonResponse(
        {
            "enregistre": timezone.localtime(fiche.modifiee_le).strftime("%H:%M"),
            "faites": len(formulaire.criteres) - sans_note,
            "total": len(formulaire.criteres),
            "manques": [{"libelle": m.libelle, "url": m.url} for m in manques],
        }
    )


@require_http_methods(["GET", "POST"])
def soumettre(request: HttpRequest, reference: str) -> HttpResponse:
    """Montre la fiche telle qu'elle sera figée, puis la soumet."""
    affectation = _a_lire(request, reference)
    fiche = _fiche_de(affectation)
    if fiche is None or not fiche.est_modifiable or affectation.demande.etat != "en_evaluation":
        return redirect("comite:lecture", reference=reference)
    formulaire = GrilleForm(appel=affectation.demande.appel, fiche=fiche)
    if request.method == "POST":
        fait = executer(
            request, fiches.soumettre_fiche, evaluation=fiche, succes="Votre fiche est soumise."
        )
        return redirect("comite:accueil") if fait else redirect("comite:lecture", reference)
    manques = _manques(fiche, formulaire)
    return render(
        request,
        "evaluations/comite/soumettre.html",
        {
            "demande": affectation.demande,
            "manques": manques,
            "notes": fiche.notes.select_related("critere").order_by("critere__ordre"),
            "score": None if manques else fiche.calculer_score(),
        },
    )
