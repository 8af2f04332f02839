from typing import Any

from django.core.management.base import BaseCommand, CommandError

from financement.models import Mouvement
from financement.services.grand_livre import ecarts


class Command(BaseCommand):
    help = "Compare le grand livre aux décisions, conventions, versements et récupérations."

    def handle(self, *args: Any, **options: Any) -> None:
        trouves = ecarts()
        if trouves:
            raise CommandError("\n".join(trouves))
        self.stdout.write(f"Le grand livre concorde : {Mouvement.objects.count()} mouvements.")
