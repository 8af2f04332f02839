#!/usr/bin/env python
"""Les commandes de l'application ; sans DATABASE_URL, elles se joignent aux serveurs embarqués."""

import os
import sys

from config.embarque import ServeurIndisponible, assurer_serveurs
from socle.causes import cause


def principal() -> None:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
    # Une commande n'a qu'une connexion ; sans réserve, un serveur qui refuse se voit aussitôt.
    os.environ.setdefault("DATABASE_POOL", "0")
    try:
        assurer_serveurs()
    except ServeurIndisponible as erreur:
        sys.exit(str(erreur))
    from django.core.management import execute_from_command_line
    from django.db import OperationalError

    try:
        execute_from_command_line(sys.argv)
    except OperationalError as erreur:
        if "--traceback" in sys.argv:
            raise
        sys.exit(f"La base de données refuse : {cause(erreur)}.")


if __name__ == "__main__":
    principal()
