"""Une chose à faire, telle que « Ma semaine » la montre."""

import datetime as dt
from dataclasses import dataclass

from socle import horloge

PAR_SORTE = 12


@dataclass(frozen=True)
class Attente:
    """Une chose à faire : quoi, pour quand, où."""

    sorte: str
    titre: str
    detail: str
    url: str
    action: str
    quand: dt.date | None = None
    # Une date d'arrivée n'est pas une échéance : elle ne se dépasse pas.
    est_echeance: bool = True

    @property
    def en_retard(self) -> bool:
        return self.est_echeance and self.quand is not None and self.quand < horloge.aujourdhui()
