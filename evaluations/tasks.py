"""Les tâches du comité : produire un livret de lecture, effacer ceux qui ne servent plus."""

from celery import shared_task

from evaluations.services import livrets
from socle.models import Travail


@shared_task(autoretry_for=(OSError,), retry_backoff=True, max_retries=5)
def produire_livret(travail_id: int) -> None:
    """Produit le livret d'un membre ; sans effet s'il l'est déjà."""
    livrets.produire(travail=Travail.objects.get(pk=travail_id))


@shared_task
def effacer_livrets_perimes() -> None:
    """Efface les livrets fermés par une récusation, par la fin de l'évaluation ou par l'âge."""
    livrets.effacer_perimes()
