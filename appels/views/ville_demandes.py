"""Les demandes, côté Ville : la liste, une demande entière, sa recevabilité."""

from typing import Any

from django.core.paginator import Paginator
from django.db.models import Prefetch, QuerySet, prefetch_related_objects
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_POST

from appels.colonnes import COLONNES, Colonne, colonnes_choisies
from appels.doutes import doutes_sur
from appels.filtres import DemandeFilter
from appels.forms.appel import MotifForm
from appels.forms.recevabilite import ComplementForm, DerogationForm, RecevabiliteForm
from appels.formulaires import lire_formulaire
from appels.models import Demande, PieceJointe, Reponse, Verification
from appels.montants import montant_maximal, violations
from appels.regles import phrase_violation, regles_budget
from appels.services import demandes as services
from appels.services import recevabilite
from socle.exports import reponse_xlsx
from socle.models import EntreeJournal
from socle.vues import executer, exiger, trouver

PAR_PAGE = 50
# Un doute se cherche tant que la décision n'est pas prise.
A_COMPARER = frozenset(
    {"deposee", "a_completer", "recevable", "en_evaluation", "evaluee", "recommandee"}
)


def _visibles(request: HttpRequest) -> QuerySet:
    """Ce que la Ville suit : sans les demandes dont la personne est récusée."""
    return Demande.objects.sans_recusation(request.user)


def demandes(request: HttpRequest) -> HttpResponse:
    """La liste : ses filtres, son tri et ses colonnes restent dans l'adresse."""
    exiger(request, "ville.voir")
    base = (
        _visibles(request).select_related("appel", "organisme", "volet").prefetch_related("besoins")
    )
    filtre = DemandeFilter(request.GET, queryset=base.order_by("-appel__cloture", "code"))
    colonnes = colonnes_choisies(request.GET.getlist("col"))
    if request.GET.get("format") == "xlsx":
        return _exporter(filtre.qs, colonnes)
    page = Paginator(filtre.qs, PAR_PAGE).get_page(request.GET.get("page"))
    return render(
        request,
        "appels/ville/demandes.html",
        {
            "filtre": filtre,
            "actifs": filtre.actifs(),
            "page_obj": page,
            "nombre": page.paginator.count,
            "colonnes": colonnes,
            "toutes": [(colonne, colonne in colonnes) for colonne in COLONNES],
            "lignes": [
                (demande, [(colonne, colonne.valeur(demande)) for colonne in colonnes])
                for demande in page
            ],
        },
    )


def _exporter(liste: QuerySet, colonnes: list[Colonne]) -> HttpResponse:
    """Exactement la liste montrée, toutes ses pages."""
    return reponse_xlsx(
        "demandes",
        ("Numéro", "Projet", *(colonne.libelle for colonne in colonnes)),
        (
            (demande.reference, demande.titre, *(c.valeur(demande) for c in colonnes))
            for demande in liste
        ),
    )


def _trouver(request: HttpRequest, reference: str, permission: str = "demande.suivre") -> Any:
    return trouver(
        request,
        _visibles(request)
        .avec_budget()
        .select_related("appel__plan", "organisme", "volet", "formulaire"),
        permission,
        reference=reference,
    )


def demande(request: HttpRequest, reference: str) -> HttpResponse:
    """La demande entière : ce qui est écrit, ce qui est vérifié, ce qui peut se faire."""
    objet = _trouver(request, reference)
    _precharger(objet)
    form = RecevabiliteForm(propositions=_propositions(request, objet))
    return render(request, "appels/ville/demande.html", _contexte(request, objet, form))


def _precharger(objet: Demande) -> None:
    """Ce que la page et ses propositions lisent toutes deux."""
    pieces = PieceJointe.objects.select_related("piece_exigee", "question").order_by("ajoutee_le")
    prefetch_related_objects(
        [objet],
        "besoins",
        Prefetch("reponses", Reponse.objects.order_by()),
        Prefetch("pieces", pieces),
    )


def _est_a_verifier(request: HttpRequest, objet: Demande) -> bool:
    return objet.etat in recevabilite.EN_VERIFICATION and request.user.peut(
        "demande.traiter", objet
    )


def _propositions(request: HttpRequest, objet: Demande) -> dict[str, tuple[str, str]]:
    """Pour chaque point, ce qui est répondu, sinon ce que la machine propose ; rien hors de la
    vérification, la liste n'est alors pas montrée."""
    if not _est_a_verifier(request, objet):
        return {}
    propositions = recevabilite.points_proposes(objet, request.user)
    return propositions | {v.point: (v.reponse, v.remarque) for v in objet.verifications.all()}


