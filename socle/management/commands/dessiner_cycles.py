from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand

from socle.dessin_cycles import texte


class Command(BaseCommand):
    help = "Écrit docs/cycle_de_vie.md à partir des tables d'états."

    def handle(self, *args: Any, **options: Any) -> None:
        Path(settings.BASE_DIR, "docs", "cycle_de_vie.md").write_text(texte(), encoding="utf-8")
        self.stdout.write("docs/cycle_de_vie.md est à jour.")
