"""Les tâches du comité : un long calcul, les rappels."""

from celery import shared_task

from evaluations.services import rappels, repartition
from socle.models import Travail


@shared_task
def calculer_repartition(travail_id: int) -> None:
    """Calcule une répartition des lectures trop grande pour une page."""
    repartition.calculer(travail=Travail.objects.get(pk=travail_id))


@shared_task
def rappeler_comites() -> None:
    """Envoie les rappels dus aux membres et aux présidences ; chacun ne part qu'une fois."""
    rappels.envoyer_rappels()
