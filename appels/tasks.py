"""Les tâches des demandes : l'accusé de réception en PDF."""

from celery import shared_task

from appels.models import Depot
from appels.services.accuses import figer_accuse


@shared_task(autoretry_for=(OSError,), retry_backoff=True, max_retries=5)
def produire_accuse(depot_id: int) -> None:
    """Fige l'accusé du dépôt et l'envoie ; sans effet s'il l'est déjà."""
    figer_accuse(depot=Depot.objects.get(pk=depot_id))
