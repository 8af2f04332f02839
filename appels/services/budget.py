"""Écrire le budget d'une demande, lignes et montants."""

from decimal import Decimal
from typing import Any

from django.db import transaction

from appels.models import Demande, PosteDepense, SourceRevenu
from appels.services.demandes import exiger_modifiable
from socle import horloge
from socle.exceptions import RegleViolee

MAXIMUM = Decimal("9999999999.99")


def _montant(valeur: Any, champ: str) -> Decimal:
    montant = Decimal(valeur)
    if not montant.is_finite() or not 0 <= montant <= MAXIMUM:
        raise RegleViolee("Le montant doit être entre 0 $ et 9 999 999 999,99 $.", champ=champ)
    return montant


@transaction.atomic
def enregistrer_budget(
    *,
    acteur: Any,
    demande: Demande,
    postes: list[dict[str, Any]],
    revenus: list[dict[str, Any]],
    montant_demande: Decimal | None,
    contribution_nature: Decimal = Decimal(0),
) -> Demande:
    """Remplace les lignes du budget par celles données, dans leur ordre (montants en dollars)."""
    demande = Demande.objects.select_for_update(no_key=True).get(pk=demande.pk)
    exiger_modifiable(acteur, demande, partie="budget")
    demande.postes.all().delete()
    demande.revenus.all().delete()
    PosteDepense.objects.bulk_create(
        PosteDepense(
            demande=demande,
            categorie=poste["categorie"],
            libelle=poste.get("libelle", ""),
            montant=_montant(poste["montant"], "postes"),
            admissible=poste.get("admissible", True),
            ordre=ordre,
        )
        for ordre, poste in enumerate(postes)
    )
    SourceRevenu.objects.bulk_create(
        SourceRevenu(
            demande=demande,
            source=revenu["source"],
            libelle=revenu.get("libelle", ""),
            statut=revenu.get("statut", SourceRevenu.Statut.DEMANDEE),
            montant=_montant(revenu["montant"], "revenus"),
            ordre=ordre,
        )
        for ordre, revenu in enumerate(revenus)
    )
    demande.montant_demande = (
        None if montant_demande is None else _montant(montant_demande, "montant_demande")
    )
    demande.contribution_nature = _montant(contribution_nature, "contribution_nature")
    demande.modifiee_le = horloge.maintenant()
    demande.save(update_fields=["montant_demande", "contribution_nature", "modifiee_le"])
    return demande
