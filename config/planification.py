"""Toutes les tâches périodiques, au même endroit (heures de America/Toronto)."""

from celery.schedules import crontab

TACHES_PERIODIQUES = {
    "donner-signe-de-vie": {
        "task": "socle.tasks.donner_signe_de_vie",
        "schedule": crontab(minute="*"),
        # L'ouvrier arrêté, les signes ne s'entassent pas dans la file.
        "options": {"expires": 55},
    },
    "envoyer-les-courriels-en-attente": {
        "task": "socle.tasks.envoyer_courriels_en_attente",
        "schedule": crontab(minute="*"),
    },
    "relancer-les-travaux-muets": {
        "task": "socle.tasks.relancer_les_travaux_muets",
        "schedule": crontab(minute="*"),
    },
    "rattraper-ce-qui-n-est-pas-parti": {
        "task": "appels.tasks.rattraper",
        "schedule": crontab(minute="*/10"),
    },
    "rappeler-les-clotures": {
        "task": "appels.tasks.rappeler_clotures",
        "schedule": crontab(minute="*/10"),
    },
    # Quatre fois le matin : ce qu'une file en panne à huit heures a manqué part une heure après.
    "rappeler-les-comites": {
        "task": "evaluations.tasks.rappeler_comites",
        "schedule": crontab(hour="8-11", minute=10),
    },
    "rappeler-les-rapports": {
        "task": "financement.tasks.rappeler_rapports",
        "schedule": crontab(hour="8-11", minute=20),
    },
    "effacer-les-livrets-perimes": {
        "task": "evaluations.tasks.effacer_livrets_perimes",
        "schedule": crontab(hour=3, minute=40),
    },
    "refaire-les-guides": {
        "task": "vitrine.tasks.refaire_guides",
        "schedule": crontab(hour=0, minute=10),
    },
    "effacer-les-sessions-perimees": {
        "task": "socle.tasks.effacer_sessions_perimees",
        "schedule": crontab(hour=3, minute=20),
    },
}
