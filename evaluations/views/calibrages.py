"""Le calibrage : la Ville prépare et dévoile, chaque membre note, tous comparent."""

from typing import Any

from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_POST

from appels.models import Appel
from evaluations.calibrage import comparer
from evaluations.forms_notation import CalibrageForm, NotationForm
from evaluations.models import Calibrage, FicheCalibrage, MembreComite
from evaluations.models.calibrage import CALIBRAGES_MAX
from evaluations.saisie_grille import (
    manques_a_l_ecran,
    notes_faites,
    reponse_enregistrement,
    veut_json,
)
from evaluations.services import calibrages
from evaluations.visibilite import siege_de
from socle.models import EntreeJournal
from socle.saisies import garde_saisie
from socle.vues import executer, exiger, trouver


# --- La Ville -------------------------------------------------------------------------------------
@require_http_methods(["GET", "POST"])
def calibrages_appel(request: HttpRequest, code: str) -> HttpResponse:
    """Les dossiers fictifs d'un appel, où en est chacun, et le formulaire pour en ajouter un."""
    appel = get_object_or_404(Appel.objects.visibles_par(request.user), code=code)
    exiger(request, "calibrage.gerer", appel)
    formulaire = CalibrageForm(request.POST or None)
    if request.method == "POST" and formulaire.is_valid():
        fait = executer(
            request,
            calibrages.creer_calibrage,
            formulaire=formulaire,
            appel=appel,
            succes="Le dossier fictif est prêt. Relisez-le, puis ouvrez-le au comité.",
            **formulaire.cleaned_data,
        )
        if fait:
            return redirect("ville:calibrage", pk=fait.pk)
    existants = list(appel.calibrages.all())
    return render(
        request,
        "evaluations/ville/calibrages.html",
        {
            "appel": appel,
            "calibrages": existants,
            "formulaire": formulaire,
            "peut_ajouter": len(existants) < CALIBRAGES_MAX,
        },
        status=422 if formulaire.errors else 200,
    )


def _calibrage(request: HttpRequest, pk: int) -> Calibrage:
    return trouver(
        request,
        Calibrage.objects.visibles_par(request.user).select_related("appel"),
        "calibrage.gerer",
        pk=pk,
    )


@require_http_methods(["GET", "POST"])
def calibrage_ville(request: HttpRequest, pk: int) -> HttpResponse:
    """Un dossier fictif : l'écrire tant qu'il est préparé, suivre, puis comparer."""
    objet = _calibrage(request, pk)
    formulaire = CalibrageForm(request.POST or None, instance=objet)
    if request.method == "POST" and formulaire.is_valid():
        fait = executer(
            request,
            calibrages.modifier_calibrage,
            formulaire=formulaire,
            calibrage=objet,
            succes="Le dossier fictif est enregistré.",
            **formulaire.cleaned_data,
        )
        if fait:
            return redirect("ville:calibrage", pk=pk)
    soumises = set(
        objet.fiches.filter(soumise_le__isnull=False).values_list("membre_id", flat=True)
    )
    membres = objet.appel.membres.filter(actif=True).select_related("utilisateur").order_by("code")
    return render(
        request,
        "evaluations/ville/calibrage.html",
        {
            "calibrage": objet,
            "appel": objet.appel,
            "formulaire": formulaire,
            "membres": [{"membre": m, "soumise": m.pk in soumises} for m in membres],
            "soumises": len(soumises),
            "comparaison": comparer(objet),
            "entrees": EntreeJournal.objects.pour(objet, *objet.fiches.all())[:50],
        },
        status=422 if formulaire.errors else 200,
    )


ACTES = {
    "ouvrir": (calibrages.ouvrir_calibrage, "Le comité peut noter ce dossier fictif."),
    "devoiler": (calibrages.devoiler_calibrage, "Les fiches se montrent à tout le comité."),
    "supprimer": (calibrages.supprimer_calibrage, "Le dossier fictif est retiré."),
}


