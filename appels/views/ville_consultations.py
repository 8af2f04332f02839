"""La Ville : la consultation d'un plan, ses ateliers, ce qui s'y est dit, ce qui la suit."""

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render

from appels.forms.consultation import (
    AtelierForm,
    ConsultationForm,
    EtapeForm,
    GroupesFormSet,
    InstancesFormSet,
    PointForm,
    QuestionsFormSet,
)
from appels.models import Consultation, PointSouleve
from appels.services import consultations as services
from socle.lignes import LignesFormSet, ajoute_une_ligne, avec_une_ligne
from socle.vues import executer, exiger, trouver


def _consultation(request: HttpRequest, pk: int, permission: str = "plan.gerer") -> Consultation:
    visibles = Consultation.objects.visibles_par(request.user).select_related("plan")
    return trouver(request, visibles, permission, pk=pk)


def liste(request: HttpRequest) -> HttpResponse:
    """Les consultations, de la plus récente à la plus ancienne."""
    exiger(request, "plan.voir")
    return render(
        request,
        "appels/ville/consultations.html",
        {
            "consultations": Consultation.objects.recentes().select_related("plan"),
            "peut_gerer": request.user.peut("plan.gerer"),
        },
    )


def consultation(request: HttpRequest, pk: int) -> HttpResponse:
    """Tout ce qu'une consultation garde ; la publier, ou fermer sa page publique."""
    objet = _consultation(request, pk, "plan.voir")
    if request.method == "POST":
        publier = "publier" in request.POST
        executer(
            request,
            services.publier if publier else services.depublier,
            succes="La consultation est publiée." if publier else "La page publique est fermée.",
            consultation=objet,
        )
        return redirect("ville:consultation", pk=pk)
    return render(
        request,
        "appels/ville/consultation.html",
        {
            "consultation": objet,
            "ateliers": objet.ateliers.prefetch_related(
                "questions", "groupes", "points__besoins__plan"
            ),
            "peut_gerer": request.user.peut("plan.gerer"),
            "entrees": services.histoire(objet)[:50],
        },
    )


def modifier(request: HttpRequest, pk: int | None = None) -> HttpResponse:
    """Inscrire une consultation et ses instances, ou les corriger."""
    exiger(request, "plan.gerer")
    objet = _consultation(request, pk) if pk else None
    form = ConsultationForm(request.POST or None, instance=_copie(objet))
    instances = _lignes(request, InstancesFormSet, "instances", objet and objet.instances)
    if _valides(request, [form], [instances]):
        champs = dict(form.cleaned_data)
        faite = executer(
            request,
            services.enregistrer_consultation,
            formulaire=form,
            succes="La consultation est enregistrée.",
            consultation=objet,
            plan=champs["plan"],
            champs=champs,
            instances=[ligne.contenu() for ligne in instances.gardees],
        )
        if faite:
            return redirect("ville:consultation", pk=faite.pk)
    jeux = [("instances", "Qui pilote, qui est consulté", "instance", "une", instances)]
    return _ecrire(request, objet, objet, form, jeux, "une consultation")


def atelier(request: HttpRequest, pk: int, atelier: int | None = None) -> HttpResponse:
    """Inscrire un atelier, ses questions et ses groupes, ou les corriger."""
    siege = _consultation(request, pk)
    objet = get_object_or_404(siege.ateliers, pk=atelier) if atelier else None
    form = AtelierForm(request.POST or None, instance=_copie(objet))
    questions = _lignes(request, QuestionsFormSet, "questions", objet and objet.questions)
    groupes = _lignes(request, GroupesFormSet, "groupes", objet and objet.groupes)
    if _valides(request, [form], [questions, groupes]) and executer(
        request,
        services.enregistrer_atelier,
        formulaire=form,
        succes="L'atelier est enregistré.",
        consultation=siege,
        atelier=objet,
        champs=form.cleaned_data,
        questions=[ligne.contenu() for ligne in questions.gardees],
        groupes=[ligne.contenu() for ligne in groupes.gardees],
    ):
        return redirect("ville:consultation", pk=pk)
    jeux = [
        ("questions", "Ce dont on a discuté", "question", "une", questions),
        ("groupes", "Les groupes", "groupe", "un", groupes),
    ]
    return _ecrire(request, siege, objet, form, jeux, "un atelier")


