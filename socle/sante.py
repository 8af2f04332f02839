"""Ce qu'une petite équipe doit savoir d'un coup d'œil : ce qui va, ce qui traîne, quoi faire.

Une panne empêche de servir (la base) ou de rien confier aux ouvriers (la file). Le reste prévient.
"""

import datetime as dt
import os
import shutil
from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

from celery import current_app
from django.conf import settings
from django.db import DatabaseError, connection
from django.db.models import Min
from django.utils.timesince import timesince
from kombu.exceptions import OperationalError
from post_office.models import STATUS, Email

from socle import horloge
from socle.models import Battement

SILENCE = dt.timedelta(minutes=5)
COURRIEL_EN_RETARD = dt.timedelta(minutes=15)
ECHECS_RECENTS = dt.timedelta(days=7)
SAUVEGARDE_VIEILLE = dt.timedelta(hours=36)
PLACE_MIN = 1 << 30
PART_MIN = 0.05


class Etat(StrEnum):
    OK = "ok"
    ATTENTION = "attention"
    PANNE = "panne"


@dataclass(frozen=True)
class Signe:
    """L'état d'un morceau. ``phrase`` est pour l'équipe : ce qui se passe, puis quoi faire."""

    nom: str
    libelle: str
    etat: Etat
    phrase: str


def signes() -> list[Signe]:
    """Tous les signes ; sans base, ceux qui la lisent n'y sont pas."""
    base = _base()
    lisibles = SANS_BASE if base.etat == Etat.PANNE else (*SANS_BASE, *AVEC_BASE)
    return [base, *(lire() for lire in lisibles)]


def _base() -> Signe:
    try:
        with connection.cursor() as curseur:
            curseur.execute("SELECT 1")
    except DatabaseError:
        return Signe("base", "Base de données", Etat.PANNE, "PostgreSQL ne répond pas.")
    return Signe("base", "Base de données", Etat.OK, "PostgreSQL répond.")


def _file() -> Signe:
    en_attente = taches_en_file()
    if en_attente is None:
        phrase = (
            "Valkey ne répond pas : les pages servent, mais les PDF, les lots et les courriels "
            "attendent. Démarrez-le ; ce qui attend partira de lui-même."
        )
        return Signe("courtier", "File des tâches", Etat.PANNE, phrase)
    phrase = f"Tâches en file : {en_attente}."
    return Signe("courtier", "File des tâches", Etat.OK, phrase)


def taches_en_file() -> int | None:
    """Le nombre de tâches qu'aucun ouvrier n'a prises ; None quand la file ne répond pas."""
    try:
        with current_app.connection_for_read() as courtier:
            courtier.ensure_connection(max_retries=1, timeout=2)
            try:
                return courtier.SimpleQueue(current_app.conf.task_default_queue).qsize()
            except courtier.channel_errors:  # aucune tâche ne l'a encore créée
                return 0
    except (OperationalError, OSError):
        return None


def _disque() -> Signe:
    nom, libelle = "disque", "Espace des fichiers"
    if settings.MEDIA_STORAGE.startswith("s3://"):
        return Signe(nom, libelle, Etat.OK, "Dans un seau S3 : sa place se regarde chez lui.")
    dossier = Path(settings.MEDIA_ROOT)
    while not dossier.exists():
        dossier = dossier.parent
    if not os.access(dossier, os.W_OK | os.X_OK):
        phrase = f"{dossier} ne s'écrit pas : aucun fichier ne peut être reçu ni produit."
        return Signe(nom, libelle, Etat.ATTENTION, phrase)
    place = shutil.disk_usage(dossier)
    libre = f"{place.free / 2**30:.1f} Go libres".replace(".", ",")
    if place.free < max(PLACE_MIN, place.total * PART_MIN):
        phrase = f"{libre} seulement dans {dossier} : faites de la place avant qu'il ne soit plein."
        return Signe(nom, libelle, Etat.ATTENTION, phrase)
    return Signe(nom, libelle, Etat.OK, f"{libre}.")


def _ouvrier() -> Signe:
    nom, libelle = "ouvrier", "Ouvrier et horloge"
    dernier = _dernier(Battement.Nom.OUVRIER)
    if dernier and _age(dernier) < SILENCE:
        return Signe(nom, libelle, Etat.OK, f"Dernier signe {_depuis(dernier)}.")
    quand = f"Dernier signe {_depuis(dernier)}" if dernier else "Aucun signe encore"
    phrase = (
        f"{quand}. S'il reste des tâches en file, l'ouvrier est arrêté ou occupé ; s'il n'en reste "
        "aucune, c'est l'horloge. Redémarrez celui qui manque : ce qui attend partira de lui-même."
    )
    return Signe(nom, libelle, Etat.ATTENTION, phrase)


def _courriels() -> Signe:
    nom, libelle = "courriels", "Courriels"
    attente = Email.objects.filter(status__in=(STATUS.queued, STATUS.requeued))
    echecs = Email.objects.filter(
        status=STATUS.failed, last_updated__gt=horloge.maintenant() - ECHECS_RECENTS
    ).count()
    plus_vieux = attente.aggregate(debut=Min("created"))["debut"]
    phrases = []
    if plus_vieux and _age(plus_vieux) > COURRIEL_EN_RETARD:
        phrases.append(
            f"{attente.count()} en attente, le plus vieux écrit {_depuis(plus_vieux)} : le serveur "
            "de courriel ne répond pas ou l'ouvrier est arrêté."
        )
    if echecs:
        phrases.append(f"{echecs} en échec depuis 7 jours : la page des courriels dit lesquels.")
    if phrases:
        return Signe(nom, libelle, Etat.ATTENTION, " ".join(phrases))
    return Signe(nom, libelle, Etat.OK, "Aucun retard, aucun échec récent.")


def _sauvegarde() -> Signe:
    nom, libelle = "sauvegarde", "Sauvegarde"
    derniere = _dernier(Battement.Nom.SAUVEGARDE)
    if derniere is None:
        if settings.DEMONSTRATION:
            return Signe(nom, libelle, Etat.OK, "La démonstration ne se sauvegarde pas.")
        return Signe(nom, libelle, Etat.ATTENTION, "Aucune sauvegarde ne s'est encore achevée.")
    vieille = _age(derniere) > SAUVEGARDE_VIEILLE
    phrase = f"La dernière s'est achevée {_depuis(derniere)}."
    return Signe(nom, libelle, Etat.ATTENTION if vieille else Etat.OK, phrase)


def _dernier(nom: str) -> dt.datetime | None:
    return Battement.objects.filter(nom=nom).values_list("le", flat=True).first()


def _age(moment: dt.datetime) -> dt.timedelta:
    return horloge.maintenant() - moment


def _depuis(moment: dt.datetime) -> str:
    return f"il y a {timesince(moment, horloge.maintenant(), depth=1)}"


SANS_BASE: tuple[Callable[[], Signe], ...] = (_file, _disque)
AVEC_BASE: tuple[Callable[[], Signe], ...] = (_ouvrier, _courriels, _sauvegarde)
