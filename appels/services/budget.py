"""Écrire le budget d'une demande, lignes et montants."""

import uuid
from decimal import Decimal
from typing import Any

from django.db import transaction

from appels.models import Demande, PosteDepense, SourceRevenu
from appels.regles import dollars
from appels.services.collaboration import derniere_ecriture, noter_ecriture
from appels.services.demandes import exiger_modifiable
from socle import horloge
from socle.concurrence import Issue, SaisieConcurrente, comparer
from socle.exceptions import RegleViolee

MAXIMUM = Decimal("9999999999.99")
DEMANDEE = SourceRevenu.Statut.DEMANDEE.value


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
    base: str = "",
) -> Demande:
    """Remplace les lignes du budget par celles données, dans leur ordre (montants en dollars).

    ``base`` est l'empreinte du budget que la personne avait sous les yeux. Lève
    ``SaisieConcurrente`` quand une autre personne l'a changé entre-temps.
    """
    demande = Demande.objects.select_for_update(no_key=True).get(pk=demande.pk)
    exiger_modifiable(acteur, demande, partie="budget")
    actuel = lignes_du_budget(demande)
    saisi = _comparable(postes, revenus, montant_demande, contribution_nature)
    issue = comparer(base=base, saisi=saisi, actuel=actuel)
    if issue is Issue.RIEN:
        return demande
    if issue is Issue.CONFLIT:
        raise SaisieConcurrente(
            "Une autre personne a changé le budget.",
            actuel=derniere_ecriture(demande, "budget", valeur=actuel, texte=_resume(demande)),
        )
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
            cle=poste.get("cle") or uuid.uuid4(),
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
    noter_ecriture(acteur=acteur, demande=demande, partie="budget")
    return demande


def lignes_du_budget(demande: Demande) -> list[Any]:
    """Tout le budget enregistré, comparable d'une lecture à l'autre."""
    return _comparable(
        demande.postes.values("categorie", "libelle", "montant", "admissible"),
        demande.revenus.values("source", "libelle", "statut", "montant"),
        demande.montant_demande,
        demande.contribution_nature,
    )


def _comparable(
    postes: Any, revenus: Any, montant_demande: Decimal | None, nature: Decimal
) -> list[Any]:
    def cent(montant: Any) -> str:
        return "" if montant is None else f"{Decimal(montant):.2f}"

    return [
        [
            [p["categorie"], p.get("libelle", ""), cent(p["montant"]), p.get("admissible", True)]
            for p in postes
        ],
        [
            [r["source"], r.get("libelle", ""), r.get("statut", DEMANDEE), cent(r["montant"])]
            for r in revenus
        ],
        cent(montant_demande),
        cent(nature or 0),
    ]


def _resume(demande: Demande) -> str:
    """Le budget enregistré en quelques lignes, pour qui doit choisir entre deux versions."""
    lignes = [f"{poste} : {dollars(poste.montant)}" for poste in demande.postes.all()]
    lignes += [f"{revenu} : {dollars(revenu.montant)}" for revenu in demande.revenus.all()]
    lignes.append(f"Montant demandé : {dollars(demande.montant_demande or Decimal(0))}")
    return "\n".join(lignes)
