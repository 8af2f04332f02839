"""L'horloge unique de l'application, à l'heure de Trois-Rivières (America/Toronto).

Tout le domaine demande l'heure ici. L'importation d'un appel passé et les tests la règlent avec
``a_la_date`` ; le middleware y pose l'heure de réception de la demande HTTP, car c'est elle qui
compte à la clôture (regles.md, 4).
"""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import date, datetime, time

from django.utils import timezone

_heure_fixee: ContextVar[datetime | None] = ContextVar("heure_fixee", default=None)


def maintenant() -> datetime:
    """L'instant présent (avec fuseau), ou celui que ``a_la_date`` a fixé."""
    return _heure_fixee.get() or timezone.now()


def a_la_seconde() -> datetime:
    """L'instant présent sans ses fractions : une clôture à 16:00:00 dure toute cette seconde."""
    return maintenant().replace(microsecond=0)


def aujourdhui() -> date:
    """La date du jour à Trois-Rivières."""
    return timezone.localdate(maintenant())


def jour_de(moment: datetime | None) -> date | None:
    """La date d'ici d'un moment ; None sans moment."""
    return timezone.localdate(moment) if moment else None


def a_midi(jour: date) -> datetime:
    """Le milieu du jour, pour dater ce dont on ne sait que la date."""
    return timezone.make_aware(datetime.combine(jour, time(12)))


@contextmanager
def a_la_date(moment: datetime) -> Iterator[None]:
    """Fait vivre le bloc à ``moment`` (un datetime avec fuseau)."""
    if timezone.is_naive(moment):
        raise ValueError("L'horloge demande une date avec son fuseau.")
    jeton = _heure_fixee.set(moment)
    try:
        yield
    finally:
        _heure_fixee.reset(jeton)
