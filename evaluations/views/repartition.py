"""La Ville : proposer la répartition des lectures, la retoucher, l'accepter."""

from typing import Any

from django.core.paginator import Paginator
from django.db.models import Count
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_http_methods, require_POST

from appels.models import Appel
from evaluations.forms_repartition import CollecteForm, RepartitionForm
from evaluations.lectures_a_repartir import demandes_a_confier, liens_a_examiner, membres_du_comite
from evaluations.models import Affectation, CollecteSouhaits, MembreComite, Repartition, Souhait
from evaluations.services import interets
from evaluations.services import repartition as services
from evaluations.tableau_repartition import TableauRepartition
from socle.exports import reponse_xlsx
from socle.models import EntreeJournal, Travail
from socle.vues import executer, exiger, trouver

PAR_PAGE = 50


def _appel(request: HttpRequest, code: str) -> Appel:
    appel = get_object_or_404(Appel.objects.visibles_par(request.user), code=code)
    exiger(request, "affectation.gerer", appel)
    return appel


def _proposition(request: HttpRequest, appel: Appel) -> Repartition:
    return trouver(
        request,
        Repartition.objects.visibles_par(request.user).select_related("appel", "proposee_par"),
        "repartition.modifier",
        appel=appel,
    )


@require_http_methods(["GET", "POST"])
def repartition(request: HttpRequest, code: str) -> HttpResponse:
    """Régler, proposer, regarder ; en POST, calcule une nouvelle proposition."""
    appel = _appel(request, code)
    formulaire = RepartitionForm(request.POST or None, appel=appel)
    if request.method == "POST" and formulaire.is_valid():
        fait = executer(
            request,
            services.proposer,
            formulaire=formulaire,
            appel=appel,
            **formulaire.cleaned_data,
        )
        if isinstance(fait, Travail):
            return redirect("travail", cle=fait.cle)
        if fait:
            return redirect("ville:repartition", code=code)
    proposition = (
        Repartition.objects.visibles_par(request.user)
        .filter(appel=appel)
        .select_related("appel", "proposee_par")
        .first()
    )
    contexte = {"appel": appel, "formulaire": formulaire}
    if proposition is None:
        return _page_reglages(request, contexte)
    if not formulaire.is_bound:
        contexte["formulaire"] = RepartitionForm(
            appel=appel,
            initial={"nombre": proposition.nombre, "charge_max": proposition.charge_max},
        )
    return _page_proposition(request, proposition, contexte)


def _page_reglages(
    request: HttpRequest, contexte: dict[str, Any], collecte_form: CollecteForm | None = None
) -> HttpResponse:
    """Ce qu'il y a à répartir, ce que les membres ont dit, et les réglages du calcul."""
    appel = contexte["appel"]
    demandes, membres = demandes_a_confier(request.user, appel), membres_du_comite(appel)
    affectations = Affectation.objects.filter(demande__in=demandes, membre__in=membres)
    contexte |= {
        "demandes": len(demandes),
        "membres": len(membres),
        "confiees": affectations.exclude(etat=Affectation.Etat.RECUSEE).count(),
        "liens_a_examiner": liens_a_examiner(demandes, membres),
        "collecte": CollecteSouhaits.objects.filter(appel=appel).first(),
        "collecte_form": collecte_form or CollecteForm(),
        "membres_avec_souhaits": Souhait.objects.filter(
            demande__in=demandes, membre__in=membres
        ).aggregate(n=Count("membre", distinct=True))["n"],
        "membres_avec_themes": sum(1 for membre in membres if membre.themes.all()),
    }
    return render(request, "evaluations/ville/repartition.html", contexte)


