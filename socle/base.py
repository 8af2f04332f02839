"""Dire à PostgreSQL qui agit et à quelle heure : ses déclencheurs l'inscrivent au grand livre."""

from typing import Any

from django.db import connection

from socle import horloge


def dire_qui_agit(acteur: Any) -> None:
    """Vaut jusqu'à la fin de la transaction ; ``acteur`` None est le système."""
    with connection.cursor() as curseur:
        curseur.execute(
            "SELECT set_config('appels.auteur', %s, true), set_config('appels.moment', %s, true)",
            [str(getattr(acteur, "pk", None) or ""), horloge.maintenant().isoformat()],
        )
