import json
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from socle.causes import cause
from vitrine.ouvertes.jeux import appels_publics
from vitrine.ouvertes.trois_soixante import paquet


class Command(BaseCommand):
    help = "Compare les aides publiées au schéma de 360Giving ; code 1 et chaque écart s'il y en a."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("codes", nargs="*", metavar="CODE_APPEL", help="tous, par défaut")
        parser.add_argument("--schema", type=Path, required=True, help="celui d'une aide")
        parser.add_argument("--schema-paquet", type=Path, help="celui du paquet entier")

    def handle(
        self,
        *args: Any,
        codes: list[str],
        schema: Path,
        schema_paquet: Path | None,
        **options: Any,
    ) -> None:
        try:
            from vitrine.ouvertes.conformite import PasUnSchema, ecarts
        except ImportError:
            raise CommandError(
                "Cette vérification demande jsonschema : lancez script/setup --test."
            ) from None

        appels = {appel.code: appel for appel in appels_publics()}
        for code in codes:
            if code not in appels:
                raise CommandError(f"L'appel {code} n'a aucune aide publiée.")
        aide, enveloppe = _lire(schema), schema_paquet and _lire(schema_paquet)
        trouves, aides = [], 0
        for code in codes or appels:
            publie = paquet(appels[code])
            aides += len(publie["grants"])
            try:
                trouves += [f"{code} : {ecart}." for ecart in ecarts(publie, aide, enveloppe)]
            except PasUnSchema as erreur:
                raise CommandError(f"Un fichier reçu n'est pas un schéma : {erreur}.") from None
        if trouves:
            raise CommandError("\n".join(trouves))
        self.stdout.write(f"Aides comparées au schéma de 360Giving : {aides}, sans écart.")


def _lire(fichier: Path) -> Any:
    try:
        return json.loads(fichier.read_text(encoding="utf-8"))
    except OSError as erreur:
        raise CommandError(f"Le fichier {fichier} ne se lit pas : {cause(erreur)}.") from None
    except (ValueError, RecursionError):
        raise CommandError(f"Le fichier {fichier} n'est pas du JSON en UTF-8.") from None
