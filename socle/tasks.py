"""Les tâches du socle."""

from celery import shared_task
from django.core.management import call_command

from socle.models import Battement
from socle.services import travaux
from socle.services.envoi_courriels import envoyer_en_attente


@shared_task
def donner_signe_de_vie() -> None:
    """Note que l'horloge met en file et qu'un ouvrier y puise : la page d'état le lit."""
    Battement.battre(Battement.Nom.OUVRIER)


@shared_task
def envoyer_courriels_en_attente() -> None:
    """Envoie ce que la boîte d'envoi contient ; deux tâches à la fois n'envoient rien deux fois."""
    envoyer_en_attente()


@shared_task
def relancer_les_travaux_muets() -> None:
    """Reprend les travaux dont l'ouvrier a disparu."""
    travaux.relancer_les_muets()


@shared_task
def effacer_sessions_perimees() -> None:
    """Efface de la base les sessions finies : personne ne peut plus s'en servir."""
    call_command("clearsessions")
