"""Les tâches des demandes : les accusés en PDF, l'antivirus des pièces, les rappels."""

from celery import shared_task
from django.apps import apps

from appels.models import Depot
from appels.services import rattrapage
from appels.services.accuses import figer_accuse
from appels.services.pieces import analyser
from appels.services.rappels import envoyer_rappels
from socle.sceau import SceauInutilisable


@shared_task(
    autoretry_for=(OSError, SceauInutilisable),
    retry_backoff=10,
    retry_backoff_max=3600,
    retry_kwargs={"max_retries": 200},
)
def produire_accuse(depot_id: int) -> None:
    """Fige l'accusé du dépôt et l'envoie ; sans effet s'il l'est déjà.

    Le dépôt, lui, est fait : l'accusé attend que le certificat du sceau soit renouvelé.
    """
    figer_accuse(depot=Depot.objects.get(pk=depot_id))


@shared_task(
    autoretry_for=(OSError,),
    retry_backoff=10,
    retry_backoff_max=3600,
    retry_kwargs={"max_retries": 50},
)
def analyser_piece(piece_id: int, modele: str = "appels.piecejointe") -> None:
    """Fait analyser un fichier reçu ; recommence tant que clamd ne répond pas."""
    analyser(piece=apps.get_model(modele)._default_manager.get(pk=piece_id))


@shared_task
def rattraper() -> None:
    """Fait ce que la file en panne n'a pas pris : accusés de réception, analyses des pièces."""
    rattrapage.rattraper_accuses()
    rattrapage.rattraper_analyses()


@shared_task
def rappeler_clotures() -> None:
    """Envoie les rappels dus avant la clôture ; chacun ne part qu'une fois."""
    envoyer_rappels()
