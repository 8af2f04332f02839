"""Les fichiers d'un rapport ; ses témoignages et ses photos, écrits puis publiés ou non."""

from uuid import UUID

from django.http import FileResponse, Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_POST

from appels.views.pieces import servir
from financement.formulaires_rapport import TemoignageForm
from financement.models import PieceRapport, Rapport, Temoignage
from financement.services import temoignages as services
from financement.views.rapport_saisie import trouver_rapport
from socle.vues import executer, exiger, trouver

DE_LA_VILLE = {
    "publier": (services.publier_temoignage, "Le témoignage est sur la page du projet."),
    "depublier": (services.depublier_temoignage, "Le témoignage n'est plus public."),
    "retirer-consentement": (
        services.retirer_consentement,
        "Le retrait est inscrit : rien de ce témoignage n'est public.",
    ),
}
DE_L_ORGANISME = {
    "retirer": (services.retirer_temoignage, "Le témoignage est retiré."),
    "retirer-consentement": DE_LA_VILLE["retirer-consentement"],
}


def piece(request: HttpRequest, cle: UUID) -> FileResponse:
    """Un fichier d'un rapport, à qui voit le rapport, et seulement une fois analysé."""
    return servir(
        request, trouver(request, PieceRapport.objects.visibles_par(request.user), cle=cle)
    )


def temoignages(request: HttpRequest, reference: str, nature: str) -> HttpResponse:
    """Les témoignages d'un rapport ; en ajouter un tant qu'il s'écrit."""
    rapport = trouver_rapport(request, reference, nature)
    form = TemoignageForm()
    if request.method == "POST":
        form = TemoignageForm(request.POST, request.FILES)
        if form.is_valid() and executer(
            request,
            services.ajouter_temoignage,
            formulaire=form,
            rapport=rapport,
            succes="Le témoignage est ajouté.",
            **form.cleaned_data,
        ):
            return redirect("organisme:temoignages", reference=reference, nature=nature)
    return render(
        request,
        "financement/organisme/temoignages.html",
        {
            "rapport": rapport,
            "demande": rapport.demande,
            "temoignages": rapport.temoignages.select_related("photo"),
            "form": form,
        },
    )


@require_POST
def agir(request: HttpRequest, reference: str, nature: str, pk: int, action: str) -> HttpResponse:
    """L'organisme retire un témoignage, ou inscrit que la personne ne consent plus."""
    if action not in DE_L_ORGANISME:
        raise Http404
    rapport = trouver_rapport(request, reference, nature)
    service, succes = DE_L_ORGANISME[action]
    temoignage = trouver(request, rapport.temoignages.all(), pk=pk)
    executer(request, service, temoignage=temoignage, succes=succes)
    return redirect("organisme:temoignages", reference=reference, nature=nature)


@require_POST
def agir_ville(request: HttpRequest, pk: int, action: str) -> HttpResponse:
    """La Ville publie un témoignage, l'ôte de la page publique, ou inscrit un retrait."""
    if action not in DE_LA_VILLE:
        raise Http404
    exiger(request, "ville.voir")
    temoignage = trouver(
        request,
        Temoignage.objects.filter(
            rapport__in=Rapport.objects.visibles_par(request.user)
        ).select_related("rapport__demande__appel"),
        "rapport.examiner",
        pk=pk,
    )
    service, succes = DE_LA_VILLE[action]
    executer(request, service, temoignage=temoignage, succes=succes)
    return redirect("ville:rapport", pk=temoignage.rapport_id)
