"""Les lettres d'un appel : leur état, leur émission en lot."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_POST

from appels.models import Appel
from financement.models import Lettre
from financement.services import lettres as services
from socle.vues import executer, trouver


def lettres(request: HttpRequest, code: str) -> HttpResponse:
    appel = trouver(request, Appel.objects.visibles_par(request.user), "ville.voir", code=code)
    liste = (
        Lettre.objects.visibles_par(request.user)
        .filter(decision__demande__appel=appel)
        .select_related("decision__demande__organisme", "document__retour")
        .order_by("decision__demande__code", "-preparee_le")
    )
    return render(
        request,
        "financement/ville/lettres.html",
        {
            "appel": appel,
            "lettres": liste,
            "a_emettre": services.decisions_sans_lettre(appel),
            "peut_emettre": request.user.peut("lettre.lot", appel),
            "peut_classer": request.user.peut("retour.classer", appel),
            "peut_voir_retours": request.user.peut("retour.voir", appel),
        },
    )


@require_POST
def emettre(request: HttpRequest, code: str) -> HttpResponse:
    """Confie le lot à un ouvrier et mène à son avancement."""
    appel = trouver(request, Appel.objects.visibles_par(request.user), "lettre.lot", code=code)
    travail = executer(request, services.preparer_lot, appel=appel)
    if travail is None:
        return redirect("ville:lettres", code=code)
    return redirect("travail", cle=travail.cle)
