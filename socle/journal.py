"""Le journal : ce qui s'est fait, par qui, quand, pourquoi.

Il ne fait que s'allonger (la base refuse de modifier ou d'effacer) et chaque entrée porte
l'empreinte SHA-256 de la précédente. La base enchaîne au moment du commit, verrou tenu en
dernier : deux transactions ne peuvent pas s'attendre l'une l'autre (voir docs/adr/).
"""

import datetime as dt
import hashlib
from dataclasses import dataclass
from typing import Any

from django.db import connection, models

from socle import horloge
from socle.models.journal import EntreeJournal


def journaliser(
    *,
    acteur: Any,
    verbe: str,
    objet: models.Model,
    motif: str = "",
    details: dict[str, Any] | None = None,
) -> EntreeJournal:
    """Écrit une entrée. ``verbe`` est ``objet.action`` ; ``acteur`` est None pour le système."""
    return EntreeJournal.objects.create(
        moment=horloge.maintenant(),
        acteur=acteur,
        verbe=verbe,
        objet_type=objet._meta.label_lower,
        objet_id=str(objet.pk),
        objet_libelle=str(objet)[:200],
        motif=motif,
        details=details or {},
    )


@dataclass(frozen=True)
class Rupture:
    """La première entrée dont l'empreinte ne correspond pas."""

    rang: int
    cause: str


def verifier_chaine() -> tuple[int, Rupture | None]:
    """Recalcule toute la chaîne hors de la base.

    Rend le nombre d'entrées vérifiées et la première rupture, ou None si la chaîne tient.
    """
    precedente, compte = "", 0
    with connection.chunked_cursor() as curseur:
        curseur.execute(
            """
            SELECT rang, precedente, empreinte, moment, acteur_id, verbe, objet_type, objet_id,
                   objet_libelle, motif, details::text
            FROM socle_entreejournal ORDER BY rang NULLS LAST, id
            """
        )
        for ligne in curseur:
            compte += 1
            rang, chainee_a, empreinte, moment, *reste = ligne
            if rang != compte:
                return compte, Rupture(compte, "une entrée manque avant celle-ci")
            if chainee_a != precedente:
                return compte, Rupture(rang, "elle ne suit pas l'entrée précédente")
            if empreinte != _empreinte(precedente, rang, moment, reste):
                return compte, Rupture(rang, "son contenu a été modifié")
            precedente = empreinte
    return compte, None


def _empreinte(precedente: str, rang: int, moment: Any, reste: list[Any]) -> str:
    """La même suite d'octets que la fonction ``journal_chainer`` de la base."""
    instant = moment.astimezone(dt.UTC).strftime("%Y-%m-%dT%H:%M:%S.%f")
    morceaux = [precedente, str(rang), instant]
    morceaux += ["" if valeur is None else str(valeur) for valeur in reste]
    return hashlib.sha256("\x1f".join(morceaux).encode()).hexdigest()
