from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import connection
from django.db.migrations.executor import MigrationExecutor

from socle.sauvegarde import SauvegardeRefusee, restaurer


class Command(BaseCommand):
    help = "Reprend une sauvegarde, après avoir vérifié chacune de ses empreintes."
    requires_system_checks = []

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("dossier", type=Path)
        parser.add_argument(
            "--ecraser",
            action="store_true",
            help="remplace le contenu d'une base qui n'est pas vide",
        )

    def handle(self, *args: Any, dossier: Path, ecraser: bool, **options: Any) -> None:
        try:
            bilan = restaurer(dossier, ecraser=ecraser)
        except SauvegardeRefusee as refus:
            raise CommandError(str(refus)) from None
        self.stdout.write(
            f"Sauvegarde {dossier} reprise : la base et {bilan.fichiers} fichier(s), "
            f"{bilan.octets} octets."
        )
        executeur = MigrationExecutor(connection)
        if executeur.migration_plan(executeur.loader.graph.leaf_nodes()):
            self.stdout.write("Elle vient d'une version antérieure : lancez « migrate » ensuite.")