def point(
    request: HttpRequest, pk: int, atelier: int | None = None, point: int | None = None
) -> HttpResponse:
    """Inscrire ce qui s'est dit et ce que c'est devenu, ou le corriger."""
    siege = _consultation(request, pk)
    objet = None
    if point:
        lieu = get_object_or_404(siege.ateliers, points=point)
        objet = lieu.points.get(pk=point)
    else:
        lieu = get_object_or_404(siege.ateliers, pk=atelier)
    form = PointForm(request.POST or None, instance=_copie(objet), atelier=lieu)
    if _valides(request, [form]):
        champs = dict(form.cleaned_data)
        besoins = champs.pop("besoins")
        if executer(
            request,
            services.enregistrer_point,
            formulaire=form,
            succes="Le point est enregistré.",
            atelier=lieu,
            point=objet,
            champs=champs,
            besoins=besoins,
        ):
            return redirect("ville:consultation", pk=pk)
    return _ecrire(request, siege, objet, form, [], "un point soulevé")


def etape(request: HttpRequest, pk: int, etape: int | None = None) -> HttpResponse:
    """Inscrire une étape de la démarche, la corriger, dire qu'elle est faite."""
    siege = _consultation(request, pk)
    objet = get_object_or_404(siege.etapes, pk=etape) if etape else None
    form = EtapeForm(request.POST or None, instance=_copie(objet))
    if _valides(request, [form]) and executer(
        request,
        services.enregistrer_etape,
        formulaire=form,
        succes="L'étape est enregistrée.",
        consultation=siege,
        etape=objet,
        champs=form.cleaned_data,
    ):
        return redirect("ville:consultation", pk=pk)
    return _ecrire(request, siege, objet, form, [], "une étape")


def retirer(request: HttpRequest, pk: int, genre: str, objet: int) -> HttpResponse:
    """Montrer ce qu'un retrait efface, puis le faire."""
    siege = _consultation(request, pk)
    existants = {
        "atelier": siege.ateliers,
        "point": PointSouleve.objects.filter(atelier__consultation=siege),
        "etape": siege.etapes,
    }
    trouve = get_object_or_404(existants.get(genre, Consultation.objects.none()), pk=objet)
    if request.method == "POST":
        executer(request, services.retirer, succes="C'est retiré.", objet=trouve)
        return redirect("ville:consultation", pk=pk)
    contexte = {"consultation": siege, "objet": trouve, "genre": genre}
    return render(request, "appels/ville/consultation_retirer.html", contexte)


# --- Ce que les formulaires partagent -----------------------------------------------------------
def _copie(objet: Any) -> Any:
    """Une copie : un formulaire refusé ne doit pas changer l'objet affiché."""
    return objet and type(objet)._default_manager.get(pk=objet.pk)


def _lignes(
    request: HttpRequest, classe: type[LignesFormSet], prefixe: str, existantes: Any
) -> LignesFormSet:
    initial = [
        {"pk": ligne.pk, **{nom: getattr(ligne, nom) for nom in classe.form.Meta.fields}}
        for ligne in (existantes.all() if existantes else ())
    ]
    if request.method != "POST":
        return classe(prefix=prefixe, initial=initial)
    return classe(
        avec_une_ligne(request.POST, prefixe),
        prefix=prefixe,
        initial=initial,
        form_kwargs={"complet": not ajoute_une_ligne(request.POST, prefixe)},
    )


def _valides(request: HttpRequest, forms: list[Any], jeux: list[LignesFormSet] = ()) -> bool:
    """Vrai si tout est valide ; « Ajouter » ne fait que rendre la page avec une ligne de plus."""
    if request.method != "POST" or any(ajoute_une_ligne(request.POST, j.prefix) for j in jeux):
        return False
    # Tous, même après un refus : chaque erreur se dit d'un coup.
    validites = [element.is_valid() for element in (*forms, *jeux)]
    return all(validites)


def _ecrire(
    request: HttpRequest, siege: Any, objet: Any, form: Any, jeux: list[Any], quoi: str
) -> HttpResponse:
    return render(
        request,
        "appels/ville/consultation_ecrire.html",
        {"consultation": siege, "objet": objet, "form": form, "jeux": jeux, "quoi": quoi},
    )
