"""Le livret de lecture : le demander, le voir venir, le télécharger."""

from django.http import FileResponse, Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods

from evaluations.models import MembreComite
from evaluations.services import livrets
from socle.vues import executer, trouver


def _siege(request: HttpRequest, code: str) -> MembreComite:
    return trouver(
        request,
        MembreComite.objects.filter(utilisateur=request.user, actif=True).select_related("appel"),
        "livret.preparer",
        appel__code=code,
    )


@require_http_methods(["GET", "POST"])
def livret(request: HttpRequest, code: str) -> HttpResponse:
    """Ce que contiendra le livret, le dernier fait, et le bouton qui en confie un neuf."""
    siege = _siege(request, code)
    if request.method == "POST":
        travail = executer(request, livrets.demander_livret, membre=siege)
        if travail:
            return redirect("travail", cle=travail.cle)
    fait = livrets.livret_lisible(siege)
    return render(
        request,
        "evaluations/comite/livret.html",
        {
            "appel": siege.appel,
            "nombre": livrets.demandes_du_livret(siege).count(),
            "livret": fait,
            "nombre_fait": fait.demandes.count() if fait else 0,
        },
    )


def telecharger(request: HttpRequest, code: str) -> FileResponse:
    """Le PDF ; 404 dès qu'un de ses dossiers n'est plus ouvert à la personne."""
    fait = livrets.livret_lisible(_siege(request, code))
    if fait is None:
        raise Http404
    nom = fait.pdf.name.rsplit("/", 1)[-1]
    return FileResponse(fait.pdf.open("rb"), filename=nom, content_type="application/pdf")
