"""La Ville : approuver les pages des organismes, tenir ses services et les temps forts."""

from django.core.paginator import Paginator
from django.forms import model_to_dict
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render

from appels.models import Besoin
from socle.models import EntreeJournal
from socle.textes import lire_entier
from socle.vues import executer, exiger, trouver
from vitrine.forms import MotifForm, ServiceForm, TempsFortForm
from vitrine.models import Activite, TempsFort, VersionActivite
from vitrine.services import activites as services
from vitrine.services import temps_forts as services_temps_forts

PAR_PAGE = 30


def liste(request: HttpRequest) -> HttpResponse:
    """Ce qui attend une approbation, puis tout ce qui paraît."""
    exiger(request, "activite.moderer")
    versions = VersionActivite.objects.filter(
        activite__in=Activite.objects.visibles_par(request.user)
    ).select_related("activite__demande__organisme")
    publiees = versions.filter(etat="publiee").order_by("titre", "pk")
    return render(
        request,
        "vitrine/ville/activites.html",
        {
            "proposees": versions.filter(etat="proposee").order_by("proposee_le"),
            "page_obj": Paginator(publiees, PAR_PAGE).get_page(request.GET.get("page")),
        },
    )


def _activite(request: HttpRequest, pk: int) -> Activite:
    return trouver(
        request,
        Activite.objects.visibles_par(request.user).select_related("demande__organisme"),
        "activite.moderer",
        pk=pk,
    )


def activite(request: HttpRequest, pk: int) -> HttpResponse:
    """Lire ce qui est proposé à côté de ce qui paraît ; publier ou renvoyer."""
    objet = _activite(request, pk)
    proposee = objet.version("proposee")
    form = MotifForm(request.POST if "renvoyer" in request.POST else None)
    if request.method == "POST" and proposee and _examiner(request, proposee, form):
        return redirect("ville:activites")
    publiee = objet.version("publiee")
    return render(
        request,
        "vitrine/ville/activite.html",
        {
            "activite": objet,
            "proposee": proposee,
            "publiee": publiee,
            "montree": proposee or publiee or objet.versions.last(),
            "entrees": EntreeJournal.objects.pour(*objet.versions.all())[:50],
            "form": form,
        },
    )


def _examiner(request: HttpRequest, proposee: VersionActivite, form: MotifForm) -> bool:
    if "publier" in request.POST:
        lue = request.POST.get("retouche", "")
        return bool(
            executer(
                request,
                services.publier,
                succes="La page est publiée.",
                version=proposee,
                retouche=lire_entier(lue) or 0,
            )
        )
    return form.is_valid() and bool(
        executer(
            request,
            services.renvoyer,
            formulaire=form,
            succes="La page est renvoyée à l'organisme.",
            version=proposee,
            motif=form.cleaned_data["motif"],
        )
    )


def service(request: HttpRequest, pk: int | None = None) -> HttpResponse:
    """Inscrire un service de la Ville ou d'un partenaire, ou le mettre à jour."""
    exiger(request, "activite.moderer")
    objet = None
    if pk is not None:
        objet = get_object_or_404(Activite, pk=pk, demande=None)
    derniere = objet.versions.last() if objet else None
    depart = ServiceForm.depart(derniere)
    if objet:
        depart |= {"genre": objet.genre, "porteur": objet.porteur}
    form = ServiceForm(
        request.POST or None,
        initial=depart,
        besoins=Besoin.objects.select_related("theme").order_by("theme__ordre", "code"),
    )
    if request.method == "POST" and form.is_valid():
        champs = dict(form.cleaned_data)
        if executer(
            request,
            services.enregistrer_service,
            formulaire=form,
            succes="Le service paraît.",
            activite=objet,
            genre=champs.pop("genre"),
            porteur=champs.pop("porteur"),
            champs=champs,
        ):
            return redirect("ville:activites")
    return render(
        request,
        "vitrine/ville/service.html",
        {
            "activite": objet,
            "derniere": derniere,
            "form": form,
            "entrees": EntreeJournal.objects.pour(*objet.versions.all())[:50] if objet else None,
        },
    )


def retirer(request: HttpRequest, pk: int) -> HttpResponse:
    """Ôter une page, avec un motif."""
    objet = _activite(request, pk)
    form = MotifForm(request.POST or None)
    if (
        request.method == "POST"
        and form.is_valid()
        and executer(
            request,
            services.retirer,
            formulaire=form,
            succes="La page ne paraît plus.",
            activite=objet,
            motif=form.cleaned_data["motif"],
        )
    ):
        return redirect("ville:activites")
    return render(
        request,
        "vitrine/ville/activite_retirer.html",
        {"activite": objet, "version": objet.versions.last(), "form": form},
    )


def temps_forts(request: HttpRequest, pk: int | None = None) -> HttpResponse:
    """Les semaines et les journées qui rassemblent des activités : en inscrire, en changer une."""
    exiger(request, "temps_fort.gerer")
    objet = get_object_or_404(TempsFort, pk=pk) if pk else None
    form = TempsFortForm(request.POST or None, initial=model_to_dict(objet) if objet else None)
    if (
        request.method == "POST"
        and form.is_valid()
        and executer(
            request,
            services_temps_forts.enregistrer,
            formulaire=form,
            succes="Le temps fort est enregistré.",
            temps_fort=objet,
            **form.cleaned_data,
        )
    ):
        return redirect("ville:temps_forts")
    return render(
        request,
        "vitrine/ville/temps_forts.html",
        {
            "temps_forts": TempsFort.objects.order_by("-debut"),
            "objet": objet,
            "form": form,
            "entrees": EntreeJournal.objects.pour(objet)[:50] if objet else None,
        },
    )
