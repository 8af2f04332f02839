"""Remplir une demande, partie par partie ; chaque mot s'enregistre."""

from functools import partial
from typing import Any

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_POST

from appels.completude import a_fournir, manques, manques_complement
from appels.forms.demande import ProjetForm
from appels.forms.questions import SectionForm
from appels.formulaires import changements, questions_de
from appels.models import Complement, Demande, Question, Section
from appels.questions import TypeQuestion
from appels.services import collaboration, pieces, reponses, revisions
from appels.services import demandes as services
from appels.views.budget import rediger_budget
from appels.views.depot import relecture
from appels.views.pieces import rediger_pieces
from appels.views.saisie import (
    avec_le_choix,
    base_a_montrer,
    ecrire_reponses,
    en_json,
    enregistre,
    phrase_conflit,
    reponses_ecrites,
)
from appels.views.suivi import siennes
from socle import horloge
from socle.concurrence import SaisieActuelle, SaisieConcurrente, empreinte
from socle.exceptions import RegleViolee
from socle.saisies import garde_saisie
from socle.vues import executer, trouver


def _trouver(request: HttpRequest, reference: str) -> Demande:
    return trouver(
        request,
        siennes(request).select_related("formulaire", "formulaire_vu", "appel__plan"),
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
        "manques": a_fournir(demande, absents),
        "complement": complement,
        "revision": _revision_a_dire(demande),
        "echeance": complement.echeance if complement else demande.appel.cloture,
        "ecrivable": demande.etat == "brouillon" or partie in _demandees(complement),
    }


def _revision_a_dire(demande: Demande) -> dict[str, Any] | None:
    """Ce que la Ville a changé au formulaire depuis que l'organisme l'a vu, et les textes qui n'y
    ont plus de place."""
    if demande.formulaire_id == demande.formulaire_vu_id or demande.formulaire_vu is None:
        return None
    orphelines = (
        demande.reponses.exclude(question__section__formulaire_id=demande.formulaire_id)
        .select_related("question")
        .order_by("question__pk")
    )
    return {
        "changements": changements(demande.formulaire_vu, demande.formulaire),
        "orphelines": [reponse for reponse in orphelines if not reponse.est_vide],
    }


@require_POST
def revision_vue(request: HttpRequest, reference: str) -> HttpResponse:
    """« J'ai vu » : l'avis de changement du formulaire ne se montre plus."""
    demande = _trouver(request, reference)
    executer(request, revisions.marquer_vu, demande=demande)
    return redirect("organisme:rediger", reference=reference, partie="projet")


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
    if request.method == "GET":
        collaboration.signaler_visite(acteur=request.user, demande=demande, partie=partie)
    presents = collaboration.autres_presents(request.user, demande)

    def contexte(demande: Demande, partie: str) -> dict[str, Any]:
        return {**contexte_redaction(demande, partie), "presents": presents}

    return vue(request, demande, partie, contexte)


def presents(request: HttpRequest, reference: str) -> HttpResponse:
    """Qui d'autre est dans la demande, demandé de temps en temps par la page restée ouverte."""
    demande = _trouver(request, reference)
    collaboration.rester(acteur=request.user, demande=demande)
    return render(
        request,
        "appels/organisme/_presents.html",
        {"presents": collaboration.autres_presents(request.user, demande)},
    )


def _suite(request: HttpRequest, demande: Demande, partie: str, suivante: str) -> HttpResponse:
    cible = suivante if "suivant" in request.POST else partie
    return redirect("organisme:rediger", reference=demande.reference, partie=cible)


def _projet(request: HttpRequest, demande: Demande, partie: str, contexte: Any) -> HttpResponse:
    form = ProjetForm(
        request.POST if request.method == "POST" else None,
        instance=Demande.objects.get(pk=demande.pk),
    )
    conflit: tuple[str, SaisieActuelle] | None = None
    if request.method == "POST" and form.is_valid():
        try:
            services.modifier_projet(
                acteur=request.user,
                demande=demande,
                bases={nom: request.POST.get(f"b{nom}", "")[:12] for nom in form.fields},
                **form.cleaned_data,
            )
        except SaisieConcurrente as refus:
            conflit = (refus.champ, refus.actuel)
            form.add_error(refus.champ, phrase_conflit(refus.actuel, request.user))
        except RegleViolee as refus:
            form.add_error(refus.champ if refus.champ in form.fields else None, refus.message)
        else:
            messages.success(request, enregistre() + ".")
            return _suite(request, demande, partie, contexte(demande, partie)["suivante"])
    return render(
        request,
        "appels/organisme/rediger_projet.html",
        {
            **contexte(demande, partie),
            "form": form,
            "bases": [
                (
                    f"b{nom}",
                    base_a_montrer(request, bool(conflit and conflit[0] == nom), f"b{nom}")
                    or empreinte(valeur),
                )
                for nom, valeur in services.valeurs_du_projet(demande).items()
            ],
            "conflit": conflit,
        },
    )


