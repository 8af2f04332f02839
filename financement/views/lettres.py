"""Les lettres d'un appel : leur état, leur émission en lot, leurs retours, leur remplacement."""

from typing import Any

from django.contrib import messages
from django.http import FileResponse, Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_POST

from appels.models import Appel
from financement.forms import MotifCourtForm
from financement.forms_modele import RetourForm
from financement.models import EnvoiLettre, Lettre
from financement.services import envois as services_envois
from financement.services import lettres as services
from financement.services import lots_lettres, regroupement
from socle import horloge
from socle.exceptions import RegleViolee
from socle.models import EntreeJournal, Travail
from socle.vues import executer, exiger, trouver

REGROUPEMENTS = {
    "pdf": (regroupement.en_un_pdf, "application/pdf"),
    "zip": (regroupement.en_zip, "application/zip"),
}


def _appel(request: HttpRequest, code: str, permission: str = "ville.voir") -> Appel:
    return trouver(request, Appel.objects.visibles_par(request.user), permission, code=code)


def _lettres(request: HttpRequest, appel: Appel) -> Any:
    return (
        Lettre.objects.visibles_par(request.user)
        .filter(decision__demande__appel=appel)
        .select_related("decision__demande__organisme", "document__retour", "modele")
        .order_by("decision__demande__code", "-preparee_le")
    )


def lettres(request: HttpRequest, code: str) -> HttpResponse:
    appel = _appel(request, code)
    a_emettre = services.decisions_sans_lettre(appel, request.user)
    toutes = _lettres(request, appel)
    return render(
        request,
        "financement/ville/lettres.html",
        {
            "appel": appel,
            "lettres": toutes,
            "emises": sum(1 for lettre in toutes if lettre.document_id and not lettre.remplacee_le),
            "a_emettre": list(a_emettre),
            "incompletes": services.incompletes(a_emettre, appel),
            "en_defaut": EnvoiLettre.objects.visibles_par(request.user)
            .en_defaut()
            .filter(lettre__decision__demande__appel=appel)
            .count(),
            "entrees": EntreeJournal.objects.pour(*toutes)[:50],
            "travail": _travail_en_cours(request, appel),
            "peut_emettre": request.user.peut("lettre.lot", appel),
            "peut_classer": request.user.peut("retour.classer", appel),
            "peut_voir_retours": request.user.peut("retour.voir", appel),
            "peut_gerer_les_modeles": request.user.peut("modele.gerer", appel),
        },
    )


def _travail_en_cours(request: HttpRequest, appel: Appel) -> Travail | None:
    """Le dernier lot de la personne pour cet appel, s'il n'est pas fini."""
    travail = Travail.objects.filter(
        nature=lots_lettres.NATURE, parametres={"appel": appel.pk}, cree_par=request.user
    ).first()
    return travail if travail and travail.etat != Travail.Etat.FINI else None


@require_POST
def emettre(request: HttpRequest, code: str) -> HttpResponse:
    """Confie le lot aux ouvriers et mène à son avancement."""
    appel = _appel(request, code, "lettre.lot")
    travail = executer(
        request,
        lots_lettres.preparer_lot,
        appel=appel,
        sans_les_incompletes="sans_les_incompletes" in request.POST,
    )
    if travail is None:
        return redirect("ville:lettres", code=code)
    return redirect("travail", cle=travail.cle)


def telecharger(request: HttpRequest, code: str, forme: str) -> HttpResponse:
    """Les lettres émises et en cours, en un PDF à imprimer ou en ZIP."""
    appel = _appel(request, code)
    if forme not in REGROUPEMENTS:
        raise Http404
    exiger(request, "lettre.lot", appel)
    documents = [
        lettre.document
        for lettre in _lettres(request, appel).filter(remplacee_le=None, document__isnull=False)
        if not lettre.document.detruit_le
    ]
    if not documents:
        raise Http404("Aucune lettre n'est émise.")
    regrouper, type_mime = REGROUPEMENTS[forme]
    try:
        ensemble = regrouper(documents)
    except RegleViolee as refus:
        messages.error(request, refus.message)
        return redirect("ville:lettres", code=code)
    return FileResponse(
        ensemble,
        content_type=type_mime,
        as_attachment=True,
        filename=f"lettres-{appel.code.lower()}.{forme}",
    )


def remplacer(request: HttpRequest, pk: int) -> HttpResponse:
    """Préparer une lettre qui remplace une lettre transmise, avec un motif."""
    lettre = trouver(
        request,
        Lettre.objects.visibles_par(request.user)
        .filter(etat="transmise", remplacee_le=None, decision__en_vigueur=True)
        .select_related("decision__demande__appel", "decision__demande__organisme"),
        "lettre.emettre",
        pk=pk,
    )
    form = MotifCourtForm(request.POST or None)
    code = lettre.demande.appel.code
    if form.is_valid() and executer(
        request,
        services.remplacer_lettre,
        formulaire=form,
        lettre=lettre,
        succes="La nouvelle lettre est prête : elle partira avec la prochaine émission.",
        **form.cleaned_data,
    ):
        return redirect("ville:lettres", code=code)
    return render(
        request, "financement/ville/lettre_remplacer.html", {"lettre": lettre, "form": form}
    )


# --- Les envois -----------------------------------------------------------------------------------
def envois(request: HttpRequest, code: str) -> HttpResponse:
    """Les envois des lettres, ceux qui ne sont pas arrivés d'abord."""
    appel = _appel(request, code)
    liste = (
        EnvoiLettre.objects.visibles_par(request.user)
        .filter(lettre__decision__demande__appel=appel)
        .select_related("lettre__decision__demande__organisme", "lettre__document", "courriel")
    )
    defauts = liste.en_defaut()
    return render(
        request,
        "financement/ville/lettres_envois.html",
        {
            "appel": appel,
            "defauts": defauts,
            "autres": liste.exclude(pk__in=defauts.values("pk")),
            "peut_agir": request.user.peut("lettre.lot", appel),
        },
    )


def retour(request: HttpRequest, pk: int) -> HttpResponse:
    """Inscrire le retour d'un courriel ou d'un pli."""
    envoi = _envoi(request, pk)
    form = RetourForm(request.POST or None, initial={"date": horloge.aujourdhui()})
    if form.is_valid() and executer(
        request,
        services_envois.inscrire_retour,
        formulaire=form,
        envoi=envoi,
        succes="Le retour est inscrit.",
        **form.cleaned_data,
    ):
        return redirect("ville:lettres_envois", code=envoi.demande.appel.code)
    return render(request, "financement/ville/lettre_retour.html", {"envoi": envoi, "form": form})


ACTIONS = {
    "renvoyer": (services_envois.renvoyer_lettre, "La lettre est renvoyée."),
    "remettre": (services_envois.remettre_autrement, "C'est noté : la lettre est remise."),
}


@require_POST
def envoi_agir(request: HttpRequest, pk: int, action: str) -> HttpResponse:
    envoi = _envoi(request, pk)
    if action not in ACTIONS:
        raise Http404
    service, succes = ACTIONS[action]
    executer(request, service, envoi=envoi, succes=succes)
    return redirect("ville:lettres_envois", code=envoi.demande.appel.code)


def _envoi(request: HttpRequest, pk: int) -> EnvoiLettre:
    return trouver(
        request,
        EnvoiLettre.objects.visibles_par(request.user).select_related(
            "lettre__decision__demande__appel", "lettre__decision__demande__organisme", "courriel"
        ),
        "lettre.emettre",
        pk=pk,
    )
