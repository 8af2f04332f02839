"""Le guide imprimable de chaque statut : fait par un ouvrier, refait quand ce qu'il dit change."""

from typing import Any

from django.core.files.base import ContentFile
from django.db import transaction

from socle import horloge
from socle.documents import empreinte, rendre_html, rendre_pdf
from vitrine.choix import StatutMigratoire
from vitrine.models import Guide
from vitrine.pour_moi import choisir, par_sujet

GABARIT = "pdf/guide.html"


def confier() -> None:
    """Demande à un ouvrier de refaire les guides qui ont changé."""
    from vitrine.tasks import refaire_guides

    refaire_guides.delay()


def refaire() -> list[str]:
    """Refait chaque guide dont le contenu a changé ; rend les statuts refaits."""
    return [statut.value for statut in StatutMigratoire if _refaire_au_besoin(statut)]


def contexte_guide(statut: StatutMigratoire, *, date: Any = None) -> dict[str, Any]:
    """Les clés de ``pdf/guide.html`` et de la page : mêmes données, même ordre."""
    return {
        "reference": "Guide d'accueil",
        "statut": statut.label,
        "date": date,
        "chapitres": list(par_sujet(choisir(statut=statut.value))),
    }


def _refaire_au_besoin(statut: StatutMigratoire) -> bool:
    contenu = empreinte(rendre_html(GABARIT, contexte_guide(statut)).encode())
    Guide.objects.get_or_create(statut=statut)
    with transaction.atomic():
        guide = Guide.objects.select_for_update().get(statut=statut)
        if guide.empreinte == contenu:
            return False
        html = rendre_html(GABARIT, contexte_guide(statut, date=horloge.aujourdhui()))
        pdf = rendre_pdf(html, titre=f"Guide d'accueil — {statut.label}")
        ancien = guide.pdf.name
        guide.empreinte, guide.fait_le = contenu, horloge.maintenant()
        guide.pdf.save(f"guide-{statut.value}.pdf", ContentFile(pdf), save=False)
        guide.save()
        if ancien:
            transaction.on_commit(lambda: guide.pdf.storage.delete(ancien))
    return True
