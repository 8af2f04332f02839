"""Ce qu'un scénario doit résoudre : des demandes, des enveloppes, une règle, des retouches."""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from functools import cached_property

Groupe = tuple[str, str]  # (dimension, code) : ("secteur", "Pointe-du-Lac")


class Regle(StrEnum):
    """Comment choisir."""

    RANG = "rang"
    SCORE = "score"
    COUVERTURE = "couverture"


@dataclass(frozen=True)
class Candidat:
    """Une demande à décider. ``points`` en dixièmes, ``maximum`` en cents.

    ``maximum`` est le plus que les règles permettent de lui accorder. ``recommandable`` est faux
    quand le comité ne la recommande pas.
    """

    cle: int
    code: str
    volet: int
    points: int
    maximum: int
    groupes: frozenset[Groupe] = frozenset()
    recommandable: bool = True


@dataclass(frozen=True)
class Retouche:
    """Un choix fait à la main : dedans ou dehors, à ce montant (cents) s'il y en a un."""

    dedans: bool
    montant: int | None = None


@dataclass(frozen=True)
class Probleme:
    """``enveloppes`` et ``accordes`` par numéro de volet, en cents ; ``seuil`` en dixièmes.

    ``plancher`` : le pour cent de son maximum sous lequel un montant ne descend pas ; à 100, les
    montants sont pleins. ``exigences`` : les groupes qui veulent chacun au moins un projet.
    """

    candidats: tuple[Candidat, ...]
    enveloppes: Mapping[int, int]
    accordes: Mapping[int, int] = field(default_factory=dict)
    regle: Regle = Regle.RANG
    seuil: int = 0
    plancher: int = 100
    exigences: frozenset[Groupe] = frozenset()
    retouches: Mapping[int, Retouche] = field(default_factory=dict)
    libelles: Mapping[Groupe, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        # L'ordre du classement ; l'ordre de lecture de la base ne change rien au résultat.
        ranges = sorted(self.candidats, key=lambda c: (c.volet, -c.points, c.code, c.cle))
        object.__setattr__(self, "candidats", tuple(ranges))

    @cached_property
    def par_cle(self) -> dict[int, Candidat]:
        return {candidat.cle: candidat for candidat in self.candidats}

    @cached_property
    def rangs(self) -> dict[int, int]:
        """Le rang de chacun dans son volet, à partir de 1."""
        rangs: dict[int, int] = {}
        compte: dict[int, int] = {}
        for candidat in self.candidats:
            compte[candidat.volet] = compte.get(candidat.volet, 0) + 1
            rangs[candidat.cle] = compte[candidat.volet]
        return rangs

    @cached_property
    def empreinte(self) -> str:
        """Deux problèmes de même empreinte partent des mêmes demandes et du même argent."""
        contenu = (
            [
                (c.cle, c.code, c.volet, c.points, c.maximum, sorted(c.groupes), c.recommandable)
                for c in self.candidats
            ],
            sorted(self.enveloppes.items()),
            sorted(self.accordes.items()),
        )
        return hashlib.sha256(repr(contenu).encode()).hexdigest()

    def disponible(self, volet: int) -> int:
        """Ce qui n'est pas encore accordé, en cents."""
        return self.enveloppes[volet] - self.accordes.get(volet, 0)

    def cout(self, candidat: Candidat) -> int:
        """Le moins que coûte ce projet : son montant à la main, ou son plancher (au cent près)."""
        retouche = self.retouches.get(candidat.cle)
        if retouche and retouche.montant is not None:
            return min(retouche.montant, candidat.maximum)
        return -(-candidat.maximum * self.plancher // 100)

    def est_fixe(self, candidat: Candidat) -> bool:
        """Son montant a été écrit à la main : rien ne le complète."""
        retouche = self.retouches.get(candidat.cle)
        return retouche is not None and retouche.montant is not None

    def est_admis(self, candidat: Candidat) -> bool:
        """La règle peut le choisir : au seuil ou plus, recommandable, avec un montant permis."""
        return candidat.points >= self.seuil and candidat.recommandable and candidat.maximum > 0

    def est_dedans(self, candidat: Candidat) -> bool:
        retouche = self.retouches.get(candidat.cle)
        return retouche is not None and retouche.dedans

    def est_dehors(self, candidat: Candidat) -> bool:
        retouche = self.retouches.get(candidat.cle)
        return retouche is not None and not retouche.dedans

    @cached_property
    def choisissables(self) -> tuple[Candidat, ...]:
        """Ce que le solveur peut retenir, dans l'ordre du classement."""
        return tuple(
            c
            for c in self.candidats
            if self.est_dedans(c) or (self.est_admis(c) and not self.est_dehors(c))
        )


@dataclass(frozen=True)
class Solution:
    """Les projets retenus et leur montant en cents ; ``points`` en dixièmes.

    ``prouvee`` : le solveur a prouvé qu'aucun autre choix ne fait mieux selon la règle.
    """

    montants: Mapping[int, int]
    points: int
    prouvee: bool
    duree: float = field(default=0.0, compare=False)


@dataclass(frozen=True)
class Impossible:
    """Les demandes qui ne tiennent pas, une phrase chacune."""

    phrases: tuple[str, ...]


class DelaiDepasse(Exception):
    """Le solveur n'a rien trouvé dans le temps donné."""
