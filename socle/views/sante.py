"""L'état de santé : la base, le courtier et le stockage répondent-ils ?"""

from typing import Any

from django.conf import settings
from django.db import DatabaseError, connection
from django.http import HttpRequest, JsonResponse
from kombu import Connection
from kombu.exceptions import OperationalError

from socle.vues import publique


@publique
def sante(request: HttpRequest) -> JsonResponse:
    """200 quand tout répond, sinon 503 ; ne dit rien de ce qui tourne derrière."""
    etats = {"base": _base(), "courtier": _courtier()}
    bonne = all(etats.values())
    corps: dict[str, Any] = {
        "etat": "ok" if bonne else "panne",
        **{nom: "ok" if etat else "panne" for nom, etat in etats.items()},
    }
    return JsonResponse(corps, status=200 if bonne else 503)


def _base() -> bool:
    try:
        with connection.cursor() as curseur:
            curseur.execute("SELECT 1")
            return curseur.fetchone() == (1,)
    except DatabaseError:
        return False


def _courtier() -> bool:
    try:
        with Connection(settings.CELERY_BROKER_URL, connect_timeout=2) as courtier:
            courtier.ensure_connection(max_retries=1, timeout=2)
            return True
    except (OperationalError, OSError):
        return False
