import json
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from appels.models import Appel
from financement.exportation import exporter
from socle.causes import cause


class Command(BaseCommand):
    help = "Écrit les résultats calculés d'un appel en JSON (format : contrat.md)."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("code")
        parser.add_argument("--sortie", type=Path)

    def handle(self, *args: Any, code: str, sortie: Path | None, **options: Any) -> None:
        try:
            appel = Appel.objects.get(code=code)
        except Appel.DoesNotExist:
            raise CommandError(f"L'appel « {code} » n'existe pas.") from None
        texte = json.dumps(exporter(appel), ensure_ascii=False, indent=1)
        if sortie is None:
            self.stdout.write(texte)
            return
        try:
            sortie.write_text(texte + "\n", encoding="utf-8")
        except OSError as erreur:
            raise CommandError(f"{sortie} ne s'écrit pas : {cause(erreur)}.") from None
        self.stdout.write(f"Résultats de {appel.code} écrits dans {sortie}.")
