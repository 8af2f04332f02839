"""Le corps de la page d'un bilan, gardé tant que rien ne s'écrit.

Toute écriture passe par le journal, dont le rang suit l'ordre des commits : le même rang, c'est le
même bilan. L'échéance couvre ce qui ne s'écrit pas au journal.
"""

import hashlib
from typing import Any

from django.conf import settings
from django.core.cache import cache
from django.core.paginator import Paginator
from django.db.models import Max
from django.http import HttpRequest
from django.template.loader import render_to_string
from django.utils.safestring import SafeString, mark_safe

from financement.annees import comparaison_de
from financement.bilan import Bilan, Groupe, calculer_bilan
from financement.bilan_projets import adresse
from financement.portees import Portee
from financement.services.recits import aucun_recit, recits_de
from socle.graphiques import Ligne
from socle.models import EntreeJournal

PAR_PAGE = 50


def corps_du_bilan(request: HttpRequest, portee: Portee, *, complet: bool) -> SafeString:
    """Le HTML du bilan, les mêmes octets pour toutes les personnes qui le lisent ``complet``."""
    adresse_lue = request.get_full_path()
    rang = EntreeJournal.objects.aggregate(rang=Max("rang"))["rang"]
    empreinte = hashlib.sha256(f"{portee.cle} {adresse_lue}".encode()).hexdigest()
    cle = f"bilan:{rang}:{complet:d}:{empreinte}"
    duree = settings.CACHE_PUBLIC_SECONDES
    garde = cache.get(cle) if duree else None
    if garde is None:
        contexte = _contexte(request, portee, complet=complet)
        garde = str(render_to_string("financement/bilan/_bilan.html", contexte, request))
        if duree:
            cache.set(cle, garde, duree)
    return mark_safe(garde)  # noqa: S308 (rendu par un gabarit)


def _contexte(request: HttpRequest, portee: Portee, *, complet: bool) -> dict[str, Any]:
    bilan = calculer_bilan(portee.appels)
    return {
        "portee": portee,
        "complet": complet,
        "bilan": bilan,
        "resultats": bilan.resultats,
        "comparaison": comparaison_de(portee.annee),
        "recits": recits_de(portee) if complet else aucun_recit(),
        "page_obj": Paginator(bilan.projets, PAR_PAGE).get_page(request.GET.get("page")),
        **(_dessins(bilan, portee.cle) if complet else {}),
    }


def _dessins(bilan: Bilan, portee: str) -> dict[str, list[Ligne]]:
    """Les barres du bilan, chacune menant à ses projets."""

    def lignes(axe: str, groupes: list[Groupe]) -> list[Ligne]:
        return [
            Ligne(groupe.nom, groupe.accorde, url=adresse(portee, axe, groupe.code))
            for groupe in groupes
        ]

    return {
        "lignes_objectifs": lignes("objectif", bilan.objectifs),
        "lignes_besoins": lignes("besoin", bilan.besoins),
        "lignes_themes": lignes("theme", bilan.themes),
        "lignes_secteurs": lignes("secteur", bilan.secteurs),
    }
