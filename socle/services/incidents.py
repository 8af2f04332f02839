"""Le registre des incidents de confidentialité : on y inscrit, on y complète, rien ne s'efface."""

from typing import Any

from django.db import transaction

from socle.droits import exiger_permission
from socle.journal import journaliser
from socle.models import Incident


@transaction.atomic
def inscrire_incident(*, acteur: Any, incident: Incident | None = None, **champs: Any) -> Incident:
    """Inscrit un incident, ou complète ``incident`` ; le journal garde ce qui a changé.

    Lève ``ValidationError`` si une contrainte du modèle n'est pas tenue.
    """
    exiger_permission(acteur, "incident.gerer", incident)
    nouveau = incident is None
    incident = Incident(inscrit_par=acteur) if nouveau else incident
    changes = sorted(nom for nom, valeur in champs.items() if getattr(incident, nom) != valeur)
    for nom, valeur in champs.items():
        setattr(incident, nom, valeur)
    incident.full_clean()
    incident.save()
    journaliser(
        acteur=acteur,
        verbe="incident.inscrire" if nouveau else "incident.completer",
        objet=incident,
        details={"champs": changes},
    )
    return incident