def _page_proposition(
    request: HttpRequest, proposition: Repartition, contexte: dict[str, Any]
) -> HttpResponse:
    tableau = TableauRepartition(proposition)
    contexte |= {
        "proposition": proposition,
        "tableau": tableau,
        "entrees": EntreeJournal.objects.pour(proposition)[:50],
        "siege": proposition.appel.membres.filter(utilisateur=request.user, actif=True).exists(),
    }
    if not proposition.est_possible:
        return render(request, "evaluations/ville/repartition_impossible.html", contexte)
    if request.GET.get("format") == "xlsx":
        return _tableur(tableau, proposition.appel)
    contexte["page_obj"] = Paginator(tableau.lignes, PAR_PAGE).get_page(request.GET.get("page"))
    return render(request, "evaluations/ville/repartition_proposee.html", contexte)


def _tableur(tableau: TableauRepartition, appel: Appel) -> HttpResponse:
    return reponse_xlsx(
        f"repartition-{appel.code}",
        ("Demande", "Projet", "Organisme", "Membre", "Nom", "Pourquoi"),
        (
            (
                ligne.demande.code,
                ligne.demande.titre,
                ligne.demande.organisme.nom,
                lecture.membre.code,
                str(lecture.membre),
                " ; ".join(lecture.raisons),
            )
            for ligne in tableau.lignes
            for lecture in ligne.lectures
        ),
        titre=f"Répartition {appel.code}",
    )


@require_POST
def souhaits(request: HttpRequest, code: str) -> HttpResponse:
    """Demande aux membres leurs souhaits, par courriel, jusqu'à une date."""
    appel = _appel(request, code)
    formulaire = CollecteForm(request.POST)
    if formulaire.is_valid() and executer(
        request,
        interets.demander_souhaits,
        formulaire=formulaire,
        appel=appel,
        succes="Les souhaits sont demandés aux membres par courriel.",
        **formulaire.cleaned_data,
    ):
        return redirect("ville:repartition", code=code)
    contexte = {"appel": appel, "formulaire": RepartitionForm(appel=appel)}
    return _page_reglages(request, contexte, formulaire)


@require_http_methods(["GET", "POST"])
def deplacer(request: HttpRequest, reference: str, pk: int) -> HttpResponse:
    """Montre l'effet de chaque autre membre à la place de celui-ci, puis le garde."""
    proposition = get_object_or_404(
        Repartition.objects.visibles_par(request.user).select_related("appel", "proposee_par"),
        appel__demandes__reference=reference,
    )
    exiger(request, "repartition.modifier", proposition)
    tableau = TableauRepartition(proposition)
    demande = next((d for d in tableau.demandes.values() if d.reference == reference), None)
    membre = get_object_or_404(MembreComite, pk=pk, appel=proposition.appel)
    paire = (getattr(demande, "pk", None), membre.pk)
    if paire not in tableau.paires or paire in tableau.probleme.gardees:
        raise Http404
    if request.method == "POST":
        vers = get_object_or_404(
            MembreComite, code=request.POST.get("vers"), appel=proposition.appel
        )
        fait = executer(
            request,
            services.deplacer_paire,
            succes=f"{vers.code} lira {demande.code} à la place de {membre.code}.",
            repartition=proposition,
            demande=demande,
            de=membre,
            vers=vers,
        )
        if fait:
            return redirect("ville:repartition", code=proposition.appel.code)
    return render(
        request,
        "evaluations/ville/repartition_deplacer.html",
        {
            "appel": proposition.appel,
            "tableau": tableau,
            "demande": demande,
            "membre": membre,
            "charge": tableau.bilan.charges[membre.pk],
            "effets": tableau.effets(demande, membre),
        },
    )


@require_POST
def accepter(request: HttpRequest, code: str) -> HttpResponse:
    """Confie ce qui est proposé."""
    appel = _appel(request, code)
    fait = executer(
        request,
        services.accepter,
        succes="Les lectures sont confiées.",
        repartition=_proposition(request, appel),
    )
    return redirect("ville:repartition" if fait is None else "ville:comite", code=code)


@require_POST
def abandonner(request: HttpRequest, code: str) -> HttpResponse:
    """Oublie la proposition et revient aux réglages."""
    appel = _appel(request, code)
    executer(
        request,
        services.abandonner,
        succes="La proposition est abandonnée ; rien n'était confié.",
        repartition=_proposition(request, appel),
    )
    return redirect("ville:repartition", code=code)
