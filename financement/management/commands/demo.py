from typing import Any

from django.core.management.base import BaseCommand

from financement.demonstration import charger


class Command(BaseCommand):
    help = "Charge le plan d'action de la consultation et la démonstration. Sans effet la 2e fois."

    def handle(self, *args: Any, **options: Any) -> None:
        for phrase in charger() or ["La démonstration est déjà en place."]:
            self.stdout.write(phrase)
