"""L'archive d'un appel : la demander, suivre sa production, la télécharger."""

from uuid import UUID

from django.http import FileResponse, Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render

from appels.models import Appel
from financement.models import Archive
from financement.services import archives as services
from socle.vues import executer, trouver


def archives(request: HttpRequest, code: str) -> HttpResponse:
    appel = trouver(
        request, Appel.objects.visibles_par(request.user), "archive.produire", code=code
    )
    if request.method == "POST":
        travail = executer(request, services.demander_archive, appel=appel)
        if travail:
            return redirect("travail", cle=travail.cle)
        return redirect("ville:archives", code=code)
    return render(
        request,
        "financement/ville/archives.html",
        {
            "appel": appel,
            "archives": appel.archives.select_related("demandee_par", "travail"),
            "peut_produire": appel.etat in services.ETATS,
        },
    )


def archive(request: HttpRequest, cle: UUID) -> FileResponse:
    """Le ZIP, servi par morceaux."""
    objet = trouver(request, Archive.objects.select_related("appel"), "archive.produire", cle=cle)
    fichier = executer(request, services.telecharger_archive, archive=objet)
    if fichier is None:
        raise Http404
    reponse = FileResponse(
        fichier,
        as_attachment=True,
        filename=f"archive-{objet.appel.code.lower()}.zip",
        content_type="application/zip",
    )
    reponse["Cache-Control"] = "no-store"
    return reponse
