"""Les modèles de lettres et de convention : liste, brouillon, versions, aperçu."""

from typing import Any

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_POST
from django_prose_editor.widgets import importmap

from appels.models import Appel
from financement import apercus
from financement.champs_fusion import champs_de
from financement.forms_modele import ApercuForm, ModeleForm
from financement.models import ModeleDocument
from financement.services import modeles as services
from socle.models import EntreeJournal
from socle.vues import executer, exiger, trouver

Genre = ModeleDocument.Genre


def _appel(request: HttpRequest, code: str | None) -> Appel | None:
    exiger(request, "modele.gerer")
    if code is None:
        return None
    return trouver(request, Appel.objects.visibles_par(request.user), "modele.gerer", code=code)


def _genre(genre: str) -> str:
    if genre not in Genre.values:
        raise Http404
    return genre


def modeles(request: HttpRequest, code: str | None = None) -> HttpResponse:
    """Chaque genre, la version qui vaut et le brouillon en cours."""
    appel = _appel(request, code)
    connus = ModeleDocument.objects.filter(appel__in=[appel] if appel else [])
    connus = (connus | ModeleDocument.objects.filter(appel=None)).select_related("modifie_par")
    versions = list(connus.order_by("-version"))
    return render(
        request,
        "financement/ville/modeles.html",
        {
            "appel": appel,
            "lignes": [_ligne(genre, appel, versions) for genre in Genre],
            "appels": [] if appel else _appels_adaptes(),
        },
    )


def _ligne(genre: Genre, appel: Appel | None, versions: list[ModeleDocument]) -> dict[str, Any]:
    du_genre = [v for v in versions if v.genre == genre]
    propres = [v for v in du_genre if v.appel_id == (appel.pk if appel else None)]
    publiees = [v for v in propres if v.est_publie]
    de_la_ville = [v for v in du_genre if v.appel_id is None and v.est_publie]
    return {
        "genre": genre,
        "en_vigueur": (publiees or de_la_ville or [None])[0],
        "est_propre": bool(publiees),
        "brouillon": next((v for v in propres if not v.est_publie), None),
    }


def _appels_adaptes() -> Any:
    return Appel.objects.filter(modeles__publie_le__isnull=False).distinct().order_by("-ouverture")


def modele(request: HttpRequest, genre: str, code: str | None = None) -> HttpResponse:
    """Écrire le brouillon d'un modèle ; l'enregistrer, l'essayer ou le publier."""
    appel = _appel(request, code)
    genre = _genre(genre)
    courant = ModeleDocument.objects.de(genre, appel).filter(
        publie_le=None
    ).first() or services.lire_modele(genre, appel)
    form = ModeleForm(
        request.POST or None,
        initial={"objet": courant.objet, "corps": courant.corps},
        convention=courant.est_convention,
    )
    if request.method == "POST" and form.is_valid():
        brouillon = executer(request, services.ouvrir_brouillon, genre=genre, appel=appel)
        if brouillon and (
            enregistre := executer(
                request,
                services.enregistrer_modele,
                formulaire=form,
                modele=brouillon,
                **form.cleaned_data,
            )
        ):
            return _apres(request, enregistre)
    versions = ModeleDocument.objects.de(genre, appel).publies().select_related("publie_par")
    return render(
        request,
        "financement/ville/modele.html",
        {
            "appel": appel,
            "genre": Genre(genre),
            "courant": courant,
            "form": form,
            "champs_du_genre": champs_de(genre),
            "versions": versions.order_by("-version"),
            "entrees": EntreeJournal.objects.pour(*ModeleDocument.objects.de(genre, appel))[:50],
            # L'éditeur est un module : sa carte d'imports est en ligne, sous le jeton de la page.
            "carte_imports": importmap.render(attrs={"nonce": str(request.csp_nonce)}),
        },
    )


def _apres(request: HttpRequest, modele: ModeleDocument) -> HttpResponse:
    """Selon le bouton : publié, essayé sur une demande, ou enregistré."""
    if "publier" in request.POST:
        executer(
            request,
            services.publier_modele,
            modele=modele,
            succes="Le modèle est publié : les prochains documents en seront faits.",
        )
        return _vers_la_liste(modele)
    if "apercu" in request.POST:
        return redirect("ville:modele_apercu", pk=modele.pk)
    messages.success(request, "Le brouillon est enregistré.")
    if modele.appel_id:
        return redirect("ville:modele_appel", code=modele.appel.code, genre=modele.genre)
    return redirect("ville:modele", genre=modele.genre)


def _vers_la_liste(modele: ModeleDocument) -> HttpResponse:
    if modele.appel_id:
        return redirect("ville:modeles_appel", code=modele.appel.code)
    return redirect("ville:modeles")


@require_POST
def abandonner(request: HttpRequest, pk: int) -> HttpResponse:
    """Efface un brouillon ; la version publiée vaut encore."""
    brouillon = _version(request, pk)
    executer(
        request,
        services.abandonner_brouillon,
        modele=brouillon,
        succes="Le brouillon est abandonné.",
    )
    return _vers_la_liste(brouillon)


def _version(request: HttpRequest, pk: int) -> ModeleDocument:
    exiger(request, "modele.gerer")
    return trouver(request, ModeleDocument.objects.select_related("appel", "publie_par"), pk=pk)


def apercu(request: HttpRequest, pk: int) -> HttpResponse:
    """Une version, fusionnée sur la demande choisie."""
    version = _version(request, pk)
    demandes = apercus.demandes_a_montrer(request.user, version.appel)
    form = ApercuForm(request.GET if "demande" in request.GET else None, demandes=demandes)
    choisie = form.cleaned_data["demande"] if form.is_bound and form.is_valid() else None
    demande = choisie or demandes.first()
    contexte = {"version": version, "form": form, "demande": demande, "texte": None}
    if demande is not None:
        contexte["texte"] = apercus.contexte_de(version, demande)
        contexte["vides"] = apercus.vides_de(version, demande)
        if not form.is_bound:
            form.initial["demande"] = demande.reference
    return render(request, "financement/ville/modele_apercu.html", contexte)


def apercu_pdf(request: HttpRequest, pk: int, reference: str) -> HttpResponse:
    """Le même aperçu, en PDF, marqué comme tel."""
    version = _version(request, pk)
    demande = trouver(
        request, apercus.demandes_a_montrer(request.user, version.appel), reference=reference
    )
    reponse = HttpResponse(apercus.pdf_de(version, demande), content_type="application/pdf")
    reponse["Content-Disposition"] = f'inline; filename="apercu-{version.genre}.pdf"'
    return reponse
