"""Les tâches de la décision et de la reddition de comptes."""

from celery import shared_task

from financement.services import archives, bilans, rappels_rapports, retours
from financement.services.lots_lettres import emettre_poignee
from socle.models import Travail


@shared_task
def emettre_lettres(travail_id: int) -> None:
    """Émet une poignée de lettres d'un lot, puis se remet en file derrière les autres tâches."""
    if emettre_poignee(travail=Travail.objects.get(pk=travail_id)):
        emettre_lettres.delay(travail_id)


@shared_task
def produire_bilan(travail_id: int) -> None:
    """Fige le bilan d'un appel en PDF."""
    bilans.produire(travail=Travail.objects.get(pk=travail_id))


@shared_task
def rappeler_rapports() -> None:
    """Envoie les rappels dus des rapports ; chacun ne part qu'une fois."""
    rappels_rapports.envoyer_rappels()


@shared_task
def classer_retours(travail_id: int) -> None:
    """Lit une pile numérisée et range ses pages ; relancée, elle reprend où elle en était."""
    retours.classer(travail=Travail.objects.get(pk=travail_id))


@shared_task
def produire_archive(travail_id: int) -> None:
    """Écrit l'archive d'un appel ; relancée, elle la refait en entier."""
    archives.produire(travail=Travail.objects.get(pk=travail_id))
