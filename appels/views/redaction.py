"""Remplir une demande, partie par partie ; chaque mot s'enregistre."""

from typing import Any

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_POST

from appels.completude import manques, manques_complement
from appels.forms.demande import ProjetForm, SectionForm
from appels.models import Complement, Demande, Question
from appels.services import demandes as services
from appels.services import reponses
from appels.views.budget import rediger_budget
from appels.views.depot import relecture
from appels.views.pieces import rediger_pieces
from appels.views.suivi import siennes
from socle import horloge
from socle.elements import Manque
from socle.exceptions import PermissionRefusee, RegleViolee
from socle.saisies import garde_saisie
from socle.vues import executer, trouver


def _trouver(request: HttpRequest, reference: str) -> Demande:
    return trouver(
        request,
        siennes(request).select_related("formulaire", "appel__plan"),
        "demande.rediger",
        reference=reference,
    )


def contexte_redaction(demande: Demande, partie: str) -> dict[str, Any]:
    """Le sommaire, ce qui manque et le temps qui reste, pour chaque page de rédaction."""
    complement = None
    if demande.etat == "a_completer":
        complement = (
            demande.complements.filter(complete_le=None)
            .prefetch_related("pieces", "sections")
            .first()
        )
    absents = manques_complement(demande, complement) if complement else manques(demande)
    incompletes = {manque.partie for manque in absents}
    sections = list(demande.formulaire.sections.all()) if demande.formulaire else []
    parties = [
        ("projet", "Le projet"),
        *((section.code, section.titre) for section in sections),
        ("budget", "Le budget"),
        ("pieces", "Les documents"),
    ]
    codes = [code for code, _ in parties]
    suivante = "relecture"
    if partie in codes and codes.index(partie) + 1 < len(codes):
        suivante = codes[codes.index(partie) + 1]
    return {
        "demande": demande,
        "partie": partie,
        "parties": [(code, titre, code not in incompletes) for code, titre in parties],
        "suivante": suivante,
        "manques": [
            Manque(
                manque.libelle,
                url=reverse(
                    "organisme:rediger",
                    kwargs={"reference": demande.reference, "partie": manque.partie},
                )
                + (f"#{manque.ancre}" if manque.ancre else ""),
            )
            for manque in absents
        ],
        "complement": complement,
        "echeance": complement.echeance if complement else demande.appel.cloture,
        "ecrivable": demande.etat == "brouillon" or partie in _demandees(complement),
    }


def _demandees(complement: Complement | None) -> set[str]:
    """Les parties que le complément en cours, encore dans son délai, permet d'écrire."""
    if complement is None or horloge.maintenant() > complement.echeance:
        return set()
    parties = {section.code for section in complement.sections.all()}
    if complement.budget:
        parties.add("budget")
    if complement.pieces.all():
        parties.add("pieces")
    return parties


@garde_saisie(sauf={"partie": frozenset({"relecture", "pieces"})})
def rediger(request: HttpRequest, reference: str, partie: str) -> HttpResponse:
    """Une partie de la demande : à chacune sa page."""
    demande = _trouver(request, reference)
    if demande.etat not in {"brouillon", "a_completer"}:
        if request.method == "POST":
            messages.error(request, "La demande est déposée : elle ne se modifie plus.")
        return redirect("organisme:demande", reference=reference)
    vue = {
        "projet": _projet,
        "budget": rediger_budget,
        "pieces": rediger_pieces,
        "relecture": relecture,
    }.get(partie, _section)
    return vue(request, demande, partie, contexte_redaction)


def _suite(request: HttpRequest, demande: Demande, partie: str, suivante: str) -> HttpResponse:
    cible = suivante if "suivant" in request.POST else partie
    return redirect("organisme:rediger", reference=demande.reference, partie=cible)


def _projet(request: HttpRequest, demande: Demande, partie: str, contexte: Any) -> HttpResponse:
    form = ProjetForm(
        request.POST if request.method == "POST" else None,
        instance=Demande.objects.get(pk=demande.pk),
    )
    if (
        request.method == "POST"
        and form.is_valid()
        and executer(
            request,
            services.modifier_projet,
            formulaire=form,
            succes=enregistre() + ".",
            demande=demande,
            **form.cleaned_data,
        )
    ):
        return _suite(request, demande, partie, contexte(demande, partie)["suivante"])
    return render(
        request,
        "appels/organisme/rediger_projet.html",
        {**contexte(demande, partie), "form": form},
    )


def _section(request: HttpRequest, demande: Demande, partie: str, contexte: Any) -> HttpResponse:
    if demande.formulaire is None:
        raise Http404
    section = get_object_or_404(demande.formulaire.sections, code=partie)
    questions = list(section.questions.all())
    initial = {
        f"q{reponse.question_id}": reponse.valeur
        for reponse in demande.reponses.filter(question__section=section)
    }
    form = SectionForm(
        request.POST if request.method == "POST" else None, questions=questions, initial=initial
    )
    if request.method == "POST" and form.is_valid():
        par_numero = {question.pk: question for question in questions}
        ecrites = [
            executer(
                request,
                reponses.enregistrer_reponse,
                demande=demande,
                question=par_numero[numero],
                valeur=valeur,
            )
            for numero, valeur in form.valeurs().items()
            if valeur != initial.get(f"q{numero}", "" if isinstance(valeur, str) else None)
        ]
        if all(ecrites):
            messages.success(request, enregistre() + ".")
            return _suite(request, demande, partie, contexte(demande, partie)["suivante"])
    return render(
        request,
        "appels/organisme/rediger_section.html",
        {**contexte(demande, partie), "form": form, "section": section},
    )


def enregistre() -> str:
    """« Enregistré à 21 h 04 »."""
    heure = timezone.localtime(horloge.maintenant())
    return f"Enregistré à {heure.hour} h {heure.minute:02d}"


@require_POST
def enregistrer_reponse(request: HttpRequest, reference: str, pk: int) -> JsonResponse:
    """L'enregistrement d'une seule réponse, pendant la saisie."""
    demande = _trouver(request, reference)
    question = get_object_or_404(
        Question.objects.select_related("section"),
        pk=pk,
        section__formulaire_id=demande.formulaire_id,
    )
    form = SectionForm(request.POST, questions=[question])
    if not form.is_valid():
        return JsonResponse({"message": form.errors[f"q{pk}"][0]}, status=400)
    try:
        reponses.enregistrer_reponse(
            acteur=request.user,
            demande=demande,
            question=question,
            valeur=form.valeurs()[pk],
        )
    except PermissionRefusee as refus:
        raise Http404 from refus
    except RegleViolee as refus:
        return JsonResponse({"message": refus.message}, status=409)
    return JsonResponse({"message": enregistre()})