def _contexte(request: HttpRequest, objet: Demande, form: RecevabiliteForm) -> dict[str, Any]:
    budget, regles = objet.budget(), regles_budget(objet)
    a_verifier = _est_a_verifier(request, objet)
    return {
        "demande": objet,
        "budget": budget,
        "maximum": montant_maximal(budget, regles),
        "violations": [phrase_violation(v) for v in violations(budget, regles)],
        "aides": objet.aides_annoncees.all(),
        "postes": objet.postes.all(),
        "revenus": objet.revenus.all(),
        "besoins": objet.besoins.all(),
        "sections": lire_formulaire(objet),
        "pieces": [piece for piece in objet.pieces.all() if piece.retiree_le is None],
        "depots": objet.depots.select_related("document").order_by("-depose_le"),
        "complements": objet.complements.order_by("-demande_le"),
        "doutes": doutes_sur(objet, _visibles(request)) if objet.etat in A_COMPARER else [],
        "peut_traiter": request.user.peut("demande.traiter", objet),
        "entrees": EntreeJournal.objects.pour(objet)[:50],
        "form": form,
        "complete": a_verifier and objet.verifications.count() == len(Verification.Point.values),
        "a_verifier": a_verifier,
        "peut_deroger": objet.etat == "brouillon"
        and objet.appel.est_clos
        and request.user.peut("demande.accorder_derogation", objet),
        "peut_conventionner": request.user.peut("convention.preparer", objet)
        and objet.etat in {"acceptee", "conventionnee"},
    }


@require_POST
def verifier(request: HttpRequest, reference: str) -> HttpResponse:
    """Enregistre les points répondus ; pour aller plus loin, chaque point a sa réponse."""
    objet = _trouver(request, reference, "demande.traiter")
    _precharger(objet)
    form = RecevabiliteForm(request.POST, propositions=_propositions(request, objet))
    if form.is_valid():
        for point, reponse in form.cleaned_data.items():
            if reponse and not executer(
                request,
                recevabilite.verifier_point,
                demande=objet,
                point=point,
                reponse=reponse,
            ):
                return redirect("ville:demande", reference=reference)
    if request.POST.get("suite") == "recevable":
        repondus = set(objet.verifications.values_list("point", flat=True))
        for point in [nom for nom in form.fields if nom not in repondus]:
            form.add_error(point, "Répondez oui ou non.")
        if form.errors:
            return render(request, "appels/ville/demande.html", _contexte(request, objet, form))
        executer(
            request,
            recevabilite.declarer_recevable,
            demande=objet,
            succes="La demande est recevable.",
        )
    return redirect("ville:demande", reference=reference)


def irrecevable(request: HttpRequest, reference: str) -> HttpResponse:
    objet = _trouver(request, reference, "demande.traiter")
    form = MotifForm(request.POST or None)
    if (
        request.method == "POST"
        and form.is_valid()
        and executer(
            request,
            recevabilite.declarer_irrecevable,
            formulaire=form,
            succes="La demande est irrecevable ; l'organisme a reçu le motif.",
            demande=objet,
            **form.cleaned_data,
        )
    ):
        return redirect("ville:demande", reference=reference)
    return render(
        request,
        "appels/ville/irrecevable.html",
        {"demande": objet, "form": form, "refuses": objet.verifications.filter(reponse="non")},
    )


def complement(request: HttpRequest, reference: str) -> HttpResponse:
    objet = _trouver(request, reference, "demande.traiter")
    form = ComplementForm(request.POST or None, demande=objet)
    if (
        request.method == "POST"
        and form.is_valid()
        and executer(
            request,
            recevabilite.demander_complement,
            formulaire=form,
            succes="Le complément est demandé ; l'organisme a reçu un courriel.",
            demande=objet,
            **form.cleaned_data,
        )
    ):
        return redirect("ville:demande", reference=reference)
    return render(request, "appels/ville/complement.html", {"demande": objet, "form": form})


def derogation(request: HttpRequest, reference: str) -> HttpResponse:
    objet = _trouver(request, reference, "demande.accorder_derogation")
    form = DerogationForm(request.POST or None)
    if (
        request.method == "POST"
        and form.is_valid()
        and executer(
            request,
            services.accorder_derogation,
            formulaire=form,
            succes="La dérogation est accordée.",
            demande=objet,
            **form.cleaned_data,
        )
    ):
        return redirect("ville:demande", reference=reference)
    return render(request, "appels/ville/derogation.html", {"demande": objet, "form": form})
