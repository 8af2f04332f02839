"""Les règles d'un appel appliquées à une demande, et les phrases qui expliquent un refus."""

from decimal import Decimal

from appels.models import Appel, Demande, Volet
from appels.montants import ReglesBudget, Violation

INSECABLE = "\u00a0"


def regles_de(appel: Appel, volet: Volet | None) -> ReglesBudget:
    """Les bornes d'un budget ; sans volet choisi, le plafond le plus haut de l'appel."""
    if volet is None:
        plafond = max((v.plafond for v in appel.volets.all()), default=Decimal(0))
    else:
        plafond = volet.plafond
    return ReglesBudget(
        plafond=plafond,
        taux_aide_max=appel.taux_aide_max,
        cumul_public_max=appel.cumul_public_max,
        contribution_milieu_min=appel.contribution_milieu_min,
        frais_administration_max=appel.frais_administration_max,
    )


def regles_budget(demande: Demande) -> ReglesBudget:
    return regles_de(demande.appel, demande.volet)


def dollars(montant: Decimal) -> str:
    """« 19 500,00 $ », avec des espaces insécables."""
    entier, cents = f"{montant:,.2f}".split(".")
    return f"{entier.replace(',', INSECABLE)},{cents}{INSECABLE}$"


def phrase_violation(violation: Violation) -> str:
    """Une phrase : ce qui ne va pas, de combien, et où agir."""
    ecart, limite = dollars(abs(violation.ecart)), dollars(violation.limite)
    if violation.code == "equilibre":
        cote = "dépassent" if violation.ecart > 0 else "sont sous"
        return (
            f"Les revenus {cote} les dépenses de {ecart} : ajustez une dépense, un revenu ou le "
            "montant demandé pour que les deux totaux soient égaux."
        )
    return {
        "plafond": (
            f"Le montant demandé dépasse de {ecart} le plafond du volet ({limite}) : "
            "réduisez le montant demandé."
        ),
        "taux_aide": (
            f"Le montant demandé dépasse de {ecart} la part permise des dépenses admissibles "
            f"({limite}) : réduisez le montant demandé et comblez par un autre revenu."
        ),
        "cumul": (
            f"Les aides publiques dépassent de {ecart} le cumul permis ({limite}) : réduisez le "
            "montant demandé ou une autre aide publique."
        ),
        "contribution_milieu_min": (
            f"Il manque {ecart} à la contribution du milieu (au moins {limite}) : ajoutez des "
            "fonds propres, un don ou une contribution des participants."
        ),
        "frais_administration": (
            f"Les frais d'administration dépassent de {ecart} ce qui est permis ({limite}) : "
            "réduisez-les."
        ),
    }[violation.code]
