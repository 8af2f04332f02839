"""Le bilan d'un appel, d'une année ou d'un plan : pour les employés et le bailleur, et eux seuls.

Le bailleur lit l'argent par source et par exercice, les indicateurs, les projets et les versions
figées ; les employés, le bilan complet.
"""

from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_POST

from financement.annees import comparaison_de
from financement.bilan import calculer_bilan
from financement.bilan_docx import DOCX, document_modifiable
from financement.bilan_projets import projets_derriere
from financement.bilan_tableur import tableur
from financement.forms_bilan import RecitsForm
from financement.page_bilan import PAR_PAGE, corps_du_bilan
from financement.portees import (
    Portee,
    autres_portees,
    plan_courant,
    portee_d_un_plan,
    trouver_portee,
)
from financement.services import bilans as services
from financement.services.recits import ecrire_recits, recits_de
from socle.exports import XLSX, telecharger
from socle.models import Document, EntreeJournal
from socle.vues import executer, exiger


def accueil(request: HttpRequest) -> HttpResponse:
    """Le bilan du plan d'action en cours."""
    exiger(request, "bilan.voir")
    plan = plan_courant()
    if plan is None:
        return render(request, "financement/bilan/vide.html")
    return _page(request, portee_d_un_plan(plan))


def bilan(request: HttpRequest, portee: str) -> HttpResponse:
    return _page(request, _portee(request, portee))


def _portee(request: HttpRequest, cle: str, permission: str = "bilan.voir") -> Portee:
    exiger(request, permission)
    portee = trouver_portee(cle)
    if portee is None:
        raise Http404
    return portee


def _page(request: HttpRequest, portee: Portee) -> HttpResponse:
    documents = Document.objects.pour(portee.objet).filter(nature=Document.Nature.BILAN)
    return render(
        request,
        "financement/bilan/bilan.html",
        {
            "portee": portee,
            "documents": documents.only("cle", "cree_le"),
            "autres": autres_portees(),
            "complet": (complet := request.user.peut("ville.voir")),
            "peut_figer": request.user.peut("bilan.figer", portee.objet),
            "corps": corps_du_bilan(request, portee, complet=complet),
        },
    )


def projets(request: HttpRequest, portee: str) -> HttpResponse:
    """Les projets derrière un chiffre du bilan, et ce que chacun y apporte."""
    de = _portee(request, portee)
    derriere = projets_derriere(
        calculer_bilan(de.appels),
        request.GET.get("axe", ""),
        request.GET.get("code", ""),
        complet=request.user.peut("ville.voir"),
    )
    if derriere is None:
        raise Http404
    page = Paginator(derriere.apports, PAR_PAGE).get_page(request.GET.get("page"))
    return render(
        request,
        "financement/bilan/projets.html",
        {"derriere": derriere, "portee": de, "page_obj": page},
    )


def recits(request: HttpRequest, portee: str) -> HttpResponse:
    """Les textes que la Ville écrit dans le bilan."""
    de = _portee(request, portee, "bilan.figer")
    form = RecitsForm(request.POST or None, initial=recits_de(de))
    if (
        request.method == "POST"
        and form.is_valid()
        and executer(
            request,
            ecrire_recits,
            portee=de,
            textes=form.cleaned_data,
            formulaire=form,
            succes="Les textes du bilan sont enregistrés.",
        )
    ):
        return redirect("bilan:bilan", portee)
    entrees = EntreeJournal.objects.pour(de.objet).filter(verbe__startswith="bilan.")
    contexte = {"portee": de, "form": form, "entrees": entrees[:50]}
    return render(request, "financement/bilan/recits.html", contexte)


def docx(request: HttpRequest, portee: str) -> HttpResponse:
    """Le document modifiable : pour les employés, textes de travail compris."""
    exiger(request, "ville.voir")
    de = _portee(request, portee)
    octets = document_modifiable(services.contexte_bilan(de))
    return telecharger(octets, f"bilan-{de.reference}.docx", DOCX)


@require_POST
def figer(request: HttpRequest, portee: str) -> HttpResponse:
    de = _portee(request, portee, "bilan.figer")
    travail = executer(request, services.demander_bilan, portee=de)
    return redirect("travail", cle=travail.cle) if travail else redirect("bilan:bilan", portee)


def xlsx(request: HttpRequest, portee: str) -> HttpResponse:
    """Le classeur : complet pour les employés ; pour le bailleur, ce qu'il lit."""
    de = _portee(request, portee)
    octets = tableur(
        calculer_bilan(de.appels),
        complet=request.user.peut("ville.voir"),
        comparaison=comparaison_de(de.annee),
    )
    return telecharger(octets, f"bilan-{de.reference}.xlsx", XLSX)
