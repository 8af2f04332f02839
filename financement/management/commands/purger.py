from itertools import groupby
from typing import Any

from django.core.management.base import BaseCommand, CommandParser

from financement.services.conservation import a_purger, purger


class Command(BaseCommand):
    help = (
        "Montre ce qui a fini d'être gardé (regles.md, 18) ; avec --executer, le détruit ou "
        "l'anonymise."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--executer", action="store_true", help="faire, et non montrer")
        parser.add_argument("--sans-question", action="store_true", help="ne pas demander « oui »")

    def handle(self, *args: Any, **options: Any) -> None:
        dossiers = sorted(a_purger(), key=lambda dossier: (dossier.genre, dossier.libelle))
        if not dossiers:
            self.stdout.write("Rien n'a fini d'être gardé.")
            return
        for genre, groupe in groupby(dossiers, key=lambda dossier: dossier.genre):
            self.stdout.write(f"\n{genre}")
            for dossier in groupe:
                self.stdout.write(
                    f"  à {dossier.sort.value} : {dossier.libelle} — terminé le {dossier.fin}, "
                    f"gardé jusqu'au {dossier.depuis}"
                )
        self.stdout.write(f"\n{len(dossiers)} dossiers.")
        if not options["executer"]:
            self.stdout.write("Rien n'a été fait. Ajoutez --executer pour le faire.")
            return
        if not options["sans_question"] and input("Écrivez « oui » pour continuer : ") != "oui":
            self.stdout.write("Rien n'a été fait.")
            return
        for dossier in dossiers:
            purger(dossier)
        self.stdout.write(f"{len(dossiers)} dossiers détruits ou anonymisés.")
