"""Les questions d'un appel : les poser, y répondre, les publier."""

from typing import Any

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse

from appels.forms.questions_publiques import (
    PublicationForm,
    QuestionForm,
    ReponseForm,
    RetraitForm,
)
from appels.models import Appel, Message, QuestionPublique
from appels.services import questions_publiques as services
from socle.models import EntreeJournal
from socle.saisies import garde_saisie
from socle.vues import executer, exiger, trouver


@garde_saisie(sans=frozenset({"envoyer"}))
def poser(request: HttpRequest, code: str) -> HttpResponse:
    """Poser une question sur un appel ouvert, et retrouver les siennes."""
    appel = get_object_or_404(Appel.objects.publics(), code=code)
    form = QuestionForm()
    if request.method == "POST" and "envoyer" not in request.POST:
        form = QuestionForm(initial={"texte": request.POST.get("texte", "")})
    elif request.method == "POST":
        form = QuestionForm(request.POST)
        if form.is_valid() and executer(
            request,
            services.poser,
            formulaire=form,
            succes="Votre question est envoyée. Un courriel vous dira quand la Ville aura répondu.",
            appel=appel,
            texte=form.cleaned_data["texte"],
        ):
            return redirect("question_poser", code=code)
    return render(
        request,
        "appels/public/question_poser.html",
        {
            "appel": appel,
            "form": form,
            "siennes": QuestionPublique.objects.filter(appel=appel, posee_par=request.user),
        },
    )


def liste(request: HttpRequest, code: str) -> HttpResponse:
    """Toutes les questions d'un appel : à répondre, publiées, répondues sans être publiées."""
    appel = trouver(
        request, Appel.objects.visibles_par(request.user), "question.repondre", code=code
    )
    questions = list(appel.questions_publiques.all())
    return render(
        request,
        "appels/ville/questions.html",
        {
            "appel": appel,
            "posees": [q for q in questions if q.etat == "posee"],
            "publiees": sorted(
                (q for q in questions if q.etat == "publiee"), key=lambda q: q.numero
            ),
            "repondues": [q for q in questions if q.etat == "repondue"],
        },
    )


def _question(request: HttpRequest, pk: int) -> QuestionPublique:
    return trouver(
        request,
        QuestionPublique.objects.traitables_par(request.user).select_related("appel", "posee_par"),
        "question.repondre",
        pk=pk,
    )


def repondre(request: HttpRequest, pk: int) -> HttpResponse:
    """Répondre à une question, la publier, ou corriger ce qui est publié."""
    question = _question(request, pk)
    publication = {
        "enonce": question.enonce or question.texte,
        "reponse": question.reponse,
    }
    if question.etat == "posee":
        form = ReponseForm(request.POST or None, initial=publication)
    else:
        form = PublicationForm(request.POST or None, initial=publication)
    if request.method == "POST" and form.is_valid() and _agir(request, question, form):
        return redirect("ville:questions", code=question.appel.code)
    return render(
        request,
        "appels/ville/question.html",
        {
            "question": question,
            "form": form,
            "entrees": EntreeJournal.objects.pour(question)[:50],
        },
    )


def _agir(request: HttpRequest, question: QuestionPublique, form: PublicationForm) -> Any:
    champs = form.cleaned_data
    if isinstance(form, ReponseForm) and form.est_prive:
        return executer(
            request,
            services.repondre_sans_publier,
            formulaire=form,
            succes="La réponse est envoyée à la personne qui a demandé.",
            question=question,
            reponse=champs["reponse"],
            motif=champs["motif"],
        )
    corrige = question.etat == "publiee"
    return executer(
        request,
        services.corriger if corrige else services.publier,
        formulaire=form,
        succes="La correction est publiée." if corrige else "La question et sa réponse paraissent.",
        question=question,
        enonce=champs["enonce"],
        reponse=champs["reponse"],
    )


def retirer(request: HttpRequest, pk: int) -> HttpResponse:
    """Ôter une question de la page publique, avec un motif."""
    question = _question(request, pk)
    if question.etat != "publiee":
        raise Http404
    form = RetraitForm(request.POST or None)
    if (
        request.method == "POST"
        and form.is_valid()
        and executer(
            request,
            services.retirer,
            formulaire=form,
            succes="La question ne paraît plus.",
            question=question,
            motif=form.cleaned_data["motif"],
        )
    ):
        return redirect("ville:questions", code=question.appel.code)
    return render(
        request, "appels/ville/question_retirer.html", {"question": question, "form": form}
    )


def publier_message(request: HttpRequest, pk: int) -> HttpResponse:
    """Rendre publique, reformulée, une question posée dans un échange."""
    message = trouver(
        request,
        Message.objects.visibles_par(request.user)
        .filter(cote=Message.Cote.ORGANISME)
        .select_related("demande__appel", "demande__organisme", "auteur"),
        "echange.repondre",
        pk=pk,
    )
    exiger(request, "question.repondre", message.demande.appel)
    echange = reverse("ville:echange", args=[message.demande.reference])
    form = PublicationForm(
        request.POST or None,
        initial={"enonce": message.texte, "reponse": services.reponse_proposee(message)},
    )
    if request.method == "POST" and form.is_valid():
        question = executer(
            request,
            services.publier_message,
            formulaire=form,
            succes="La question et sa réponse paraissent sur la page de l'appel.",
            message=message,
            **form.cleaned_data,
        )
        if question:
            return redirect(f"{echange}#message-{message.pk}")
    return render(
        request,
        "appels/ville/message_publier.html",
        {"message": message, "demande": message.demande, "form": form, "echange": echange},
    )
