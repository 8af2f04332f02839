"""Une chose à faire, telle que « Ma semaine » la montre."""

import datetime as dt
from collections.abc import Iterable
from dataclasses import dataclass

from socle import horloge

PAR_SORTE = 12
BIENTOT = dt.timedelta(days=7)


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

    @property
    def presse(self) -> bool:
        """Une échéance d'ici sept jours, aujourd'hui compris."""
        return (
            self.est_echeance
            and self.quand is not None
            and horloge.aujourdhui() <= self.quand <= horloge.aujourdhui() + BIENTOT
        )

    @property
    def moment(self) -> str:
        """Sous quel titre la semaine la range."""
        if self.en_retard:
            return "En retard"
        if self.presse:
            return "D'ici sept jours"
        return "Plus tard" if self.est_echeance and self.quand else "À traiter"


def par_moment(attentes: Iterable[Attente]) -> list[tuple[str, list[Attente]]]:
    """Les choses à faire sous leurs titres, le plus pressant d'abord ; un titre vide est omis."""
    groupes: dict[str, list[Attente]] = {
        titre: [] for titre in ("En retard", "D'ici sept jours", "À traiter", "Plus tard")
    }
    for attente in attentes:
        groupes[attente.moment].append(attente)
    return [(titre, rangees) for titre, rangees in groupes.items() if rangees]
