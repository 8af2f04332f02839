from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from socle.exceptions import RegleViolee
from socle.services.comptes import nommer_administration


class Command(BaseCommand):
    help = "Donne l'administration à un compte déjà inscrit ; elle donne ensuite les autres rôles."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("courriel")

    def handle(self, *args: Any, courriel: str, **options: Any) -> None:
        try:
            compte = nommer_administration(courriel=courriel)
        except RegleViolee as refus:
            raise CommandError(refus.message) from None
        self.stdout.write(f"{compte} administre l'application.")
