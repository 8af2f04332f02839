"""Le bilan : pour les employés et pour le bailleur, et pour eux seuls."""

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_POST

from appels.models import Appel
from financement.bilan import Bilan, Groupe, calculer_bilan
from financement.bilan_docx import DOCX, document_modifiable
from financement.bilan_projets import adresse, projets_derriere
from financement.forms_bilan import RecitsForm
from financement.services import bilans as services
from financement.services.recits import aucun_recit, ecrire_recits, recits_de
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
        {"appels": appels, "recits": aucun_recit(), **_contexte(calculer_bilan(appels))},
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
    employe = request.user.peut("ville.voir")
    return render(
        request,
        "financement/bilan/appel.html",
        {
            "appel": objet,
            "documents": Document.objects.pour(objet).filter(nature=Document.Nature.BILAN),
            "recits": recits_de(objet) if employe else aucun_recit(),
            "peut_modifier": employe,
            "peut_figer": request.user.peut("bilan.figer", objet),
            **_contexte(calculer_bilan([objet]), objet.code),
        },
    )


def _contexte(bilan: Bilan, appel: str = "") -> dict:
    """Les dessins du bilan, chaque ligne menant à ses projets."""

    def lignes(axe: str, groupes: list[Groupe]) -> list[Ligne]:
        return [
            Ligne(
                g.libelle if axe == "secteur" else f"{g.code} {g.libelle}",
                g.accorde,
                url=adresse(axe, g.code, appel),
            )
            for g in groupes
        ]

    return {
        "bilan": bilan,
        "du_bilan": appel,
        "lignes_objectifs": lignes("objectif", bilan.objectifs),
        "lignes_besoins": lignes("besoin", bilan.besoins),
        "lignes_themes": lignes("theme", bilan.themes),
        "lignes_secteurs": lignes("secteur", bilan.secteurs),
    }


def projets(request: HttpRequest) -> HttpResponse:
    """Les projets derrière un chiffre du bilan d'un appel, ou de tous."""
    exiger(request, "bilan.voir")
    code = request.GET.get("appel", "")
    choisis = Appel.objects.publics().prefetch_related("volets__sources")
    appels = [_appel(request, code)] if code else list(choisis)
    derriere = projets_derriere(
        calculer_bilan(appels), request.GET.get("axe", ""), request.GET.get("code", "")
    )
    if derriere is None:
        raise Http404
    return render(
        request,
        "financement/bilan/projets.html",
        {"derriere": derriere, "appel": appels[0] if code else None},
    )


def recits(request: HttpRequest, code: str) -> HttpResponse:
    """Les textes que la Ville écrit dans le bilan."""
    objet = _appel(request, code, "bilan.figer")
    form = RecitsForm(request.POST or None, initial=recits_de(objet))
    if (
        request.method == "POST"
        and form.is_valid()
        and executer(
            request,
            ecrire_recits,
            appel=objet,
            textes=form.cleaned_data,
            formulaire=form,
            succes="Les textes du bilan sont enregistrés.",
        )
    ):
        return redirect("bilan:appel", code=code)
    return render(request, "financement/bilan/recits.html", {"appel": objet, "form": form})


def docx(request: HttpRequest, code: str) -> HttpResponse:
    """Le document modifiable : pour les employés, textes de travail compris."""
    exiger(request, "ville.voir")
    objet = _appel(request, code)
    octets = document_modifiable(services.contexte_bilan(objet))
    return telecharger(octets, f"bilan-{objet.code}.docx", DOCX)


@require_POST
def figer(request: HttpRequest, code: str) -> HttpResponse:
    objet = _appel(request, code, "bilan.figer")
    travail = executer(request, services.demander_bilan, appel=objet)
    return redirect("travail", cle=travail.cle) if travail else redirect("bilan:appel", code=code)


def xlsx(request: HttpRequest, code: str) -> HttpResponse:
    objet = _appel(request, code)
    return telecharger(services.tableur(calculer_bilan([objet])), f"bilan-{objet.code}.xlsx", XLSX)
