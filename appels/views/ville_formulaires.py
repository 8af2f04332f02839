"""Composer le formulaire d'un appel : sections, questions, révisions, aperçu."""

from typing import Any

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_POST

from appels.forms.formulaire import (
    EnteteSectionForm,
    QuestionsFormSet,
    SourceForm,
    initiales,
)
from appels.forms.questions import SectionForm
from appels.formulaires import changements, questions_de
from appels.models import Appel, Demande, Formulaire, Section
from appels.services import formulaires as services
from appels.services import revisions
from socle.lignes import ajoute_une_ligne, avec_une_ligne
from socle.vues import executer, trouver

PREFIXE = "questions"
TITRES = {
    Formulaire.Nature.DEMANDE: "Le formulaire de la demande",
    Formulaire.Nature.RAPPORT_ETAPE: "Le formulaire du rapport d'étape",
    Formulaire.Nature.RAPPORT_FINAL: "Le formulaire du rapport final",
}


def _appel(request: HttpRequest, code: str, nature: str) -> Appel:
    if nature not in Formulaire.Nature.values:
        raise Http404
    return trouver(request, Appel.objects.visibles_par(request.user), "appel.modifier", code=code)


def formulaire(request: HttpRequest, code: str, nature: str) -> HttpResponse:
    """Le formulaire tel qu'il se compose : la révision en préparation, sinon la publiée."""
    appel = _appel(request, code, nature)
    publie = services.formulaire_courant(appel, nature)
    ouvert = services.revision_en_preparation(appel, nature)
    montre = ouvert or publie
    if montre is None:
        # Un appel d'avant les formulaires de rapport : il n'en a pas encore.
        contexte = {"peut_ouvrir": services.peut_changer(appel, nature)}
        return render(
            request, "appels/ville/formulaire.html", {**contexte, **_commun(appel, nature)}
        )
    modifiable = montre.publie_le is None
    return render(
        request,
        "appels/ville/formulaire.html",
        {
            **_commun(appel, nature),
            "formulaire": montre,
            "modifiable": modifiable,
            "peut_ouvrir": not modifiable and services.peut_changer(appel, nature),
            "a_publier": modifiable and services.peut_changer(appel, nature),
            "sections": montre.sections.prefetch_related("questions__si_question"),
            "changements": changements(publie, montre)
            if modifiable and publie is not None and publie.publie_le
            else None,
            "brouillons": appel.demandes.filter(etat=Demande.Etat.BROUILLON).count(),
            "form_source": SourceForm(formulaire=montre),
            "revisions": appel.formulaires.filter(nature=nature, publie_le__isnull=False),
        },
    )


def _commun(appel: Appel, nature: str) -> dict[str, Any]:
    """Ce que chaque page de composition sait : l'appel et lequel de ses formulaires."""
    return {
        "appel": appel,
        "nature": nature,
        "natures": Formulaire.Nature.choices,
        "titre": TITRES[nature],
        "est_un_rapport": nature in services.RAPPORTS,
    }


def _en_preparation(appel: Appel, nature: str) -> Formulaire:
    objet = services.revision_en_preparation(appel, nature)
    if objet is None:
        raise Http404
    return objet


def section(request: HttpRequest, code: str, nature: str, pk: int = 0) -> HttpResponse:
    """Une section et ses questions ; ``pk`` 0 en crée une."""
    appel = _appel(request, code, nature)
    objet = _en_preparation(appel, nature)
    existante = get_object_or_404(objet.sections, pk=pk) if pk else None
    initial = initiales(existante.questions.all()) if existante else []
    options: dict[str, Any] = {"prefix": PREFIXE, "initial": initial}
    if request.method == "POST":
        ajoute = ajoute_une_ligne(request.POST, PREFIXE)
        entete = EnteteSectionForm(request.POST)
        questions = QuestionsFormSet(
            avec_une_ligne(request.POST, PREFIXE, {"type": "texte_long", "obligatoire": "on"}),
            form_kwargs={"complet": not ajoute, "formulaire": objet},
            **options,
        )
        if (
            not ajoute
            and all([entete.is_valid(), questions.is_valid()])
            and executer(
                request,
                services.enregistrer_section,
                formulaire=entete,
                succes="La section est enregistrée.",
                revision=objet,
                section=existante,
                questions=[ligne.contenu() for ligne in questions.gardees],
                **entete.cleaned_data,
            )
        ):
            return redirect("ville:formulaire", code=code, nature=nature)
    else:
        entete = EnteteSectionForm(
            initial={"titre": existante.titre, "aide": existante.aide} if existante else None
        )
        questions = QuestionsFormSet(form_kwargs={"formulaire": objet}, **options)
        questions.extra = 0 if initial else 1
    return render(
        request,
        "appels/ville/formulaire_section.html",
        {
            **_commun(appel, nature),
            "section": existante,
            "form": entete,
            "questions": questions,
        },
    )


def apercu(request: HttpRequest, code: str, nature: str, pk: int) -> HttpResponse:
    """La section telle que l'organisme la verra ; rien ne s'y enregistre."""
    appel = _appel(request, code, nature)
    objet = get_object_or_404(
        Section.objects.filter(formulaire__appel=appel, formulaire__nature=nature), pk=pk
    )
    posees = questions_de(objet.formulaire_id)
    return render(
        request,
        "appels/ville/formulaire_apercu.html",
        {
            **_commun(appel, nature),
            "section": objet,
            "sections": objet.formulaire.sections.all(),
            "form": SectionForm(
                questions=[q for q in posees.values() if q.section_id == objet.pk], posees=posees
            ),
        },
    )


@require_POST
def agir(request: HttpRequest, code: str, nature: str, action: str) -> HttpResponse:
    """Ouvrir une révision, la publier, l'abandonner, partir d'un autre formulaire."""
    appel = _appel(request, code, nature)
    retour = redirect("ville:formulaire", code=code, nature=nature)
    if action == "ouvrir":
        executer(request, services.ouvrir_revision, appel=appel, nature=nature)
    elif action == "publier":
        executer(
            request,
            revisions.publier_revision,
            succes="La révision est publiée ; les rapports en cours y passent."
            if nature in services.RAPPORTS
            else "La révision est publiée ; les brouillons en sont prévenus.",
            revision=_en_preparation(appel, nature),
        )
    elif action == "abandonner":
        executer(
            request,
            services.abandonner_revision,
            succes="La révision est abandonnée.",
            revision=_en_preparation(appel, nature),
        )
    elif action == "remplacer":
        objet = _en_preparation(appel, nature)
        form = SourceForm(request.POST, formulaire=objet)
        if form.is_valid():
            executer(
                request,
                services.remplacer_formulaire,
                succes="Le formulaire est repris : adaptez-le à votre appel.",
                revision=objet,
                source=form.cleaned_data["source"],
            )
    else:
        raise Http404
    return retour


@require_POST
def agir_section(
    request: HttpRequest, code: str, nature: str, pk: int, action: str
) -> HttpResponse:
    """Monter, descendre ou retirer une section."""
    appel = _appel(request, code, nature)
    objet = get_object_or_404(_en_preparation(appel, nature).sections, pk=pk)
    if action in {"monter", "descendre"}:
        executer(
            request,
            services.deplacer_section,
            section=objet,
            vers=-1 if action == "monter" else 1,
        )
    elif action == "retirer":
        executer(request, services.retirer_section, section=objet, succes="La section est retirée.")
    else:
        raise Http404
    return redirect("ville:formulaire", code=code, nature=nature)
