"""L'application Celery, réglée par ``config.settings`` (préfixe ``CELERY_``)."""

import logging
import os
from typing import Any

from celery import Celery, Task
from kombu.exceptions import OperationalError

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
journal = logging.getLogger(__name__)


class Tache(Task):
    """Une tâche qui ne se met pas en file ne fait pas échouer ce qui est déjà écrit.

    On confie une tâche après le commit : la demande est déposée, le lot est créé. La file en panne,
    ``socle.tasks`` et ``appels.tasks`` retrouvent dans la base ce qui n'est pas parti.
    """

    def apply_async(self, *arguments: Any, **nommes: Any) -> Any:
        try:
            return super().apply_async(*arguments, **nommes)
        except OperationalError as erreur:
            journal.error("La file ne répond pas, %s attendra : %s", self.name, erreur)
            return None


app = Celery("appels", task_cls=Tache)
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()
