"""La vitrine de la démonstration : des activités, des services, un temps fort, une page à lire."""

import datetime as dt
import json
from decimal import Decimal
from pathlib import Path
from typing import Any

from django.db import transaction
from phonenumber_field.phonenumber import PhoneNumber

from appels.models import Demande
from socle import horloge
from socle.models import Utilisateur
from socle.services import courriels
from vitrine.models import Activite
from vitrine.models.version import CONTACT
from vitrine.services import activites, temps_forts

DONNEES = Path(__file__).parent / "donnees" / "demonstration.json"
APPEL = "AP-2026-01"


def charger() -> list[str]:
    """Ajoute ce qui manque à la démonstration et rend ce qui a été fait, en phrases."""
    if Activite.objects.exists():
        return []
    contenu = json.loads(DONNEES.read_text(encoding="utf-8"))
    agent = Utilisateur.objects.get(email="agent@exemple.test")
    with transaction.atomic(), courriels.silencieux():
        semaines = [
            temps_forts.enregistrer(acteur=agent, **_dates(temps_fort))
            for temps_fort in contenu["temps_forts"]
        ]
        for ligne in contenu["activites"]:
            version = _proposer(ligne, semaines)
            activites.publier(acteur=agent, version=version, retouche=version.retouche)
        for ligne in contenu["services"]:
            activites.enregistrer_service(
                acteur=agent,
                genre=ligne["genre"],
                porteur=ligne["porteur"],
                champs=_champs(ligne, semaines),
            )
        _proposer(contenu["proposee"], semaines)
    return ["Activités et services publiés."]


def _proposer(ligne: dict[str, Any], semaines: list[Any]) -> Any:
    """La page d'un projet, proposée par une personne responsable de son organisme."""
    projet = Demande.objects.get(reference=f"{APPEL}-{ligne['projet']}")
    responsable = projet.organisme.adhesions.filter(role="responsable").first().utilisateur
    return activites.proposer(
        acteur=responsable,
        demande=projet,
        champs={**_champs(ligne, semaines), "besoins": projet.besoins.all()},
    )


def _champs(ligne: dict[str, Any], semaines: list[Any]) -> dict[str, Any]:
    """Tous les champs d'une page, de ce que la ligne donne."""
    champs = {
        "pour_qui": "", "statuts": [], "langues": [], "lieu": "", "adresse": "", "jours": [],
        "horaire": "", "lien": "", "cout": "", "gratuit": True, "besoins": [], "debut": None,
        "fin": None, **dict.fromkeys(CONTACT, ""), **ligne,
    }  # fmt: skip
    for nom in ("latitude", "longitude"):
        champs[nom] = Decimal(ligne[nom]) if nom in ligne else None
    for nom in ("heure_debut", "heure_fin"):
        champs[nom] = dt.time.fromisoformat(ligne[nom]) if nom in ligne else None
    if champs["contact_telephone"]:
        champs["contact_telephone"] = PhoneNumber.from_string(champs["contact_telephone"])
    champs["temps_fort"] = semaines[ligne["temps_fort"]] if "temps_fort" in ligne else None
    champs["contact_consenti"] = bool(champs["contact_nom"])
    return _dates(champs)


def _dates(champs: dict[str, Any]) -> dict[str, Any]:
    """``debut`` et ``fin``, comptés en jours à partir d'aujourd'hui, en dates."""
    jour = horloge.aujourdhui()
    return {
        nom: jour + dt.timedelta(days=valeur)
        if nom in {"debut", "fin"} and valeur is not None
        else valeur
        for nom, valeur in champs.items()
    }
