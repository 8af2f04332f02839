"""La géométrie du calendrier d'un projet : ses activités posées sur leurs mois."""

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal

from socle.graphiques import part_de, pct

HAUTEUR_FRISE = 22


@dataclass(frozen=True)
class Periode:
    """Une activité et ses jours ; ``fin`` vaut ``debut`` quand elle tient en une journée."""

    libelle: str
    debut: dt.date
    fin: dt.date


@dataclass(frozen=True)
class BarreFrise:
    periode: Periode
    x: str
    largeur: str


@dataclass(frozen=True)
class MoisFrise:
    premier: dt.date
    x: str


@dataclass(frozen=True)
class Frise:
    """Des activités posées sur leurs mois, du premier au dernier."""

    barres: list[BarreFrise]
    mois: list[MoisFrise]


def dessiner_frise(periodes: Sequence[Periode]) -> Frise:
    """Chaque période à sa place, en pour cent de l'étendue des mois entiers qui les contiennent."""
    if not periodes:
        return Frise([], [])
    debut = min(p.debut for p in periodes).replace(day=1)
    fin = _mois_suivant(max(p.fin for p in periodes))
    etendue = Decimal((fin - debut).days)

    def place(jour: dt.date) -> Decimal:
        return part_de(Decimal((jour - debut).days), etendue)

    mois, jour = [], debut
    while jour < fin:
        mois.append(MoisFrise(jour, pct(place(jour))))
        jour = _mois_suivant(jour)
    # Un jour reste visible dans une longue frise.
    barres = [
        BarreFrise(p, pct(place(p.debut)), pct(max(place(p.fin) - place(p.debut), Decimal(1))))
        for p in periodes
    ]
    return Frise(barres, mois)


def _mois_suivant(jour: dt.date) -> dt.date:
    return (jour.replace(day=1) + dt.timedelta(days=32)).replace(day=1)
