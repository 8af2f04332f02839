"""Écrire les textes d'un bilan."""

from collections.abc import Mapping
from typing import Any

from django.db import transaction

from financement.models import RecitBilan
from financement.portees import Portee
from socle import horloge
from socle.droits import exiger_permission
from socle.journal import journaliser


@transaction.atomic
def ecrire_recits(*, acteur: Any, portee: Portee, textes: Mapping[str, str]) -> None:
    """Remplace les textes du bilan : ``textes`` par partie ; un texte vide retire le sien.

    Les versions déjà figées n'en changent pas.
    """
    exiger_permission(acteur, "bilan.figer", portee.objet)
    inconnues = textes.keys() - set(RecitBilan.Partie.values)
    if inconnues:
        raise TypeError(f"Parties inconnues : {sorted(inconnues)}")
    anciens = recits_de(portee)
    voulus = {partie: texte.strip() for partie, texte in textes.items()}
    changees = [p for p, texte in voulus.items() if texte != anciens[p]]
    if not changees:
        return
    portee = portee.inscrite()
    for partie in changees:
        if voulus[partie]:
            portee.objet.recits_bilan.update_or_create(
                partie=partie,
                defaults={
                    "texte": voulus[partie],
                    "ecrit_le": horloge.maintenant(),
                    "ecrit_par": acteur,
                },
            )
        else:
            portee.recits.filter(partie=partie).delete()
    journaliser(
        acteur=acteur,
        verbe="bilan.ecrire",
        objet=portee.objet,
        details={"parties": sorted(changees)},
    )


def recits_de(portee: Portee) -> dict[str, str]:
    """Les textes du bilan, par partie ; une partie sans texte est vide."""
    return aucun_recit() | dict(portee.recits.values_list("partie", "texte"))


def aucun_recit() -> dict[str, str]:
    """Toutes les parties, vides : ce que lit qui n'a pas à lire les textes de travail."""
    return dict.fromkeys(RecitBilan.Partie.values, "")
