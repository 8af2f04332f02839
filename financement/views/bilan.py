"""Le bilan : pour les employés et pour le bailleur, et pour eux seuls."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_POST

from appels.models import Appel
from financement.bilan import Bilan, calculer_bilan
from financement.services import bilans as services
from socle.exports import XLSX, telecharger
from socle.graphiques import Ligne
from socle.models import Document
from socle.vues import executer, exiger, trouver


def accueil(request: HttpRequest) -> HttpResponse:
    """Tous les appels publiés, ensemble puis un à un."""
    exiger(request, "bilan.voir")
    appels = list(Appel.objects.publics().prefetch_related("volets__sources"))
    return render(
        request,
        "financement/bilan/accueil.html",
        {"appels": appels, **_contexte(calculer_bilan(appels))},
    )


def _appel(request: HttpRequest, code: str, permission: str = "bilan.voir") -> Appel:
    return trouver(
        request,
        Appel.objects.publics().select_related("plan").prefetch_related("volets__sources"),
        permission,
        code=code,
    )


def appel(request: HttpRequest, code: str) -> HttpResponse:
    objet = _appel(request, code)
    return render(
        request,
        "financement/bilan/appel.html",
        {
            "appel": objet,
            "documents": Document.objects.pour(objet).filter(nature=Document.Nature.BILAN),
            "peut_figer": request.user.peut("bilan.figer", objet),
            **_contexte(calculer_bilan([objet])),
        },
    )


def _contexte(bilan: Bilan) -> dict:
    return {
        "bilan": bilan,
        "lignes_objectifs": [Ligne(g.libelle, g.accorde) for g in bilan.objectifs],
        "lignes_besoins": [Ligne(f"{g.code} {g.libelle}", g.accorde) for g in bilan.besoins],
        "lignes_secteurs": [Ligne(g.libelle, g.accorde) for g in bilan.secteurs],
    }


@require_POST
def figer(request: HttpRequest, code: str) -> HttpResponse:
    objet = _appel(request, code, "bilan.figer")
    travail = executer(request, services.demander_bilan, appel=objet)
    return redirect("travail", cle=travail.cle) if travail else redirect("bilan:appel", code=code)


def xlsx(request: HttpRequest, code: str) -> HttpResponse:
    objet = _appel(request, code)
    return telecharger(services.tableur(calculer_bilan([objet])), f"bilan-{objet.code}.xlsx", XLSX)
