"""Les tâches du socle."""

from celery import shared_task

from socle.services.envoi_courriels import envoyer_en_attente


@shared_task
def envoyer_courriels_en_attente() -> None:
    """Envoie ce que la boîte d'envoi contient ; deux tâches à la fois n'envoient rien deux fois."""
    envoyer_en_attente()
