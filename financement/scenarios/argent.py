"""Ce qui reste d'une enveloppe : par volet, par bailleur, par exercice. En dollars."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from decimal import Decimal

from financement.repartition import repartir

ZERO = Decimal("0.00")


@dataclass(frozen=True)
class SourceArgent:
    """Une source d'un volet : ce qu'elle y met, et ce qui en est déjà accordé."""

    bailleur: str
    exercice: int | None
    montant: Decimal
    accorde: Decimal = ZERO


@dataclass(frozen=True)
class VoletArgent:
    """Un volet, ce qui y est déjà accordé et d'où vient son argent."""

    no: int
    nom: str
    enveloppe: Decimal
    accorde: Decimal
    sources: tuple[SourceArgent, ...] = field(default=())


@dataclass(frozen=True)
class Reste:
    """Une ligne d'argent : ``reste`` est négatif quand le scénario dépasse."""

    libelle: str
    enveloppe: Decimal
    accorde: Decimal
    propose: Decimal

    @property
    def reste(self) -> Decimal:
        return self.enveloppe - self.accorde - self.propose

    @property
    def depassement(self) -> Decimal:
        return max(-self.reste, ZERO)


@dataclass(frozen=True)
class Restes:
    volets: list[Reste]
    bailleurs: list[Reste]
    exercices: list[Reste]

    @property
    def depassements(self) -> list[Reste]:
        return [volet for volet in self.volets if volet.depassement]

    @property
    def propose(self) -> Decimal:
        return sum((volet.propose for volet in self.volets), ZERO)

    @property
    def reste(self) -> Decimal:
        return sum((volet.reste for volet in self.volets), ZERO)


def calculer_restes(volets: Iterable[VoletArgent], proposes: Mapping[int, Decimal]) -> Restes:
    """``proposes`` : par numéro de volet. Le total d'un volet se partage selon ce que ses sources
    ont de libre, comme le fera le grand livre.

    C'est le total qui se partage, au cent près : la part d'une source ne la dépasse jamais quand
    le volet ne dépasse pas son enveloppe.
    """
    volets = list(volets)
    bailleurs: dict[str, list[Decimal]] = {}
    exercices: dict[int | None, list[Decimal]] = {}
    for volet in volets:
        libres = [source.montant - source.accorde for source in volet.sources]
        poids = libres if any(libres) else [source.montant for source in volet.sources]
        parts = repartir(proposes.get(volet.no, ZERO), poids)
        for source, part in zip(volet.sources, parts, strict=True):
            for sommes in (
                bailleurs.setdefault(source.bailleur, [ZERO, ZERO, ZERO]),
                exercices.setdefault(source.exercice, [ZERO, ZERO, ZERO]),
            ):
                for rang, montant in enumerate((source.montant, source.accorde, part)):
                    sommes[rang] += montant
    return Restes(
        volets=[Reste(v.nom, v.enveloppe, v.accorde, proposes.get(v.no, ZERO)) for v in volets],
        bailleurs=[Reste(nom, *sommes) for nom, sommes in sorted(bailleurs.items())],
        exercices=[
            Reste(_exercice(annee), *sommes)
            for annee, sommes in sorted(exercices.items(), key=lambda paire: paire[0] or 0)
        ],
    )


def _exercice(annee: int | None) -> str:
    return f"Exercice {annee - 1}-{annee}" if annee else "Exercice non précisé"
