"""Les tâches du comité : un long calcul, les livrets de lecture, les rappels."""

from celery import shared_task

from evaluations.services import livrets, rappels, repartition
from socle.models import Travail


@shared_task
def calculer_repartition(travail_id: int) -> None:
    """Calcule une répartition des lectures trop grande pour une page."""
    repartition.calculer(travail=Travail.objects.get(pk=travail_id))


@shared_task
def rappeler_comites() -> None:
    """Envoie les rappels dus aux membres et aux présidences ; chacun ne part qu'une fois."""
    rappels.envoyer_rappels()


@shared_task(autoretry_for=(OSError,), retry_backoff=True, max_retries=5)
def produire_livret(travail_id: int) -> None:
    """Produit le livret d'un membre ; sans effet s'il l'est déjà."""
    livrets.produire(travail=Travail.objects.get(pk=travail_id))


@shared_task
def effacer_livrets_perimes() -> None:
    """Efface les livrets fermés par une récusation, par la fin de l'évaluation ou par l'âge."""
    livrets.effacer_perimes()
