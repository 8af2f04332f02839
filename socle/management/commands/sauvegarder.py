from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from socle.sauvegarde import SauvegardeRefusee, sauvegarder


class Command(BaseCommand):
    help = "Sauvegarde la base et les fichiers dans un dossier neuf, avec leurs empreintes."
    requires_system_checks = []

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("dossier", type=Path)

    def handle(self, *args: Any, dossier: Path, **options: Any) -> None:
        try:
            bilan = sauvegarder(dossier)
        except SauvegardeRefusee as refus:
            raise CommandError(str(refus)) from None
        self.stdout.write(
            f"Sauvegarde écrite dans {dossier} : la base et {bilan.fichiers} fichier(s), "
            f"{bilan.octets} octets."
        )
