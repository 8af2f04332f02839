"""L'arithmétique d'un budget (regles.md, 5) : des fonctions pures, en dollars et en Decimal."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from decimal import ROUND_DOWN, ROUND_HALF_UP, Decimal
from fractions import Fraction

SOURCES_PUBLIQUES = frozenset({"quebec", "canada", "municipal"})
CENT = Decimal("0.01")
ZERO = Decimal("0.00")


@dataclass(frozen=True)
class Budget:
    """Un budget, en dollars. La contribution en nature reste à part et n'entre nulle part."""

    admissible: Decimal
    non_admissible: Decimal
    administration: Decimal
    demande: Decimal
    public: Decimal
    milieu: Decimal
    nature: Decimal = ZERO

    @property
    def depenses(self) -> Decimal:
        return self.admissible + self.non_admissible

    @property
    def revenus(self) -> Decimal:
        return self.demande + self.public + self.milieu

    @property
    def taux_aide(self) -> Decimal | None:
        """Aide demandée sur dépenses admissibles, en pour cent, à une décimale."""
        return pourcentage(self.demande, self.admissible)

    @property
    def taux_cumul(self) -> Decimal | None:
        """Toutes les aides publiques sur dépenses admissibles, en pour cent, à une décimale."""
        return pourcentage(self.demande + self.public, self.admissible)

    def avec_aide(self, *, source: str, montant: Decimal, milieu: Decimal | None) -> "Budget":
        """Le budget après une aide annoncée ; ``milieu`` est ce qui reste de sa contribution."""
        nouveau = replace(self, milieu=self.milieu if milieu is None else milieu)
        if source in SOURCES_PUBLIQUES:
            return replace(nouveau, public=nouveau.public + montant)
        return replace(nouveau, milieu=nouveau.milieu + montant)


@dataclass(frozen=True)
class ReglesBudget:
    """Les réglages d'un appel et d'un volet qui bornent un budget ; les taux vont de 0 à 1."""

    plafond: Decimal
    taux_aide_max: Decimal
    cumul_public_max: Decimal
    contribution_milieu_min: Decimal
    frais_administration_max: Decimal


@dataclass(frozen=True)
class Violation:
    """Une règle du budget qui n'est pas tenue : de combien, et dans quel champ agir."""

    code: str
    ecart: Decimal
    limite: Decimal
    champ: str


def budget_depuis(
    *,
    postes: Iterable[tuple[str, Decimal, bool]],
    revenus: Iterable[tuple[str, Decimal]],
    montant_demande: Decimal | int,
    contribution_nature: Decimal | int = 0,
) -> Budget:
    """Assemble un budget de ses lignes : (catégorie, montant, admissible) et (source, montant)."""
    postes, revenus = list(postes), list(revenus)
    return Budget(
        admissible=sum((m for _, m, admissible in postes if admissible), ZERO),
        non_admissible=sum((m for _, m, admissible in postes if not admissible), ZERO),
        administration=sum((m for c, m, a in postes if c == "administration" and a), ZERO),
        demande=Decimal(montant_demande),
        public=sum((m for s, m in revenus if s in SOURCES_PUBLIQUES), ZERO),
        milieu=sum((m for s, m in revenus if s not in SOURCES_PUBLIQUES), ZERO),
        nature=Decimal(contribution_nature),
    )


def pourcentage(partie: Decimal, total: Decimal) -> Decimal | None:
    """``partie`` sur ``total``, en pour cent à une décimale ; None quand le total est nul."""
    if not total:
        return None
    return arrondir(Fraction(partie) / Fraction(total) * 100, decimales=1)


def arrondir(valeur: Fraction, *, decimales: int) -> Decimal:
    """Arrondit une fraction exacte, la demie vers le haut."""
    quantum = Decimal(1).scaleb(-decimales)
    # La division de deux entiers en Decimal n'est exacte qu'à 28 chiffres : on tranche en entiers.
    echelle = 10**decimales
    entier, reste = divmod(abs(valeur.numerator) * echelle, valeur.denominator)
    if 2 * reste >= valeur.denominator:
        entier += 1
    signe = -1 if valeur < 0 else 1
    return (Decimal(signe * entier) * quantum).quantize(quantum)


def au_cent(montant: Decimal) -> Decimal:
    return montant.quantize(CENT, rounding=ROUND_HALF_UP)


def montant_maximal(budget: Budget, regles: ReglesBudget) -> Decimal:
    """min(plafond, taux × admissible, cumul × admissible − autre public), jamais sous 0.

    Au cent inférieur : un cent de plus romprait la règle.
    """
    maximum = min(
        regles.plafond,
        regles.taux_aide_max * budget.admissible,
        regles.cumul_public_max * budget.admissible - budget.public,
    )
    return max(maximum, ZERO).quantize(CENT, rounding=ROUND_DOWN)


def violations(budget: Budget, regles: ReglesBudget) -> list[Violation]:
    """Les règles rompues, dans l'ordre alphabétique de leurs codes."""
    taux = regles.taux_aide_max * budget.admissible
    cumul = regles.cumul_public_max * budget.admissible
    milieu = regles.contribution_milieu_min * budget.admissible
    administration = regles.frais_administration_max * budget.admissible
    bornes = [
        ("contribution_milieu_min", milieu - budget.milieu, milieu, "revenus"),
        ("cumul", budget.demande + budget.public - cumul, cumul, "montant_demande"),
        (
            "frais_administration",
            budget.administration - administration,
            administration,
            "postes",
        ),
        ("plafond", budget.demande - regles.plafond, regles.plafond, "montant_demande"),
        ("taux_aide", budget.demande - taux, taux, "montant_demande"),
    ]
    rompues = [
        Violation(code, ecart=ecart, limite=limite, champ=champ)
        for code, ecart, limite, champ in bornes
        if ecart > 0
    ]
    ecart = budget.revenus - budget.depenses
    if ecart:
        rompues.append(Violation("equilibre", ecart=ecart, limite=budget.depenses, champ="budget"))
    return sorted(rompues, key=lambda violation: violation.code)
