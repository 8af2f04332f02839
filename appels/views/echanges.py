"""L'échange sur une demande : la page de l'organisme, celles de la Ville."""

from collections.abc import Callable
from typing import Any

from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_POST

from appels.forms.echanges import DernierVuForm, MessageForm
from appels.models import Demande, Message
from appels.models.echange import echange_clos
from appels.services import echanges as services
from appels.services import questions_publiques
from appels.views.suivi import siennes
from socle.models import EntreeJournal
from socle.saisies import garde_saisie
from socle.vues import executer, exiger, trouver

PAR_PAGE = 50


@garde_saisie(sans=frozenset({"envoyer"}))
def organisme(request: HttpRequest, reference: str) -> HttpResponse:
    """Écrire à la Ville sur une demande, et lire ses réponses."""
    demande = trouver(request, siennes(request), "echange.ecrire", reference=reference)
    return _page(
        request,
        demande,
        gabarit="appels/organisme/echange.html",
        service=services.ecrire_a_la_ville,
        succes="Votre message est envoyé. Un courriel vous dira quand la Ville aura répondu.",
    )


@garde_saisie(sans=frozenset({"envoyer"}))
def ville(request: HttpRequest, reference: str) -> HttpResponse:
    """Lire ce que l'organisme demande, et lui répondre."""
    demande = _de_la_ville(request, reference, "echange.suivre")
    return _page(
        request,
        demande,
        gabarit="appels/ville/echange.html",
        service=services.repondre if request.user.peut("echange.repondre", demande) else None,
        succes="Votre message est envoyé ; l'organisme a reçu un courriel.",
    )


def _de_la_ville(request: HttpRequest, reference: str, permission: str) -> Demande:
    demandes = Demande.objects.visibles_par(request.user).select_related("appel", "organisme")
    return trouver(request, demandes, permission, reference=reference)


def _page(
    request: HttpRequest,
    demande: Demande,
    *,
    gabarit: str,
    service: Callable | None,
    succes: str,
) -> HttpResponse:
    ecrivable = service is not None and not echange_clos(demande)
    form = MessageForm()
    if request.method == "POST":
        if "envoyer" not in request.POST:
            # Repris après une session expirée : la personne relit avant d'envoyer.
            form = MessageForm(initial={"texte": request.POST.get("texte", "")})
        else:
            form = MessageForm(request.POST)
            if message := _envoyer(request, form, service, succes, demande):
                return redirect(f"{request.path}#message-{message.pk}")
    avant = services.noter_lecture(acteur=request.user, demande=demande)
    fil = list(demande.messages.select_related("auteur", "question_publique__appel"))
    for message in fil:
        message.publique = getattr(message, "question_publique", None)
        # Un classement et sa reprise n'annoncent rien.
        message.est_nouveau = bool(
            message.texte and message.pk > avant and message.auteur_id != request.user.pk
        )
    return render(
        request,
        gabarit,
        {
            "demande": demande,
            "fil": fil,
            "entrees": EntreeJournal.objects.pour(*fil)[:50],
            "dernier_vu": fil[-1].pk if fil else 0,
            "form": form,
            "clos": echange_clos(demande),
            "ecrivable": ecrivable,
            "peut_publier": service is services.repondre
            and request.user.peut("question.repondre", demande.appel),
            "attend": bool(fil)
            and (
                fil[-1].cote == Message.Cote.ORGANISME or fil[-1].nature == Message.Nature.REPRISE
            ),
            "classe": bool(fil) and fil[-1].nature == Message.Nature.CLASSEMENT,
        },
    )


def _envoyer(
    request: HttpRequest, form: MessageForm, service: Callable | None, succes: str, demande: Demande
) -> Any:
    if service is None:
        exiger(request, "echange.repondre", demande)
    return form.is_valid() and executer(
        request,
        service,
        formulaire=form,
        succes=succes,
        demande=demande,
        texte=form.cleaned_data["texte"],
        dernier_vu=_dernier_vu(request),
    )


def _dernier_vu(request: HttpRequest) -> int:
    """Ce que la page montrait ; illisible, c'est comme si elle n'avait rien montré."""
    form = DernierVuForm(request.POST)
    return form.cleaned_data["dernier_vu"] if form.is_valid() else 0


@require_POST
def classer(request: HttpRequest, reference: str) -> HttpResponse:
    """Le message est lu et ne demande pas de réponse."""
    demande = _de_la_ville(request, reference, "echange.repondre")
    executer(
        request,
        services.classer,
        succes="C'est noté : ce message n'attend plus de réponse.",
        demande=demande,
        dernier_vu=_dernier_vu(request),
    )
    return redirect("ville:echange", reference=reference)


@require_POST
def reprendre(request: HttpRequest, reference: str) -> HttpResponse:
    """Défaire un classement fait trop vite."""
    demande = _de_la_ville(request, reference, "echange.repondre")
    executer(
        request,
        services.reprendre,
        succes="C'est noté : ce message attend de nouveau une réponse.",
        demande=demande,
        dernier_vu=_dernier_vu(request),
    )
    return redirect("ville:echange", reference=reference)


def liste(request: HttpRequest) -> HttpResponse:
    """Ce qui attend une réponse de la Ville : échanges, questions d'appels ; l'aîné d'abord."""
    exiger(request, "ville.voir")
    page = Paginator(services.en_attente(request.user), PAR_PAGE).get_page(request.GET.get("page"))
    demandes = Demande.objects.select_related("organisme", "appel").in_bulk(
        [ligne["demande"] for ligne in page]
    )
    lignes = [
        {
            **ligne,
            "demande": demandes[ligne["demande"]],
            "url": reverse("ville:echange", args=[demandes[ligne["demande"]].reference]),
        }
        for ligne in page
    ]
    return render(
        request,
        "appels/ville/echanges.html",
        {
            "lignes": lignes,
            "page_obj": page,
            "questions": questions_publiques.en_attente(request.user),
        },
    )
