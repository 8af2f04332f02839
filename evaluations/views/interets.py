"""Avant de lire : déclarer ses liens, dire ses thèmes et ses souhaits ; les dates du comité."""

from typing import Any

from django.core.paginator import Page, Paginator
from django.forms import BaseForm
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods, require_POST

from evaluations.calendrier import calendrier_du_comite
from evaluations.forms_interets import InteretsForm, PortraitForm, RecusationForm, SouhaitsForm
from evaluations.indices import liens_possibles
from evaluations.models import Affectation, CollecteSouhaits, MembreComite, Souhait
from evaluations.projets import projet_lu, projets_lus
from evaluations.services import comite
from evaluations.services import interets as services
from evaluations.visibilite import A_DECLARER_DANS
from socle.exports import telecharger
from socle.vues import executer, trouver

PAR_PAGE = 50


def _siege(request: HttpRequest, code: str) -> MembreComite:
    sieges = request.user.sieges.filter(actif=True).select_related("appel", "utilisateur")
    return trouver(request, sieges, appel__code=code)


def _affectations(siege: MembreComite) -> list[Affectation]:
    return list(
        Affectation.objects.non_recusees_de(siege.utilisateur)
        .filter(demande__appel=siege.appel_id, demande__etat__in=A_DECLARER_DANS)
        .select_related(
            "membre",
            "demande__appel",
            "demande__organisme",
            "demande__volet",
            "demande__creee_par",
            "demande__deposee_par",
        )
        .order_by("demande__organisme__nom", "demande__code")
    )


class _Page:
    """Les trois formulaires de la page ; celui qui est envoyé garde ce qui a été saisi."""

    def __init__(self, request: HttpRequest, code: str, envoye: str = "") -> None:
        self.request, self.siege = request, _siege(request, code)
        self.appel = self.siege.appel
        donnees = {envoye: request.POST} if request.method == "POST" else {}
        self.affectations = _affectations(self.siege)
        a_declarer = [a for a in self.affectations if a.etat == Affectation.Etat.A_DECLARER]
        self.a_declarer = self._page(a_declarer, "a_declarer")
        repondues = donnees.get("interets", {})
        # Répondue ici, une demande passée entre-temps à une autre page se déclare quand même.
        demandees = [
            a
            for a in a_declarer
            if a in self.a_declarer.object_list or f"conflit_{a.pk}" in repondues
        ]
        indices = liens_possibles([self.siege], [a.demande for a in demandees])
        self.interets = InteretsForm(
            donnees.get("interets"),
            affectations=demandees,
            indices={demande: dits for (demande, _), dits in indices.items()},
        )
        self.portrait = PortraitForm(donnees.get("portrait"), membre=self.siege)
        self.collecte = CollecteSouhaits.objects.filter(appel=self.appel).first()
        self.page = self._page(services.demandes_a_souhaiter(self.siege), "page")
        demandes = self.page.object_list if self.collecte and self.collecte.est_ouverte else []
        self.souhaits = SouhaitsForm(
            donnees.get("souhaits"),
            demandes=demandes,
            souhaits=dict(
                Souhait.objects.filter(membre=self.siege).values_list("demande_id", "sens")
            ),
        )

    def _page(self, objets: Any, parametre: str) -> Page:
        return Paginator(objets, PAR_PAGE).get_page(self.request.GET.get(parametre))

    def _declarees(self) -> Page:
        """Ce qui est déjà déclaré, tel que le membre le lit : le nom ne sert plus à déclarer."""
        libres = [a for a in self.affectations if a.etat == Affectation.Etat.LIBRE]
        page = self._page(libres, "declarees")
        projets = projets_lus(affectation.demande for affectation in page)
        page.object_list = [
            {"projet": projet, "declaree_le": affectation.declaree_le}
            for affectation, projet in zip(page, projets, strict=True)
        ]
        return page

    def rendre(self, formulaire: BaseForm) -> HttpResponse:
        contexte: dict[str, Any] = {
            "appel": self.appel,
            "formulaire": self.interets,
            "a_declarer": self.a_declarer,
            "envoye": formulaire,
            "declarees": self._declarees(),
            "liens": [Affectation.Lien(valeur) for valeur in Affectation.Lien.values],
            "portrait": self.portrait,
            "collecte": self.collecte,
            "souhaits": self.souhaits,
            "page_obj": self.page,
        }
        return render(self.request, "evaluations/comite/interets.html", contexte)


