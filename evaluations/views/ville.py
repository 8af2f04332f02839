"""La Ville : composer le comité, confier les demandes, suivre, rappeler, clore l'évaluation."""

from dataclasses import dataclass
from typing import Any

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_http_methods, require_POST

from appels.models import Appel, Demande
from evaluations.forms import AffectationForm, ChargeForm, MembreForm
from evaluations.indices import liens_possibles
from evaluations.lectures_a_repartir import PETIT_APPEL, liens_a_examiner
from evaluations.models import Affectation, MembreComite
from evaluations.quorum import quorums_menaces
from evaluations.services import comite, fiches, rappels
from evaluations.services.fiches import est_soumise
from evaluations.visibilite import A_CONFIER, demandes_de_la_ville, siege_de
from socle.models import EntreeJournal
from socle.vues import executer, exiger, trouver

PAR_PAGE = 50
SUIVIES = ("recevable", "en_evaluation", "evaluee", "recommandee")


@dataclass(frozen=True)
class CelluleSuivi:
    """Où en est un membre (son nom) pour une demande : un libellé et un rôle de couleur."""

    membre: str
    libelle: str
    role: str


@dataclass(frozen=True)
class LigneSuivi:
    """Une demande devant le comité, avec l'état de chaque membre (sans aucune note)."""

    demande: Demande
    cellules: list[CelluleSuivi]
    soumises: int
    attendues: int
    peut_ouvrir: bool
    peut_clore: bool


def _appel(request: HttpRequest, code: str, permission: str = "comite.gerer") -> Appel:
    appel = get_object_or_404(Appel.objects.visibles_par(request.user), code=code)
    exiger(request, permission, appel)
    return appel


def _etat(affectation: Affectation | None) -> tuple[str, str]:
    if affectation is None:
        return "Non confiée", "neutre"
    if affectation.etat == "recusee":
        return "Récusé", "avertissement"
    if affectation.etat == "a_declarer":
        return "À déclarer", "a_faire"
    if est_soumise(affectation):
        return "Soumise", "fait"
    fiche = getattr(affectation, "evaluation", None)
    if fiche is not None and fiche.etat == "rouverte":
        return "Rouverte", "avertissement"
    return "En cours", "en_cours"


def _suivi(request: HttpRequest, appel: Appel, membres: list[MembreComite]) -> list[LigneSuivi]:
    demandes = (
        demandes_de_la_ville(request.user, appel)
        .filter(etat__in=SUIVIES)
        .select_related("organisme", "volet")
        .prefetch_related("affectations__evaluation")
        .order_by("volet__no", "code")
    )
    lignes = []
    for demande in demandes:
        par_membre = {a.membre_id: a for a in demande.affectations.all()}
        actives = [a for a in par_membre.values() if a.etat != "recusee"]
        soumises = sum(1 for a in actives if est_soumise(a))
        lignes.append(
            LigneSuivi(
                demande=demande,
                cellules=[
                    CelluleSuivi(str(membre), *_etat(par_membre.get(membre.pk)))
                    for membre in membres
                ],
                soumises=soumises,
                attendues=len(actives),
                peut_ouvrir=demande.etat == "recevable" and bool(actives),
                peut_clore=demande.etat == "en_evaluation" and soumises >= appel.evaluations_min,
            )
        )
    return lignes


@require_http_methods(["GET", "POST"])
def comite_appel(request: HttpRequest, code: str) -> HttpResponse:
    """Le comité d'un appel : ses membres, ce qui leur est confié, où en est chacun."""
    appel = _appel(request, code)
    formulaire = MembreForm(request.POST or None)
    if request.method == "POST" and formulaire.is_valid():
        membre = executer(
            request,
            rappels.inviter_membre,
            formulaire=formulaire,
            appel=appel,
            succes="La personne siège maintenant au comité ; un courriel l'en avise.",
            **formulaire.cleaned_data,
        )
        if membre:
            return redirect("ville:comite", code=code)
    membres = list(appel.membres.filter(actif=True).select_related("utilisateur").order_by("code"))
    suivi = _suivi(request, appel, membres)
    attendus = {m.pk: m for m in _attendus(suivi, membres)}
    return render(
        request,
        "evaluations/ville/comite.html",
        {
            "appel": appel,
            "membres": [{"membre": m, "attendu": attendus.get(m.pk)} for m in membres],
            "a_une_presidence": any(m.role == "presidence" for m in membres),
            "formulaire": formulaire,
            "suivi": suivi,
            "page_obj": Paginator(suivi, PAR_PAGE).get_page(request.GET.get("page")),
            "a_confier": sum(1 for ligne in suivi if not ligne.attendues),
            "a_ouvrir": sum(1 for ligne in suivi if ligne.peut_ouvrir),
            "a_clore": sum(
                1 for ligne in suivi if ligne.peut_clore and ligne.soumises == ligne.attendues
            ),
            "attendus": len(attendus),
            "petit_appel": len(suivi) <= PETIT_APPEL,
            "liens_a_examiner": liens_a_examiner([ligne.demande for ligne in suivi], membres),
            "quorum": appel.quorum,
            "quorums_menaces": quorums_menaces(appel, [ligne.demande for ligne in suivi]),
            "siege": siege_de(request.user, appel),
            "en_evaluation": appel.etat == Appel.Etat.EN_EVALUATION,
        },
    )


