"""Les jours ouvrables d'une ville québécoise : ni fin de semaine, ni jour férié."""

import datetime as dt
from functools import lru_cache
from zoneinfo import ZoneInfo

import holidays

FUSEAU = ZoneInfo("America/Toronto")


@lru_cache(maxsize=32)
def _feries(annee: int) -> frozenset[dt.date]:
    return frozenset(holidays.country_holidays("CA", subdiv="QC", years=annee))


def est_ouvrable(jour: dt.date) -> bool:
    return jour.weekday() < 5 and jour not in _feries(jour.year)


def ajouter_jours_ouvrables(jour: dt.date, nombre: int) -> dt.date:
    """Le ``nombre``-ième jour ouvrable après ``jour`` (qui ne compte pas)."""
    while nombre:
        jour += dt.timedelta(days=1)
        if est_ouvrable(jour):
            nombre -= 1
    return jour


def fin_de_journee(jour: dt.date) -> dt.datetime:
    """La dernière seconde du jour, à Trois-Rivières."""
    return dt.datetime.combine(jour, dt.time(23, 59, 59), tzinfo=FUSEAU)
