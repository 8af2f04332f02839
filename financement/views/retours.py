"""Les retours sur papier d'un appel : importer la pile, ranger ce qui reste, relire un retour."""

from uuid import UUID

from django.db.models import QuerySet
from django.http import FileResponse, Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render

from appels.models import Appel
from financement.forms_retour import PageForm, PileForm
from financement.models import PageNumerisee, PileNumerisee, RetourNumerise
from financement.numerisation import PageAbsente, apercu
from financement.services import retours as services
from socle.models import EntreeJournal
from socle.rangement import ce_qui_manque
from socle.textes import lire_entier
from socle.vues import executer, trouver

PILES_MONTREES = 30


def retours(request: HttpRequest, code: str) -> HttpResponse:
    """Importer une pile ; les piles déjà importées et leurs pages à ranger."""
    appel = trouver(request, Appel.objects.visibles_par(request.user), "retour.classer", code=code)
    form = PileForm(request.POST or None, request.FILES or None)
    if request.method == "POST" and form.is_valid():
        travail = executer(
            request, services.deposer_pile, formulaire=form, appel=appel, **form.cleaned_data
        )
        if travail:
            return redirect("travail", cle=travail.cle)
    piles = PileNumerisee.objects.avec_comptes().filter(appel=appel)[:PILES_MONTREES]
    return render(
        request,
        "financement/ville/retours.html",
        {"appel": appel, "form": form, "piles": piles},
    )


def _pile(request: HttpRequest, cle: UUID) -> PileNumerisee:
    piles = PileNumerisee.objects.avec_comptes().select_related("appel", "travail")
    return trouver(request, piles, "retour.classer", cle=cle)


def pile(request: HttpRequest, cle: UUID) -> HttpResponse:
    """Ce que la lecture a rangé, et chaque page qu'une personne doit regarder."""
    objet = _pile(request, cle)
    documents = services.documents_a_signer(objet.appel)
    form = PageForm(request.POST or None, documents=documents)
    ranges = services.retours_de(objet)
    if request.method == "POST":
        page = trouver(request, objet.pages.all(), no=lire_entier(request.POST.get("page", "")))
        if "ecarter" in request.POST:
            fait = executer(
                request, services.ecarter_page, page=page, succes=f"La page {page.no} est écartée."
            )
        elif "remettre" in request.POST:
            fait = executer(
                request,
                services.remettre_page,
                page=page,
                succes=f"La page {page.no} est de nouveau à ranger.",
            )
        else:
            fait = form.is_valid() and executer(
                request,
                services.classer_page,
                formulaire=form,
                succes=f"La page {page.no} est rangée.",
                page=page,
                **form.cleaned_data,
            )
        if fait:
            return redirect("ville:pile", cle=cle)
    return render(
        request,
        "financement/ville/pile.html",
        {
            "pile": objet,
            "entrees": _histoire(objet, ranges)[:50],
            "manque": objet.fichier and ce_qui_manque(objet.fichier),
            "appel": objet.appel,
            "form": form,
            "a_ranger": objet.pages.filter(etat__in=PageNumerisee.A_RANGER),
            "de_cote": objet.pages.filter(etat__in=PageNumerisee.DE_COTE),
            "retours": ranges,
            "documents": documents,
            "choisi": request.POST.get("document", ""),
            "en_cause": request.POST.get("page", ""),
        },
    )


def _histoire(objet: PileNumerisee, ranges: list[RetourNumerise]) -> QuerySet[EntreeJournal]:
    """Ce que des personnes ont fait de la pile, et chaque retour ; pas chaque page lue."""
    entrees = EntreeJournal.objects.pour(objet, *ranges, *objet.pages.all())
    return entrees.exclude(objet_type=PageNumerisee._meta.label_lower, acteur=None)


def image(request: HttpRequest, cle: UUID, no: int) -> HttpResponse:
    """Une page de la pile en petit, pour la reconnaître."""
    objet = _pile(request, cle)
    if not objet.fichier:
        raise Http404
    with services.fichier_local(objet.fichier) as chemin:
        try:
            reponse = HttpResponse(apercu(chemin, no), content_type="image/png")
        except PageAbsente as absente:
            raise Http404(f"La pile n'a pas de page {no}.") from absente
    reponse["Cache-Control"] = "private, max-age=3600"
    return reponse


def numerise(request: HttpRequest, cle: UUID) -> FileResponse:
    """Le retour d'un document, en PDF."""
    retour = trouver(
        request,
        RetourNumerise.objects.select_related("pile__appel", "document"),
        "retour.voir",
        cle=cle,
    )
    reponse = FileResponse(
        retour.fichier.open("rb"), content_type="application/pdf", filename="retour-numerise.pdf"
    )
    reponse["X-Content-Type-Options"] = "nosniff"
    return reponse
