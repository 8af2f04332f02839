import sys
from typing import Any

from django.core.management.base import BaseCommand

from socle.journal import verifier_chaine


class Command(BaseCommand):
    help = "Vérifie la chaîne du journal ; code 1 et la première entrée rompue s'il y en a une."

    def handle(self, *args: Any, **options: Any) -> None:
        compte, rupture = verifier_chaine()
        if rupture is None:
            self.stdout.write(f"La chaîne du journal tient : {compte} entrées vérifiées.")
            return
        self.stderr.write(f"Chaîne rompue à l'entrée {rupture.rang} : {rupture.cause}.")
        sys.exit(1)
