"""Versements, aide finale et récupération (regles.md, 11 et 12) : fonctions pures, en dollars."""

from decimal import Decimal
from typing import Any

from appels.montants import au_cent

ZERO = Decimal("0.00")


def tranches_pour(montant: Decimal, plan: list[dict[str, Any]]) -> list[Decimal]:
    """Les pourcentages du premier palier dont la borne contient ``montant``."""
    for palier in plan:
        if palier["jusqu_a"] is None or montant <= Decimal(str(palier["jusqu_a"])):
            return [Decimal(str(tranche)) for tranche in palier["tranches"]]
    return [Decimal(100)]


def calendrier_versements(montant: Decimal, plan: list[dict[str, Any]]) -> list[Decimal]:
    """Les versements de ``montant``, chacun au cent (demie vers le haut) ; le dernier a le reste.

    Leur somme est exactement ``montant`` et aucun n'est négatif.
    """
    tranches = tranches_pour(montant, plan)
    versements: list[Decimal] = []
    for tranche in tranches[:-1]:
        part = au_cent(montant * tranche / 100)
        reste = montant - sum(versements, ZERO)
        versements.append(min(part, reste))
    versements.append(montant - sum(versements, ZERO))
    return versements


def conditions_versements(nombre: int) -> list[str]:
    """Ce que chaque versement attend : la signature, le rapport d'étape, le rapport final."""
    if nombre <= 1:
        return ["signature"][:nombre]
    return ["signature", *["etape"] * (nombre - 2), "final"]


def aide_finale(
    *,
    accorde: Decimal,
    depenses_admissibles: Decimal,
    autres_aides: Decimal,
    taux: Decimal,
    cumul: Decimal,
) -> Decimal:
    """min(accordé, taux × réel, cumul × réel − autres aides), jamais sous 0 ; réel admissible."""
    montant = min(accorde, taux * depenses_admissibles, cumul * depenses_admissibles - autres_aides)
    return au_cent(max(montant, ZERO))


def a_recuperer(*, verse: Decimal, aide: Decimal) -> Decimal:
    """Ce qui a été versé au-delà de l'aide finale."""
    return max(verse - aide, ZERO)
