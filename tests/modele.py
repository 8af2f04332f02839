"""La base migrée une fois : celle de chaque processus de tests en est une copie.

Le modèle reste d'une suite à l'autre ; ce que son commentaire dit (l'empreinte des migrations) le
fait refaire quand elles ont changé. Un modèle resté à moitié fait n'a pas de commentaire.
"""

import hashlib
import os
import uuid
from pathlib import Path
from typing import Any

from django.apps import apps
from django.conf import settings
from django.core.management import call_command
from django.db import connection

# Le verrou est au serveur : deux processus ne font pas le modèle à la fois, un mort le rend.
VERROU = 20_260_101


def empreinte() -> str:
    """Celle de toutes les migrations, les nôtres et celles des paquets."""
    dossiers = sorted(Path(a.path, "migrations") for a in apps.get_app_configs())
    somme = hashlib.sha256()
    for fichier in (f for dossier in dossiers for f in sorted(dossier.glob("*.py"))):
        somme.update(str(fichier.relative_to(fichier.parents[2])).encode())
        somme.update(fichier.read_bytes())
    return somme.hexdigest()


def assurer_le_modele(*, a_neuf: bool) -> str:
    """Le nom du modèle, fait s'il manque ; ``a_neuf`` le refait une fois pour toute la suite."""
    nom = f"{settings.NOM_BASE_TEST}_modele"
    attendu = empreinte()
    if a_neuf:
        attendu += "-" + os.environ.get("PYTEST_XDIST_TESTRUNUID", uuid.uuid4().hex)
    with connection._nodb_cursor() as curseur:
        curseur.execute("SELECT pg_advisory_lock(%s)", [VERROU])
        fait = _commentaire(curseur, nom)
        if fait != attendu and (a_neuf or fait.partition("-")[0] != attendu):
            curseur.execute(f'DROP DATABASE IF EXISTS "{nom}" WITH (FORCE)')
            curseur.execute(f"CREATE DATABASE \"{nom}\" ENCODING 'UTF8' TEMPLATE template0")
            _migrer(nom)
            curseur.execute(f"COMMENT ON DATABASE \"{nom}\" IS '{attendu}'")
    return nom


def existe(nom: str) -> bool:
    with connection._nodb_cursor() as curseur:
        curseur.execute("SELECT 1 FROM pg_database WHERE datname = %s", [nom])
        return curseur.fetchone() is not None


def _commentaire(curseur: Any, nom: str) -> str:
    curseur.execute(
        "SELECT shobj_description(oid, 'pg_database') FROM pg_database WHERE datname = %s", [nom]
    )
    trouve = curseur.fetchone()
    return (trouve and trouve[0]) or ""


def _migrer(nom: str) -> None:
    avant = connection.settings_dict["NAME"]
    connection.close()
    connection.settings_dict["NAME"] = nom
    try:
        call_command("migrate", verbosity=0, interactive=False, run_syncdb=True)
    finally:
        # Une base se copie quand personne n'y est.
        connection.close()
        connection.close_pool()
        connection.settings_dict["NAME"] = avant
