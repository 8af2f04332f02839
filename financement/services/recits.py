"""Écrire les textes du bilan d'un appel."""

from collections.abc import Mapping
from typing import Any

from django.db import transaction

from appels.models import Appel
from financement.models import RecitBilan
from socle import horloge
from socle.droits import exiger_permission
from socle.journal import journaliser


@transaction.atomic
def ecrire_recits(*, acteur: Any, appel: Appel, textes: Mapping[str, str]) -> None:
    """Remplace les textes du bilan : ``textes`` par partie ; un texte vide retire le sien.

    Les versions déjà figées n'en changent pas.
    """
    exiger_permission(acteur, "bilan.figer", appel)
    inconnues = textes.keys() - set(RecitBilan.Partie.values)
    if inconnues:
        raise TypeError(f"Parties inconnues : {sorted(inconnues)}")
    anciens = recits_de(appel)
    voulus = {partie: texte.strip() for partie, texte in textes.items()}
    changees = [p for p, texte in voulus.items() if texte != anciens[p]]
    for partie in changees:
        if voulus[partie]:
            RecitBilan.objects.update_or_create(
                appel=appel,
                partie=partie,
                defaults={
                    "texte": voulus[partie],
                    "ecrit_le": horloge.maintenant(),
                    "ecrit_par": acteur,
                },
            )
        else:
            appel.recits_bilan.filter(partie=partie).delete()
    if changees:
        journaliser(
            acteur=acteur, verbe="bilan.ecrire", objet=appel, details={"parties": sorted(changees)}
        )


def recits_de(appel: Appel) -> dict[str, str]:
    """Les textes du bilan, par partie ; une partie sans texte est vide."""
    return aucun_recit() | dict(appel.recits_bilan.values_list("partie", "texte"))


def aucun_recit() -> dict[str, str]:
    """Toutes les parties, vides : ce que lit qui n'a pas à lire les textes de travail."""
    return dict.fromkeys(RecitBilan.Partie.values, "")