@require_http_methods(["GET", "POST"])
def interets(request: HttpRequest, code: str) -> HttpResponse:
    """Dire ses liens avant de voir quoi que ce soit des demandes."""
    page = _Page(request, code, "interets")
    formulaire = page.interets
    if request.method == "POST" and formulaire.is_valid():
        faites = executer(
            request,
            comite.declarer_plusieurs,
            formulaire=formulaire,
            declarations=formulaire.declarations(),
            succes="Vos déclarations sont enregistrées.",
        )
        if faites:
            reste = page.a_declarer.paginator.count > faites
            return redirect("comite:interets", code=code) if reste else redirect("comite:accueil")
    return page.rendre(formulaire)


@require_POST
def portrait(request: HttpRequest, code: str) -> HttpResponse:
    """Range les thèmes que le membre connaît et son employeur."""
    page = _Page(request, code, "portrait")
    formulaire = page.portrait
    if formulaire.is_valid() and executer(
        request,
        services.se_decrire,
        formulaire=formulaire,
        succes="Vos thèmes et votre employeur sont enregistrés.",
        membre=page.siege,
        **formulaire.cleaned_data,
    ):
        return redirect("comite:interets", code=code)
    return page.rendre(formulaire)


@require_POST
def souhaits(request: HttpRequest, code: str) -> HttpResponse:
    """Range les souhaits de lecture d'une page de demandes."""
    page = _Page(request, code, "souhaits")
    formulaire = page.souhaits
    if formulaire.is_valid():
        fait = executer(
            request,
            services.exprimer_souhaits,
            formulaire=formulaire,
            succes="Vos souhaits sont enregistrés.",
            membre=page.siege,
            souhaits=formulaire.souhaits(),
            recusations=formulaire.recusations(),
        )
        if fait is not None:
            return redirect("comite:interets", code=code)
    return page.rendre(formulaire)


@require_http_methods(["GET", "POST"])
def recusation(request: HttpRequest, reference: str) -> HttpResponse:
    """Un lien découvert plus tard : la récusation prend effet aussitôt."""
    affectation = trouver(
        request,
        Affectation.objects.non_recusees_de(request.user)
        .filter(demande__etat__in=A_DECLARER_DANS, etat=Affectation.Etat.LIBRE)
        .select_related("membre", "demande__appel", "demande__organisme", "demande__volet"),
        "demande.lire",
        demande__reference=reference,
    )
    formulaire = RecusationForm(request.POST or None)
    if request.method == "POST" and formulaire.is_valid():
        fait = executer(
            request,
            comite.declarer_interets,
            formulaire=formulaire,
            affectation=affectation,
            conflit=True,
            lien=formulaire.cleaned_data["lien"],
            precision=formulaire.cleaned_data["precision"],
            succes="Vous êtes récusé de cette demande ; votre fiche est écartée.",
        )
        if fait:
            return redirect("comite:accueil")
    return render(
        request,
        "evaluations/comite/recusation.html",
        {
            "projet": projet_lu(affectation.demande),
            "formulaire": formulaire,
            "liens": [Affectation.Lien(valeur) for valeur in Affectation.Lien.values],
        },
    )


def calendrier(request: HttpRequest, code: str) -> HttpResponse:
    """Les dates du comité, à mettre dans son agenda."""
    siege = request.user.sieges.filter(appel__code=code, actif=True).select_related("appel").first()
    if siege is None:
        raise Http404
    return telecharger(calendrier_du_comite(siege.appel), f"comite-{code}.ics", "text/calendar")