@require_POST
def enregistrer_champ(request: HttpRequest, reference: str, champ: str) -> JsonResponse:
    """L'enregistrement d'un seul champ du projet, pendant la saisie."""
    demande = _trouver(request, reference)
    form = ProjetForm(request.POST, instance=Demande.objects.get(pk=demande.pk))
    if champ not in form.fields:
        raise Http404
    form.fields = {champ: form.fields[champ]}
    if not form.is_valid():
        return JsonResponse({"message": form.errors[champ][0]}, status=400)
    return en_json(
        request,
        lambda: services.modifier_projet(
            acteur=request.user,
            demande=demande,
            bases={champ: request.POST.get(f"b{champ}", "")[:12]},
            **form.cleaned_data,
        ),
        base=lambda enregistree: empreinte(services.valeurs_du_projet(enregistree)[champ]),
    )


def _section(request: HttpRequest, demande: Demande, partie: str, contexte: Any) -> HttpResponse:
    if demande.formulaire is None:
        raise Http404
    section = get_object_or_404(demande.formulaire.sections, code=partie)
    posees = questions_de(demande.formulaire_id)
    options: dict[str, Any] = {
        "questions": [q for q in posees.values() if q.section_id == section.pk],
        "posees": posees,
    }
    form = SectionForm(initial=reponses_ecrites(demande.reponses, section), **options)
    conflits: dict[int, SaisieActuelle] = {}
    if request.method == "POST":
        form = SectionForm(
            avec_le_choix(request.POST, demande.reponses),
            request.FILES,
            initial=form.initial,
            **options,
        )
        if form.is_valid():
            conflits = _ecrire_section(request, demande, form)
            if not conflits and form.is_valid():
                messages.success(request, enregistre() + ".")
                return _suite(request, demande, partie, contexte(demande, partie)["suivante"])
            form.relire(reponses_ecrites(demande.reponses, section))
    return render(
        request,
        "appels/organisme/rediger_section.html",
        {
            **contexte(demande, partie),
            "form": form,
            "section": section,
            "lignes": _lignes(demande, section, form, conflits),
            "a_fichier": any(q.type == TypeQuestion.PIECE for q in form.questions),
        },
    )


def _lignes(
    demande: Demande, section: Section, form: SectionForm, conflits: dict[int, SaisieActuelle]
) -> list[dict[str, Any]]:
    """Chaque champ avec ce que la page montre autour : le conflit, le fichier déjà joint."""
    jointes = {
        piece.question_id: piece
        for piece in demande.pieces.actives().filter(question__section=section)
    }
    return [
        {
            "champ": form[f"q{question.pk}"],
            "numero": question.pk,
            "conflit": conflits.get(question.pk),
            "piece": jointes.get(question.pk),
        }
        for question in form.questions
    ]


def _ecrire_section(
    request: HttpRequest, demande: Demande, form: SectionForm
) -> dict[int, SaisieActuelle]:
    """Écrit chaque réponse et joint chaque fichier ; rend ce qu'une autre personne a changé."""
    return ecrire_reponses(
        form,
        personne=request.user,
        ecrire=partial(reponses.enregistrer_reponse, acteur=request.user, demande=demande),
        joindre=partial(pieces.joindre_piece, acteur=request.user, demande=demande),
    )


def _question_disparue(demande: Demande, pk: int) -> JsonResponse:
    """La page ouverte date d'avant une révision du formulaire : on le dit, le texte y reste."""
    ancienne = Question.objects.filter(pk=pk, section__formulaire__vu_par=demande)
    if not ancienne.exists():
        raise Http404
    return JsonResponse(
        {
            "message": "La Ville vient de changer ce formulaire. Copiez votre texte, puis "
            "rechargez la page : elle dit ce qui change."
        },
        status=409,
    )


@require_POST
def enregistrer_reponse(request: HttpRequest, reference: str, pk: int) -> JsonResponse:
    """L'enregistrement d'une seule réponse, pendant la saisie.

    Répond 409 avec ``conflit`` quand une autre personne a écrit entre-temps : ce qu'elle a écrit,
    qui, quand, et la base à renvoyer pour garder son propre texte.
    """
    # Seulement ce qui sert : cette vue répond à chaque pause de la frappe.
    demande = trouver(
        request,
        siennes(request).select_related(None).only("etat", "organisme_id", "formulaire_id"),
        "demande.rediger",
        reference=reference,
    )
    question = questions_de(demande.formulaire_id).get(pk) if demande.formulaire_id else None
    if question is None:
        return _question_disparue(demande, pk)
    if question.type == TypeQuestion.PIECE:
        raise Http404
    form = SectionForm(request.POST, questions=[question])
    if not form.is_valid():
        return JsonResponse({"message": form.errors[f"q{pk}"][0]}, status=400)
    return en_json(
        request,
        lambda: reponses.enregistrer_reponse(
            acteur=request.user,
            demande=demande,
            question=question,
            valeur=form.valeurs()[pk],
            base=form.base(pk),
        ),
        base=empreinte,
    )
