from typing import Any

from django.core.management.base import BaseCommand

from financement import demonstration as appels_de_demonstration
from vitrine import demonstration as vitrine_de_demonstration


class Command(BaseCommand):
    help = "Charge le plan d'action de la consultation et la démonstration. Sans effet la 2e fois."

    def handle(self, *args: Any, **options: Any) -> None:
        faites = [*appels_de_demonstration.charger(), *vitrine_de_demonstration.charger()]
        for phrase in faites or ["La démonstration est déjà en place."]:
            self.stdout.write(phrase)
