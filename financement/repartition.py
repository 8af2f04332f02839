"""Partager un montant au cent près, sans en perdre ni en inventer un."""

from decimal import ROUND_DOWN, Decimal

CENT = Decimal("0.01")


def repartir(montant: Decimal, poids: list[Decimal]) -> list[Decimal]:
    """``montant`` (dollars) partagé selon ``poids`` ; la somme des parts est exactement lui.

    Les cents qui restent vont aux plus grands restes, dans l'ordre.
    """
    total = sum(poids, Decimal(0))
    if not total:
        return [Decimal("0.00") for _ in poids]
    exactes = [montant * part / total for part in poids]
    parts = [exacte.quantize(CENT, ROUND_DOWN) for exacte in exactes]
    manquants = int((montant - sum(parts, Decimal(0))) / CENT)
    ordre = sorted(range(len(poids)), key=lambda rang: parts[rang] - exactes[rang])
    for rang in ordre[:manquants]:
        parts[rang] += CENT
    return parts
