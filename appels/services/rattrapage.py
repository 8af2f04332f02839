"""Ce qui devait être fait par un ouvrier et ne l'est pas : la file était en panne à ce moment-là.

Fait ici même, une chose à la fois, et non remis en file : une tâche qui attend déjà son tour ne se
double pas.
"""

import datetime as dt
import logging
from collections.abc import Callable, Iterable
from typing import Any

from django.apps import apps

from appels.models import Depot
from appels.models.piece import FichierRecu
from appels.services.accuses import figer_accuse
from appels.services.pieces import analyser
from socle import horloge
from socle.sceau import SceauInutilisable

# Avant, la tâche est peut-être en file ; après, quelqu'un s'en est aperçu autrement.
PATIENCE = dt.timedelta(minutes=10)
OUBLI = dt.timedelta(days=30)
journal = logging.getLogger(__name__)


def rattraper_accuses() -> int:
    """Fige et envoie les accusés qui manquent aux dépôts du mois ; rend leur nombre."""
    depots = Depot.objects.filter(document=None, depose_le__range=_fenetre())
    return _tous(depots, lambda depot: figer_accuse(depot=depot))


def rattraper_analyses() -> int:
    """Fait analyser les fichiers du mois qui attendent l'antivirus ; rend leur nombre."""
    return sum(
        _tous(
            modele._default_manager.filter(
                analyse=FichierRecu.Analyse.EN_ATTENTE, ajoutee_le__range=_fenetre()
            ),
            lambda piece: analyser(piece=piece),
        )
        for modele in apps.get_models()
        if issubclass(modele, FichierRecu)
    )


def _fenetre() -> tuple[dt.datetime, dt.datetime]:
    maintenant = horloge.maintenant()
    return maintenant - OUBLI, maintenant - PATIENCE


def _tous(objets: Iterable[Any], faire: Callable[[Any], Any]) -> int:
    """Le premier que le sceau, le disque ou l'antivirus refuse arrête : les autres le seraient."""
    faits = 0
    for objet in objets:
        try:
            faire(objet)
        except (OSError, SceauInutilisable) as erreur:
            journal.warning("%s attend encore : %s", objet, erreur)
            break
        faits += 1
    return faits
