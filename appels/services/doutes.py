"""Conclure sur un doute : une personne l'écarte ou le retient, et dit pourquoi."""

from typing import Any

from django.db import transaction

from appels.models import Demande, VerdictDoute
from socle import horloge
from socle.droits import exiger_permission
from socle.exceptions import RegleViolee
from socle.journal import journaliser


@transaction.atomic
def trancher_doute(
    *, acteur: Any, demande: Demande, autre: Demande | None, nature: str, verdict: str, motif: str
) -> VerdictDoute:
    """Garde la conclusion ; une nouvelle remplace celle d'avant, que le journal retient.

    ``autre`` est None pour un cumul causé par des projets d'avant l'application.
    """
    exiger_permission(acteur, "demande.traiter", demande)
    if autre is not None:
        exiger_permission(acteur, "demande.suivre", autre)
    elif nature != VerdictDoute.Nature.CUMUL:
        raise RegleViolee("Dites quelle est l'autre demande.", champ="autre")
    if nature not in VerdictDoute.Nature.values or verdict not in VerdictDoute.Verdict.values:
        raise RegleViolee("Choisissez : écarter ou retenir.", champ="verdict")
    if not motif.strip():
        raise RegleViolee("Écrivez pourquoi.", champ="motif")
    conclu, _ = VerdictDoute.objects.update_or_create(
        demande=demande,
        autre=autre,
        nature=nature,
        defaults={
            "verdict": verdict,
            "motif": motif.strip(),
            "tranche_le": horloge.maintenant(),
            "tranche_par": acteur,
        },
    )
    journaliser(
        acteur=acteur,
        verbe="demande.trancher_doute",
        objet=demande,
        motif=motif,
        details={"autre": autre.reference if autre else "", "nature": nature, "verdict": verdict},
    )
    return conclu
