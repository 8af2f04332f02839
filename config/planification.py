"""Toutes les tâches périodiques, au même endroit (heures de America/Toronto)."""

from celery.schedules import crontab

TACHES_PERIODIQUES = {
    "envoyer-les-courriels-en-attente": {
        "task": "socle.tasks.envoyer_courriels_en_attente",
        "schedule": crontab(minute="*"),
    },
}