def _attendus(suivi: list[LigneSuivi], membres: list[MembreComite]) -> list[Any]:
    """Ce que chaque membre doit encore, compté sur les seules demandes que l'employé voit."""
    attendus = []
    for rang, membre in enumerate(membres):
        cellules = [
            ligne.cellules[rang] for ligne in suivi if ligne.demande.etat == "en_evaluation"
        ]
        membre.a_declarer = sum(1 for c in cellules if c.libelle == "À déclarer")
        membre.a_soumettre = sum(1 for c in cellules if c.libelle in {"En cours", "Rouverte"})
        if membre.a_declarer or membre.a_soumettre:
            attendus.append(membre)
    return attendus


def _membre(request: HttpRequest, pk: int) -> MembreComite:
    membres = MembreComite.objects.filter(actif=True).select_related("appel", "utilisateur")
    return trouver(request, membres, "comite.gerer", pk=pk)


@require_POST
def membre_action(request: HttpRequest, pk: int) -> HttpResponse:
    """Retirer un membre, lui confier la présidence ou le rappeler."""
    membre = _membre(request, pk)
    action = request.POST.get("action")
    if action == "presider":
        executer(
            request,
            comite.designer_presidence,
            membre=membre,
            succes=f"{membre} préside maintenant le comité.",
        )
    elif action == "rappeler":
        executer(
            request,
            rappels.rappeler,
            appel=membre.appel,
            membre=membre,
            succes=f"Un rappel est envoyé à {membre}.",
        )
    else:
        raise Http404
    return redirect("ville:comite", code=membre.appel.code)


@require_http_methods(["GET", "POST"])
def charge_membre(request: HttpRequest, pk: int) -> HttpResponse:
    """Combien de demandes un membre accepte de lire."""
    membre = _membre(request, pk)
    formulaire = ChargeForm(request.POST or None, initial={"charge_max": membre.charge_max})
    if (
        request.method == "POST"
        and formulaire.is_valid()
        and executer(
            request,
            comite.limiter_charge,
            formulaire=formulaire,
            membre=membre,
            succes=f"C'est noté pour {membre} ; la prochaine répartition en tiendra compte.",
            **formulaire.cleaned_data,
        )
    ):
        return redirect("ville:comite", code=membre.appel.code)
    return render(
        request,
        "evaluations/ville/charge_membre.html",
        {
            "membre": membre,
            "appel": membre.appel,
            "formulaire": formulaire,
            "entrees": EntreeJournal.objects.pour(membre)[:50],
        },
        status=422 if formulaire.errors else 200,
    )


@require_http_methods(["GET", "POST"])
def retirer_membre(request: HttpRequest, pk: int) -> HttpResponse:
    """Montre ce que le retrait d'un membre change, puis le retire."""
    membre = _membre(request, pk)
    if request.method == "POST":
        executer(
            request,
            comite.retirer_membre,
            membre=membre,
            succes=f"{membre} ne siège plus au comité.",
        )
        return redirect("ville:comite", code=membre.appel.code)
    return render(
        request, "evaluations/ville/retirer_membre.html", {"membre": membre, "appel": membre.appel}
    )


@require_POST
def affecter_tout(request: HttpRequest, code: str) -> HttpResponse:
    """Confie chaque demande recevable à tout le comité."""
    appel = _appel(request, code, "affectation.gerer")
    nouvelles = executer(request, comite.affecter_comite_complet, appel=appel)
    if nouvelles is not None:
        _dire(request, "Les demandes recevables sont confiées à tout le comité.")
    return redirect("ville:comite", code=code)


