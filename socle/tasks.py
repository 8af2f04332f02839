"""Les tâches du socle."""

from celery import shared_task
from post_office.mail import send_queued_mail_until_done


@shared_task
def envoyer_courriels_en_attente() -> None:
    """Envoie ce que la boîte d'envoi contient. Un verrou de fichier évite le double envoi."""
    send_queued_mail_until_done()
