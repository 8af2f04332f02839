"""Les pages d'activité d'un projet, tenues par son organisme et approuvées par la Ville."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render

from appels.models import Demande
from financement.bilan import projets_annonces
from socle.models import EntreeJournal
from socle.vues import executer, trouver
from vitrine.forms import ActiviteForm, MotifForm
from vitrine.models import Activite
from vitrine.services import activites as services


def _projet(request: HttpRequest, reference: str) -> Demande:
    return trouver(
        request,
        projets_annonces()
        .filter(organisme__in=request.user.organismes_ids)
        .select_related("appel", "organisme"),
        "activite.proposer",
        reference=reference,
    )


def _activite(request: HttpRequest, reference: str, cle: str) -> Activite:
    return trouver(
        request,
        Activite.objects.visibles_par(request.user).filter(demande=_projet(request, reference)),
        cle=cle,
    )


def liste(request: HttpRequest, reference: str) -> HttpResponse:
    """Ce qui paraît, ce qui attend la Ville, ce qui est à reprendre."""
    projet = _projet(request, reference)
    lignes = []
    for activite in projet.activites.prefetch_related("versions"):
        par_etat = {version.etat: version for version in activite.versions.all()}
        derniere = max(activite.versions.all(), key=lambda version: version.pk)
        lignes.append(
            {
                "activite": activite,
                "titre": derniere.titre,
                "publiee": par_etat.get("publiee"),
                "proposee": par_etat.get("proposee"),
                "renvoyee": derniere if derniere.etat == "renvoyee" else None,
                "retiree": derniere if derniere.etat == "retiree" else None,
            }
        )
    return render(request, "vitrine/organisme/activites.html", {"projet": projet, "lignes": lignes})


def proposer(request: HttpRequest, reference: str, cle: str = "") -> HttpResponse:
    """Écrire la page d'une activité, nouvelle ou déjà publiée ; la Ville l'approuve."""
    projet = _projet(request, reference)
    activite = _activite(request, reference, cle) if cle else None
    derniere = activite.versions.last() if activite else None
    depart = ActiviteForm.depart(derniere) or {
        "titre": projet.titre,
        "secteur": projet.secteur,
        "besoins": projet.besoins.all(),
    }
    form = ActiviteForm(
        request.POST or None,
        initial=depart,
        besoins=projet.appel.plan.besoins.select_related("theme"),
    )
    if (
        request.method == "POST"
        and form.is_valid()
        and executer(
            request,
            services.proposer,
            formulaire=form,
            succes="La page est proposée. La Ville la lit avant qu'elle paraisse.",
            demande=projet,
            activite=activite,
            champs=form.cleaned_data,
        )
    ):
        return redirect("organisme:activites", reference=reference)
    return render(
        request,
        "vitrine/organisme/activite_proposer.html",
        {
            "projet": projet,
            "activite": activite,
            "derniere": derniere,
            "form": form,
            "entrees": EntreeJournal.objects.pour(*activite.versions.all())[:50]
            if activite
            else None,
        },
    )


def retirer(request: HttpRequest, reference: str, cle: str) -> HttpResponse:
    """Ôter une activité des pages publiques."""
    activite = _activite(request, reference, cle)
    form = MotifForm(request.POST or None)
    if (
        request.method == "POST"
        and form.is_valid()
        and executer(
            request,
            services.retirer,
            formulaire=form,
            succes="La page ne paraît plus.",
            activite=activite,
            motif=form.cleaned_data["motif"],
        )
    ):
        return redirect("organisme:activites", reference=reference)
    return render(
        request,
        "vitrine/organisme/activite_retirer.html",
        {
            "projet": activite.demande,
            "version": activite.versions.last(),
            "form": form,
        },
    )
