"""Ce qu'il faut répartir : des demandes à lire, des lecteurs, des paires écartées ou gardées."""

import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import cached_property

Paire = tuple[int, int]  # (clé de la demande, clé du membre)

VOLONTIERS, PLUTOT_NON = 1, -1
POINTS_SOUHAIT = 2
POINTS_EXPERTISE = 1
LIMITE = 8.0  # secondes


@dataclass(frozen=True)
class ALire:
    """Une demande, et combien d'évaluateurs il lui faut."""

    cle: int
    code: str
    nombre: int
    themes: frozenset[str] = frozenset()


@dataclass(frozen=True)
class Lecteur:
    """Un membre ; ``charge_deja`` compte ce qu'il lit hors de ce problème."""

    cle: int
    code: str
    charge_max: int | None = None
    charge_deja: int = 0
    themes: frozenset[str] = frozenset()


@dataclass(frozen=True)
class Probleme:
    """Ce qu'il faut répartir. ``interdites`` dit le motif de chaque paire écartée."""

    demandes: tuple[ALire, ...]
    membres: tuple[Lecteur, ...]
    interdites: Mapping[Paire, str] = field(default_factory=dict)
    gardees: frozenset[Paire] = frozenset()
    souhaits: Mapping[Paire, int] = field(default_factory=dict)

    def __post_init__(self) -> None:
        # L'ordre de lecture de la base ne doit pas changer le résultat.
        for nom in ("demandes", "membres"):
            tries = sorted(getattr(self, nom), key=lambda element: (element.code, element.cle))
            object.__setattr__(self, nom, tuple(tries))
        if contredites := self.gardees & self.interdites.keys():
            raise ValueError(f"Paires à la fois gardées et écartées : {sorted(contredites)}")

    @cached_property
    def demande(self) -> dict[int, ALire]:
        return {demande.cle: demande for demande in self.demandes}

    @cached_property
    def membre(self) -> dict[int, Lecteur]:
        return {membre.cle: membre for membre in self.membres}

    @cached_property
    def empreinte(self) -> str:
        """Deux problèmes de même empreinte ont la même solution."""
        contenu = (
            [(d.cle, d.code, d.nombre, sorted(d.themes)) for d in self.demandes],
            [(m.cle, m.code, m.charge_max, m.charge_deja, sorted(m.themes)) for m in self.membres],
            sorted(self.interdites.items()),
            sorted(self.gardees),
            sorted(self.souhaits.items()),
        )
        return hashlib.sha256(repr(contenu).encode()).hexdigest()

    def possibles(self, demande: ALire) -> list[Lecteur]:
        return [m for m in self.membres if (demande.cle, m.cle) not in self.interdites]

    def communs(self, paire: Paire) -> list[str]:
        """Les thèmes de la demande que le membre connaît."""
        return sorted(self.demande[paire[0]].themes & self.membre[paire[1]].themes)

    def points(self, paire: Paire) -> int:
        expertise = POINTS_EXPERTISE if self.communs(paire) else 0
        return POINTS_SOUHAIT * self.souhaits.get(paire, 0) + expertise

    @cached_property
    def gardees_par_demande(self) -> dict[int, int]:
        return {d: sum(1 for paire in self.gardees if paire[0] == d) for d in self.demande}

    def manquantes(self, demande: ALire) -> int:
        """Les lectures à trouver, une fois comptées celles qui sont gardées."""
        return max(0, demande.nombre - self.gardees_par_demande[demande.cle])

    @cached_property
    def charges_de_base(self) -> dict[int, int]:
        bases = {m.cle: m.charge_deja for m in self.membres}
        for _, membre in self.gardees:
            bases[membre] += 1
        return bases

    def paires_libres(self) -> list[Paire]:
        """Ce que le solveur peut choisir : ni gardé, ni écarté, pour une demande à compléter."""
        return [
            (demande.cle, membre.cle)
            for demande in self.demandes
            if self.manquantes(demande)
            for membre in self.possibles(demande)
            if (demande.cle, membre.cle) not in self.gardees
        ]

    def place(self, membre: Lecteur) -> int:
        """Combien de lectures de plus ce membre accepte."""
        if membre.charge_max is None:
            return len(self.demandes)
        return max(0, membre.charge_max - self.charges_de_base[membre.cle])

    def ranger(self, paires: Iterable[Paire]) -> tuple[Paire, ...]:
        """Par demande, puis par membre, dans l'ordre des codes."""
        rang_demande = {d.cle: rang for rang, d in enumerate(self.demandes)}
        rang_membre = {m.cle: rang for rang, m in enumerate(self.membres)}
        return tuple(sorted(paires, key=lambda p: (rang_demande[p[0]], rang_membre[p[1]])))
