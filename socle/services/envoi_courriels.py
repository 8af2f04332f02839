"""L'envoi de la boîte : un seul expéditeur à la fois, un courriel après l'autre.

Le verrou est dans PostgreSQL, donc commun à toutes les machines et rendu par un ouvrier tué ; celui
de django-post-office est un fichier de la machine.
"""

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta

from django.core.mail import get_connection
from django.core.mail.backends.base import BaseEmailBackend
from django.db import connection
from django.utils import timezone
from post_office.mail import get_queued
from post_office.models import STATUS, Email
from post_office.settings import get_backend, get_max_retries

VERROU = 727_001
ATTENTE = timedelta(minutes=15)
journal = logging.getLogger(__name__)


def envoyer_en_attente() -> int:
    """Envoie ce qui attend et rend le nombre de courriels partis.

    Chaque envoi est noté aussitôt : un ouvrier tué n'en laisse qu'un douteux, réenvoyé avec le même
    Message-ID. Un serveur qui ne répond pas n'use pas les essais d'un courriel, il reste en
    attente ; un courriel refusé est repris plus tard, jusqu'à ``MAX_RETRIES`` fois.
    """
    with _seul() as seul:
        if not seul:
            return 0
        transport = get_connection(get_backend())
        partis = 0
        try:
            while lot := list(get_queued()):
                for courriel in lot:
                    transport.open()
                    partis += _envoyer(courriel, transport)
        except OSError as erreur:  # smtplib.SMTPException en est une
            journal.warning("Le serveur de courriel ne répond pas : %s", erreur)
        finally:
            transport.close()
    return partis


@contextmanager
def _seul() -> Iterator[bool]:
    """Vrai pour un seul processus à la fois ; les autres laissent faire."""
    with connection.cursor() as curseur:
        curseur.execute("SELECT pg_try_advisory_lock(%s)", [VERROU])
        (pris,) = curseur.fetchone()
        try:
            yield pris
        finally:
            if pris:
                curseur.execute("SELECT pg_advisory_unlock(%s)", [VERROU])


def _envoyer(courriel: Email, transport: BaseEmailBackend) -> bool:
    try:
        transport.send_messages([courriel.prepare_email_message()])
    except Exception as erreur:
        journal.warning("Courriel %s refusé : %s", courriel.pk, erreur)
        transport.close()
        _remettre(courriel, erreur)
        return False
    _noter(courriel, status=STATUS.sent)
    courriel.logs.create(status=STATUS.sent)
    return True


def _remettre(courriel: Email, erreur: Exception) -> None:
    essais = (courriel.number_of_retries or 0) + 1
    if essais > get_max_retries():
        _noter(courriel, status=STATUS.failed)
    else:
        _noter(
            courriel,
            status=STATUS.requeued,
            number_of_retries=essais,
            scheduled_time=timezone.now() + ATTENTE * essais,
        )
    courriel.logs.create(
        status=STATUS.failed, message=str(erreur), exception_type=type(erreur).__name__
    )


def _noter(courriel: Email, **champs: object) -> None:
    Email.objects.filter(pk=courriel.pk).update(last_updated=timezone.now(), **champs)