@require_POST
def calibrage_agir(request: HttpRequest, pk: int) -> HttpResponse:
    """Ouvrir, dévoiler ou retirer un dossier fictif."""
    objet = _calibrage(request, pk)
    acte = request.POST.get("action", "")
    if acte not in ACTES:
        raise Http404
    service, succes = ACTES[acte]
    fait = executer(request, service, calibrage=objet, succes=succes)
    if fait and acte == "supprimer":
        return redirect("ville:calibrages", code=objet.appel.code)
    return redirect("ville:calibrage", pk=pk)


# --- Le comité ------------------------------------------------------------------------------------
def _a_noter(request: HttpRequest, pk: int) -> tuple[Calibrage, MembreComite]:
    objet = trouver(
        request,
        Calibrage.objects.pour_le_membre(request.user).select_related("appel"),
        "calibrage.noter",
        pk=pk,
    )
    return objet, siege_de(request.user, objet.appel)


def _fiche(calibrage: Calibrage, membre: MembreComite) -> FicheCalibrage | None:
    return (
        FicheCalibrage.objects.filter(calibrage=calibrage, membre=membre)
        .select_related("calibrage__appel")
        .prefetch_related("notes__critere")
        .first()
    )


def calibrage_comite(request: HttpRequest, pk: int) -> HttpResponse:
    """Le dossier fictif à gauche, la grille à droite ; dévoilé, les fiches côte à côte."""
    objet, membre = _a_noter(request, pk)
    formulaire = NotationForm(appel=objet.appel, fiche=_fiche(objet, membre))
    return _page(request, objet, membre, formulaire)


def _page(
    request: HttpRequest,
    objet: Calibrage,
    membre: MembreComite,
    formulaire: NotationForm,
    status: int = 200,
) -> HttpResponse:
    fiche = _fiche(objet, membre)
    manques = _manques(fiche, formulaire)
    return render(
        request,
        "evaluations/comite/calibrage.html",
        {
            "calibrage": objet,
            "appel": objet.appel,
            "fiche": fiche,
            "formulaire": formulaire,
            "rangees": formulaire.rangees(),
            "modifiable": objet.etat == Calibrage.Etat.OUVERT
            and (fiche is None or not fiche.est_soumise),
            "manques": manques,
            "notes_faites": notes_faites(formulaire, manques),
            "comparaison": comparer(objet),
        },
        status=status,
    )


def _manques(fiche: FicheCalibrage | None, formulaire: NotationForm) -> list[Any]:
    if fiche is None:
        return manques_a_l_ecran((critere, "note") for critere in formulaire.criteres)
    return manques_a_l_ecran(fiche.manques())


@garde_saisie(sans=frozenset({"soumettre"}))
@require_POST
def calibrage_enregistrer(request: HttpRequest, pk: int) -> HttpResponse:
    """Range la grille d'un dossier fictif, et la soumet si le bouton le dit."""
    objet, membre = _a_noter(request, pk)
    formulaire = NotationForm(request.POST, appel=objet.appel, fiche=None, initial={})
    commun = {"formulaire": formulaire, "calibrage": objet, "membre": membre}
    if formulaire.is_valid():
        rangee = executer(request, calibrages.enregistrer_fiche, notes=formulaire.notes(), **commun)
        if rangee and "soumettre" in request.POST and not veut_json(request):
            executer(
                request,
                calibrages.soumettre_fiche,
                succes="Votre fiche de calibrage est soumise.",
                **commun,
            )
    if veut_json(request):
        if formulaire.errors:
            return JsonResponse({"erreurs": formulaire.errors}, status=422)
        fiche = _fiche(objet, membre)
        return reponse_enregistrement(formulaire, _manques(fiche, formulaire), fiche.modifiee_le)
    if formulaire.errors:
        return _page(request, objet, membre, formulaire, status=422)
    return redirect(f"{reverse('comite:calibrage', kwargs={'pk': pk})}?enregistre=1#grille")
