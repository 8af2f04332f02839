"""Ce que rend le calcul : une proposition et ce qu'elle vaut, ou pourquoi rien n'est possible."""

from collections.abc import Iterable
from dataclasses import dataclass, field

from evaluations.repartition.probleme import Paire, Probleme


@dataclass(frozen=True)
class Bilan:
    """Ce que vaut une répartition."""

    charges: dict[int, int]
    points: int

    @property
    def ecart(self) -> int:
        return max(self.charges.values(), default=0) - min(self.charges.values(), default=0)

    @property
    def carres(self) -> int:
        return sum(charge**2 for charge in self.charges.values())


@dataclass(frozen=True)
class Proposition:
    """Une répartition complète. ``marge`` est l'écart à l'optimum quand rien n'est prouvé."""

    paires: tuple[Paire, ...]
    bilan: Bilan
    prouvee: bool
    marge: float = 0.0
    duree: float = field(default=0.0, compare=False)


@dataclass(frozen=True)
class Penurie:
    """Une demande que trop peu de membres peuvent lire."""

    code: str
    voulus: int
    possibles: tuple[str, ...]
    ecartes: tuple[tuple[str, str], ...]  # (code du membre, motif)


@dataclass(frozen=True)
class Goulot:
    """Des demandes que leurs lecteurs possibles, ensemble, n'ont pas la place de lire."""

    demandes: tuple[str, ...]
    voulues: int
    offertes: int


@dataclass(frozen=True)
class Assouplissement:
    """Une contrainte à desserrer. ``valeur`` : le nombre ou la charge maximale à essayer."""

    famille: str
    phrase: str
    valeur: int | None = None


@dataclass(frozen=True)
class Impossible:
    """Pourquoi aucune répartition n'existe, et ce qui la rendrait possible."""

    manque: int
    penuries: tuple[Penurie, ...]
    goulot: Goulot | None
    assouplissements: tuple[Assouplissement, ...]


class DelaiDepasse(Exception):
    """Le solveur n'a rien trouvé dans le temps donné."""


def juger(probleme: Probleme, paires: Iterable[Paire]) -> Bilan:
    charges = {m.cle: m.charge_deja for m in probleme.membres}
    points = 0
    for paire in paires:
        charges[paire[1]] += 1
        points += probleme.points(paire)
    return Bilan(charges, points)
