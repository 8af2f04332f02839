"""Chercher en français sans accents, avec la recherche plein texte de PostgreSQL.

La configuration ``francais`` (migration 0001) enlève les accents, puis ramène chaque mot à sa
racine : « réunions » se trouve en cherchant « reunion ».
"""

import re
from collections.abc import Iterator

from django.contrib.postgres.search import SearchQuery

CONFIGURATION = "francais"
MOTS_MAX = 8


def mots_cherches(saisie: str) -> Iterator[SearchQuery]:
    """Une condition par mot de ``saisie`` (huit au plus) ; le début d'un mot suffit."""
    for mot in re.findall(r"[^\W_]+", saisie)[:MOTS_MAX]:
        yield SearchQuery(f"{mot}:*", config=CONFIGURATION, search_type="raw")
