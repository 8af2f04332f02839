"""Ce qu'un appel terminé apprend au suivant : des calculs purs, sans base.

Moyennes, écarts et corrélations sont des estimations : des nombres à virgule flottante, pas des
points du barème. Une durée est en jours du calendrier.
"""

import datetime as dt
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from statistics import StatisticsError, correlation, fmean, median, pstdev

from socle import horloge

# Une demi-note sur une échelle de 0 à 5 : en deçà, le critère place les demandes au même endroit.
ECART_MIN = 10.0
# Sous ce nombre de demandes, un écart ou une réponse pareille ne veut rien dire.
NOMBRE_MIN = 3


# --- Les critères -------------------------------------------------------------------------------
@dataclass(frozen=True)
class Echelle:
    """Un critère, tel qu'il faut le connaître pour comparer ses notes à celles d'un autre."""

    cle: int
    libelle: str
    note_min: int
    note_max: int
    poids: float

    def sur_cent(self, note: float) -> float:
        return (note - self.note_min) / (self.note_max - self.note_min) * 100


@dataclass(frozen=True)
class Separation:
    """Comment un critère place les demandes : moyenne, bouts et écart-type, en points sur 100.

    ``lien`` est sa corrélation (de -1 à 1) avec les autres critères réunis, pesés ; None quand elle
    ne se calcule pas.
    """

    libelle: str
    demandes: int
    moyenne: float
    mini: float
    maxi: float
    ecart: float
    lien: float | None

    @property
    def separe(self) -> bool:
        """Faux quand les demandes ont presque toutes la même note : le critère n'aide pas."""
        return self.demandes < NOMBRE_MIN or self.ecart >= ECART_MIN


def separations(
    notes: Mapping[int, Mapping[int, float]], criteres: Sequence[Echelle]
) -> list[Separation]:
    """``notes`` : par demande, la note moyenne de chaque critère. Un critère sans note est omis."""
    points = {
        demande: {c.cle: c.sur_cent(siennes[c.cle]) for c in criteres if c.cle in siennes}
        for demande, siennes in notes.items()
    }
    resultat = []
    for critere in criteres:
        valeurs = [siens[critere.cle] for siens in points.values() if critere.cle in siens]
        if valeurs:
            resultat.append(
                Separation(
                    libelle=critere.libelle,
                    demandes=len(valeurs),
                    moyenne=fmean(valeurs),
                    mini=min(valeurs),
                    maxi=max(valeurs),
                    ecart=pstdev(valeurs),
                    lien=_lien(points.values(), critere, criteres),
                )
            )
    return resultat


def _lien(
    points: Iterable[Mapping[int, float]], critere: Echelle, criteres: Sequence[Echelle]
) -> float | None:
    """Avec le reste du score, non avec lui : sa propre part ferait monter la corrélation."""
    autres = [autre for autre in criteres if autre.cle != critere.cle]
    paires = [
        (siens[critere.cle], sum(siens[autre.cle] * autre.poids for autre in autres))
        for siens in points
        if len(siens) == len(criteres)
    ]
    if not autres or len(paires) < NOMBRE_MIN:
        return None
    try:
        return correlation(*zip(*paires, strict=True))
    except StatisticsError:
        return None


# --- Les questions du formulaire ----------------------------------------------------------------
@dataclass(frozen=True)
class QuestionLue:
    """Une question, à combien de demandes elle se posait, et ce qu'on y a répondu."""

    section: str
    libelle: str
    posee: int
    repondues: int
    differentes: int

    @property
    def muette(self) -> bool:
        return self.posee > 0 and self.repondues == 0

    @property
    def uniforme(self) -> bool:
        """Toutes les réponses sont la même, et il y en a assez pour s'en étonner."""
        return self.repondues >= NOMBRE_MIN and self.differentes == 1


# --- Le temps -----------------------------------------------------------------------------------
@dataclass(frozen=True)
class Duree:
    """Une étape et le temps qu'elle a pris à chaque demande, en jours."""

    libelle: str
    jours: tuple[int, ...]

    @property
    def mediane(self) -> float:
        return median(self.jours)

    @property
    def maxi(self) -> int:
        return max(self.jours)


def durees(etapes: Sequence[str], moments: Iterable[Sequence[dt.datetime | None]]) -> list[Duree]:
    """Une durée par étape, entre deux moments qui se suivent ; une étape sans mesure est omise.

    Chaque ligne de ``moments`` a un moment de plus qu'il n'y a d'étapes ; un moment manquant ne
    compte ni avant ni après lui, et une étape refaite à rebours ne se mesure pas.
    """
    lignes = [[horloge.jour_de(moment) for moment in ligne] for ligne in moments]
    mesurees = [
        Duree(
            etape,
            tuple(
                (ligne[rang + 1] - ligne[rang]).days
                for ligne in lignes
                if ligne[rang] and ligne[rang + 1] and ligne[rang + 1] >= ligne[rang]
            ),
        )
        for rang, etape in enumerate(etapes)
    ]
    return [duree for duree in mesurees if duree.jours]
