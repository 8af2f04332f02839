from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from financement.importation.contenu import ImportRefuse
from financement.importation.decodage import decoder
from financement.importation.rejeu import importer
from socle.causes import cause


class Command(BaseCommand):
    help = "Importe un appel complet d'un fichier JSON (format : contrat.md). Tout ou rien."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("fichier", type=Path)

    def handle(self, *args: Any, fichier: Path, **options: Any) -> None:
        try:
            octets = fichier.read_bytes()
        except OSError as erreur:
            raise CommandError(f"Le fichier {fichier} ne se lit pas : {cause(erreur)}.") from None
        try:
            appel = importer(decoder(octets))
        except ImportRefuse as refus:
            lignes = "\n".join(f"  - {ligne}" for ligne in refus.refus)
            raise CommandError(f"Fichier refusé, rien n'a été importé :\n{lignes}") from None
        self.stdout.write(f"Appel {appel.code} importé : {appel.demandes.count()} demandes.")
