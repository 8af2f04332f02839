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
from financement.bilan import calculer_bilan
from financement.bilan_traces import traces_du_bilan
from financement.portees import Portee
from financement.services.recits import aucun_recit, recits_de
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
    comparaison = comparaison_de(portee.annee)
    return {
        "portee": portee,
        "complet": complet,
        "bilan": bilan,
        "resultats": bilan.resultats,
        "comparaison": comparaison,
        "recits": recits_de(portee) if complet else aucun_recit(),
        "page_obj": Paginator(bilan.projets, PAR_PAGE).get_page(request.GET.get("page")),
        "traces": traces_du_bilan(bilan, comparaison),
    }
