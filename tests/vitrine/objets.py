"""De quoi peupler la vitrine : un projet annoncé, et ce qu'un formulaire de page envoie."""

import datetime as dt
from typing import Any

from appels.models import Demande
from socle import horloge
from tests.factories import DecisionFactory


def un_projet_annonce(**champs: Any) -> Demande:
    """Un projet accepté dont la lettre est émise."""
    demande = DecisionFactory(demande__etat="acceptee", **champs).demande
    Demande.objects.filter(pk=demande.pk).update(etat_annonce="acceptee")
    demande.refresh_from_db()
    return demande


def dans_jours(jours: int) -> dt.date:
    return horloge.aujourdhui() + dt.timedelta(days=jours)


def saisie(**changements: Any) -> dict[str, Any]:
    """Le formulaire d'une page, rempli ; None retire un champ."""
    champs = {
        "titre": "Café du mardi",
        "texte": "On parle français ensemble, sans examen.",
        "sujets": ["francais", "rencontres"],
        "secteur": "Cap-de-la-Madeleine",
        "lieu": "Salle Pélican",
        "gratuit": "on",
        "debut": dans_jours(-5).isoformat(),
        "fin": dans_jours(60).isoformat(),
        "jours": ["1"],
        "heure_debut": "18:00",
        "heure_fin": "20:00",
        "inscription": "Venez sans rendez-vous.",
        **changements,
    }
    return {nom: valeur for nom, valeur in champs.items() if valeur is not None}
