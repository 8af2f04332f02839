"""Ce que ``script/server`` fait avant de servir : base à jour, fichiers statiques, démonstration.

Dans un seul processus, parce que charger Django coûte plus cher que le travail quand tout est fait.
"""

import hashlib
import os
import sys
import traceback
from pathlib import Path

import django
from django.core.management import CommandError, call_command

from socle.causes import cause

# Des variantes que les paquets livrent et que rien ne charge : les comprimer prenait 15 secondes.
VARIANTES_INUTILES = [
    "bootstrap-*",
    "bootstrap.rtl*",
    "bootstrap.esm*",
    "bootstrap.css*",
    "bootstrap.js*",
    "bootstrap.bundle.js*",
    "leaflet-src*",
]


def principal() -> int:
    """Rend 0, ou 1 avec une phrase sur la sortie d'erreur et le détail dans ``demarrage.log``."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
    etape = "Chargement des réglages"
    try:
        django.setup()
        for etape, faire in ETAPES.items():
            if faire():
                sys.stdout.write(f"  {etape} : fait.\n")
                sys.stdout.flush()
    except CommandError as erreur:
        return _echouer(etape, str(erreur))
    except ModuleNotFoundError as erreur:
        return _echouer(etape, f"{cause(erreur)}.")
    except Exception as erreur:
        detail = _noter(traceback.format_exc())
        return _echouer(etape, f"{type(erreur).__name__}, {erreur} (détails : {detail})")
    return 0


def mettre_la_base_a_jour() -> bool:
    from django.db import connection
    from django.db.migrations.executor import MigrationExecutor

    executeur = MigrationExecutor(connection)
    if not executeur.migration_plan(executeur.loader.graph.leaf_nodes()):
        return False
    call_command("migrate", interactive=False, verbosity=0)
    return True


def rassembler_les_fichiers_statiques() -> bool:
    """Refait seulement quand un fichier source a changé : les comprimer prend des secondes."""
    from django.conf import settings

    marque = Path(settings.STATIC_ROOT) / ".empreinte"
    empreinte = _empreinte_des_sources(str(settings.STORAGES["staticfiles"]))
    if marque.exists() and marque.read_text(encoding="ascii") == empreinte:
        return False
    call_command(
        "collectstatic",
        interactive=False,
        clear=True,
        ignore_patterns=VARIANTES_INUTILES,
        verbosity=0,
    )
    marque.write_text(empreinte, encoding="ascii")
    return True


def _empreinte_des_sources(reglage: str) -> str:
    from django.contrib.staticfiles.finders import get_finders

    condense = hashlib.sha256(reglage.encode())
    for chercheur in get_finders():
        for chemin, stockage in chercheur.list([]):
            etat = os.stat(stockage.path(chemin))
            condense.update(f"{chemin} {etat.st_size} {etat.st_mtime_ns}\n".encode())
    return condense.hexdigest()


def charger_la_demonstration() -> bool:
    from django.conf import settings

    if not settings.DEMONSTRATION:
        return False
    call_command("demo")
    return True


def verifier_le_sceau() -> bool:
    """Un certificat inutilisable se dit au démarrage, pas à la première lettre."""
    from socle.sceau import SceauInutilisable, exiger_sceau

    try:
        exiger_sceau()
    except SceauInutilisable as refus:
        raise CommandError(f"{refus.raison} (SCEAU_PKCS12, SCEAU_MOT_DE_PASSE)") from refus
    return False


ETAPES = {
    "Sceau": verifier_le_sceau,
    "Base de données": mettre_la_base_a_jour,
    "Fichiers statiques": rassembler_les_fichiers_statiques,
    "Démonstration": charger_la_demonstration,
}


def _noter(texte: str) -> Path:
    from config.embarque import dossier_var

    journal = dossier_var() / "demarrage.log"
    journal.write_text(texte, encoding="utf-8")
    return journal


def _echouer(etape: str, raison: str) -> int:
    sys.stderr.write(f"{etape} : échec. {' '.join(raison.split())}\n")
    return 1


if __name__ == "__main__":
    sys.exit(principal())
