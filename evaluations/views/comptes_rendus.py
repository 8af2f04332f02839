"""Le compte rendu d'une séance : l'écrire, l'apercevoir, le lire figé, le corriger."""

from django.contrib import messages
from django.db import transaction
from django.http import FileResponse, Http404, HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_http_methods, require_POST

from appels.views.saisie import en_json, enregistre, phrase_conflit
from evaluations.compte_rendu import blocs, document_lisible
from evaluations.documents import contexte_compte_rendu
from evaluations.forms_seance import AddendaForm, TextesForm
from evaluations.models import Seance
from evaluations.services import comptes_rendus
from evaluations.views.seances import contexte_seance, salle_de, trouver_seance
from socle.concurrence import SaisieActuelle, SaisieConcurrente, empreinte
from socle.cycle_de_vie import relire
from socle.documents import rendre_html, rendre_pdf
from socle.exceptions import RegleViolee
from socle.models import Document
from socle.saisies import garde_saisie
from socle.vues import executer, exiger


def _seance_a_ecrire(request: HttpRequest, pk: int) -> Seance:
    """Une séance ouverte ou préparée que la personne tient, et dont elle peut tout lire."""
    objet = trouver_seance(request, pk, "seance.tenir")
    exiger(request, "seance.compte_rendu", objet)
    if objet.etat == Seance.Etat.CLOSE:
        raise Http404
    return objet


@garde_saisie()
@require_http_methods(["GET", "POST"])
def textes(request: HttpRequest, pk: int) -> HttpResponse:
    """Les textes libres du compte rendu, avant la clôture ; ils s'enregistrent en écrivant."""
    objet = _seance_a_ecrire(request, pk)
    anonyme = salle_de(request) == "comite"
    formulaire = TextesForm(request.POST or None, blocs=blocs(objet, au_comite=anonyme))
    conflit: SaisieActuelle | None = None
    champ_en_conflit = ""
    if request.method == "POST" and formulaire.is_valid():
        try:
            _tout_ecrire(request, objet, formulaire)
        except SaisieConcurrente as refus:
            conflit, champ_en_conflit = refus.actuel, refus.champ
            formulaire.add_error(refus.champ, phrase_conflit(refus.actuel, request.user))
        except RegleViolee as refus:
            formulaire.add_error(refus.champ, refus.message)
        else:
            messages.success(request, f"{enregistre()}.")
            return redirect(request.path)
        relire(objet)
    return render(
        request,
        "evaluations/seance/textes.html",
        contexte_seance(
            request,
            objet,
            formulaire=formulaire,
            bases=[(f"b{bloc.cle}", empreinte(bloc.texte)) for bloc in blocs(objet)],
            conflit=conflit,
            champ_en_conflit=champ_en_conflit,
        ),
        status=422 if formulaire.errors else 200,
    )


@transaction.atomic
def _tout_ecrire(request: HttpRequest, objet: Seance, formulaire: TextesForm) -> None:
    for cle, texte in formulaire.cleaned_data.items():
        comptes_rendus.ecrire_texte(
            acteur=request.user,
            seance=objet,
            bloc=cle,
            texte=texte,
            base=request.POST.get(f"b{cle}", "")[:12],
        )


@require_POST
def texte(request: HttpRequest, pk: int, bloc: str) -> JsonResponse:
    """Un bloc, enregistré pendant la saisie."""
    objet = _seance_a_ecrire(request, pk)
    return en_json(
        request,
        lambda: comptes_rendus.ecrire_texte(
            acteur=request.user,
            seance=objet,
            bloc=bloc,
            texte=request.POST.get(bloc, ""),
            base=request.POST.get(f"b{bloc}", "")[:12],
        ),
        base=lambda ecrit: empreinte(ecrit["texte"]),
    )


def apercu(request: HttpRequest, pk: int) -> HttpResponse:
    """Le compte rendu tel qu'il serait aujourd'hui, en PDF ; rien n'est figé."""
    objet = _seance_a_ecrire(request, pk)
    if not contexte_seance(request, objet)["apercu_permis"]:
        raise Http404
    html = rendre_html(
        "pdf/compte_rendu.html",
        contexte_compte_rendu(objet, acteur=request.user, projet=True),
    )
    pdf = rendre_pdf(html, titre=f"Aperçu du compte rendu — {objet.appel.code}")
    reponse = HttpResponse(pdf, content_type="application/pdf")
    reponse["Content-Disposition"] = 'inline; filename="apercu-compte-rendu.pdf"'
    return reponse


def compte_rendu(request: HttpRequest, pk: int) -> HttpResponse:
    """Le compte rendu figé ; à qui est récusé d'une demande, sa copie sans elle."""
    lisible = document_lisible(request.user, trouver_seance(request, pk, "seance.voir"))
    if lisible is None:
        raise Http404
    return _servir(lisible)


def _servir(document: Document) -> FileResponse:
    return FileResponse(document.pdf.open("rb"), filename=document.pdf.name.rsplit("/", 1)[-1])


@require_http_methods(["GET", "POST"])
def addenda(request: HttpRequest, pk: int) -> HttpResponse:
    """Corrige un compte rendu figé par un addenda daté, figé à son tour."""
    objet = trouver_seance(request, pk, "seance.tenir")
    exiger(request, "seance.compte_rendu", objet)
    if objet.etat != Seance.Etat.CLOSE:
        raise Http404
    formulaire = AddendaForm(request.POST or None)
    if request.method == "POST" and formulaire.is_valid():
        emis = executer(
            request,
            comptes_rendus.ajouter_addenda,
            formulaire=formulaire,
            seance=objet,
            texte=formulaire.cleaned_data["texte"],
            succes="L'addenda est émis ; le compte rendu, lui, n'a pas changé.",
        )
        if emis:
            return redirect(f"{salle_de(request)}:seance", pk=pk)
    return render(
        request,
        "evaluations/seance/addenda.html",
        contexte_seance(request, objet, formulaire=formulaire),
        status=422 if formulaire.errors else 200,
    )


def addenda_pdf(request: HttpRequest, pk: int, no: int) -> HttpResponse:
    """Un addenda figé, à qui peut lire le compte rendu."""
    objet = trouver_seance(request, pk, "seance.compte_rendu")
    return _servir(get_object_or_404(objet.addendas.select_related("document"), no=no).document)
