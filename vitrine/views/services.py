"""La porte d'entrée d'une personne nouvelle : ses services, leur page, son guide, le calendrier."""

from itertools import groupby

from django.http import FileResponse, Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render

from socle import horloge
from socle.cache_public import gardee
from socle.templatetags.affichage import MOIS
from socle.vues import publique
from vitrine.calendrier import calendrier as fichier_ics
from vitrine.choix import StatutMigratoire
from vitrine.forms import QuestionsForm
from vitrine.models import Guide, TempsFort, VersionActivite
from vitrine.pour_moi import choisir, repondre
from vitrine.services import guides


@publique
@gardee
def services(request: HttpRequest) -> HttpResponse:
    """« Quels services pour moi ? » : trois questions, puis les activités ouvertes maintenant."""
    form = QuestionsForm(request.GET or None)
    repondu = form.is_bound and bool(request.GET.keys() & form.fields.keys())
    choix = form.choix if repondu else {}
    return render(
        request,
        "vitrine/services.html",
        {
            "form": form,
            "choix": choix,
            "dits": [
                libelle
                for nom, valeur in choix.items()
                if valeur and (libelle := dict(form.fields[nom].choices).get(valeur))
            ],
            "reponse": repondre(choix) if repondu else None,
            "statuts": StatutMigratoire.choices,
        },
    )


def _version(cle: str) -> VersionActivite:
    return get_object_or_404(
        VersionActivite.objects.publiques().select_related(
            "activite__demande__organisme", "activite__demande__appel"
        ),
        activite__cle=cle,
    )


@publique
@gardee
def activite(request: HttpRequest, cle: str) -> HttpResponse:
    """Une activité : quoi, pour qui, où, quand, comment participer, à qui parler."""
    return render(request, "vitrine/activite.html", {"activite": _version(cle)})


def _ics(contenu: bytes, nom: str) -> HttpResponse:
    return HttpResponse(
        contenu,
        content_type="text/calendar; charset=utf-8",
        headers={"Content-Disposition": f'attachment; filename="{nom}.ics"'},
    )


@publique
@gardee
def activite_ics(request: HttpRequest, cle: str) -> HttpResponse:
    """Une activité, à ajouter à son agenda."""
    version = _version(cle)
    if not version.debut:
        raise Http404
    return _ics(fichier_ics([version], nom=version.titre), cle)


@publique
@gardee
def calendrier(request: HttpRequest) -> HttpResponse:
    """Les temps forts, ce qui a lieu en ce moment, et ce qui vient, mois par mois."""
    jour = horloge.aujourdhui()
    versions = list(choisir().exclude(debut=None).order_by("debut", "titre"))
    temps_forts = list(TempsFort.objects.pas_finis(jour))
    for temps_fort in temps_forts:
        temps_fort.activites = [v for v in versions if v.temps_fort_id == temps_fort.pk]
    a_venir = groupby(
        (v for v in versions if v.debut > jour), key=lambda v: (v.debut.year, v.debut.month)
    )
    return render(
        request,
        "vitrine/calendrier.html",
        {
            "temps_forts": temps_forts,
            "en_cours": [v for v in versions if v.debut <= jour],
            "mois": [
                (f"{MOIS[mois - 1].capitalize()} {annee}", list(siennes))
                for (annee, mois), siennes in a_venir
            ],
        },
    )


@publique
@gardee
def calendrier_ics(request: HttpRequest) -> HttpResponse:
    """Le calendrier à suivre dans son agenda ; les trois réponses le restreignent."""
    versions = choisir(**QuestionsForm(request.GET).choix).exclude(debut=None)
    temps_forts = TempsFort.objects.pas_finis(horloge.aujourdhui())
    nom = "Activités pour les personnes immigrantes"
    return _ics(fichier_ics(versions, temps_forts, nom=nom), "activites")


def _statut(code: str) -> StatutMigratoire:
    try:
        return StatutMigratoire(code)
    except ValueError:
        raise Http404 from None


@publique
@gardee
def guide(request: HttpRequest, statut: str) -> HttpResponse:
    """Le guide d'un statut, à lire ou à imprimer."""
    choisi = _statut(statut)
    fait = Guide.objects.filter(statut=choisi).exclude(pdf="").first()
    return render(
        request,
        "vitrine/guide.html",
        {**guides.contexte_guide(choisi), "code": choisi.value, "guide": fait},
    )


@publique
def guide_pdf(request: HttpRequest, statut: str) -> HttpResponse | FileResponse:
    """Le PDF du guide, tel qu'un ouvrier l'a fait ; pas encore fait, la page se lit à sa place."""
    choisi = _statut(statut)
    fait = Guide.objects.filter(statut=choisi).exclude(pdf="").first()
    if fait is None:
        return redirect("guide", statut=choisi.value)
    return FileResponse(
        fait.pdf.open("rb"),
        filename=f"guide-{choisi.value.replace('_', '-')}.pdf",
        content_type="application/pdf",
    )