def _indices(formulaire: AffectationForm, demande: Demande) -> list[tuple[MembreComite, Any]]:
    """Les liens possibles des membres offerts au choix."""
    membres = list(formulaire.fields["membres"].queryset)
    indices = liens_possibles(membres, [demande])
    paires = ((membre, indices.get((demande.pk, membre.pk))) for membre in membres)
    return [(membre, dits) for membre, dits in paires if dits]


@require_http_methods(["GET", "POST"])
def affecter_demande(request: HttpRequest, reference: str) -> HttpResponse:
    """Choisir à la main qui lit une demande."""
    demande = get_object_or_404(
        Demande.objects.visibles_par(request.user)
        .exclude(organisme_id__in=request.user.organismes_ids)
        .filter(etat__in=A_CONFIER)
        .select_related("appel", "organisme", "volet"),
        reference=reference,
    )
    exiger(request, "affectation.gerer", demande)
    formulaire = AffectationForm(request.POST or None, demande=demande)
    if request.method == "POST" and formulaire.is_valid():
        fait = executer(
            request,
            comite.affecter_a_la_main,
            formulaire=formulaire,
            demande=demande,
            membres=list(formulaire.cleaned_data["membres"]),
            succes="Le choix des membres est enregistré.",
        )
        if fait is not None:
            return redirect("ville:comite", code=demande.appel.code)
    return render(
        request,
        "evaluations/ville/affecter.html",
        {
            "demande": demande,
            "appel": demande.appel,
            "formulaire": formulaire,
            "indices": _indices(formulaire, demande),
        },
    )


@require_POST
def ouvrir_evaluations(request: HttpRequest, code: str) -> HttpResponse:
    """Ouvre l'évaluation des demandes confiées ; chaque membre est averti une fois."""
    appel = _appel(request, code)
    ouvertes = executer(request, rappels.ouvrir_evaluations, appel=appel)
    if ouvertes is not None:
        _dire(request, _nombre(ouvertes, "évaluation ouverte", "évaluations ouvertes"))
    return redirect("ville:comite", code=code)


@require_POST
def clore_evaluations(request: HttpRequest, code: str) -> HttpResponse:
    """Clôt l'évaluation de chaque demande dont toutes les fiches sont soumises."""
    appel = _appel(request, code)
    closes = executer(request, fiches.clore_evaluations, appel=appel)
    if closes is not None:
        _dire(request, _nombre(closes, "évaluation close", "évaluations closes"))
    return redirect("ville:comite", code=code)


@require_http_methods(["GET", "POST"])
def clore_evaluation(request: HttpRequest, reference: str) -> HttpResponse:
    """Montre les fiches qui ne compteront pas, puis clôt l'évaluation d'une demande."""
    demande = trouver(
        request,
        Demande.objects.visibles_par(request.user)
        .filter(etat="en_evaluation")
        .select_related("appel"),
        "demande.clore_evaluation",
        reference=reference,
    )
    if request.method == "POST":
        executer(
            request,
            fiches.clore_evaluation,
            demande=demande,
            succes="L'évaluation est close ; le score est connu.",
        )
        return redirect("ville:comite", code=demande.appel.code)
    affectations = (
        demande.affectations.exclude(etat="recusee")
        .select_related("membre__utilisateur", "evaluation")
        .order_by("membre__code")
    )
    return render(
        request,
        "evaluations/ville/clore_evaluation.html",
        {
            "demande": demande,
            "appel": demande.appel,
            "manquantes": [a for a in affectations if not est_soumise(a)],
            "soumises": sum(1 for a in affectations if est_soumise(a)),
        },
    )


@require_POST
def rappeler(request: HttpRequest, code: str) -> HttpResponse:
    """Un courriel à chaque membre qui n'a pas tout déclaré ou tout soumis."""
    appel = _appel(request, code)
    if executer(request, rappels.rappeler, appel=appel) is not None:
        _dire(request, "Les membres attendus sont rappelés par courriel.")
    return redirect("ville:comite", code=code)


def _dire(request: HttpRequest, phrase: str) -> None:
    messages.success(request, phrase)


def _nombre(liste: Any, singulier: str, pluriel: str) -> str:
    nombre = len(liste) if isinstance(liste, list) else 0
    if not nombre:
        return "Rien à faire pour l'instant."
    return f"{nombre} {pluriel if nombre > 1 else singulier}."
