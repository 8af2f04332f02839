"""Le PDF d'un scénario figé : l'annexe de la recommandation."""

from collections.abc import Iterable
from typing import Any

from django.utils import timezone

from financement.candidats import argent_de, cle_de, groupes_de
from financement.models import LigneScenario, Scenario
from socle.documents import figer_document
from socle.models import Document


def regle_en_mots(scenario: Scenario, libelles: Iterable[str] = ()) -> list[str]:
    """La règle, une phrase par réglage."""
    phrases = {
        "rang": [
            "Dans l'ordre du classement de chaque volet, jusqu'à ce que l'argent ne suffise plus : "
            "aucun projet ne passe devant un projet mieux classé."
        ],
        "score": ["Le choix qui totalise le plus de points sous chaque enveloppe."],
        "couverture": [
            *(Scenario.Dimension(dimension).label + "." for dimension in scenario.dimensions),
            "Ensuite, le choix qui totalise le plus de points sous chaque enveloppe.",
        ],
    }[scenario.regle]
    if scenario.plancher < 100:
        phrases.append(
            f"Les montants peuvent être réduits jusqu'à {scenario.plancher}\u00a0% ; l'argent qui "
            "reste les complète dans l'ordre du classement."
        )
    else:
        phrases.append("Les montants sont pleins.")
    if libelles := list(libelles):
        phrases.append("Le comité renonce à couvrir : " + ", ".join(libelles) + ".")
    return phrases


def dispenses_en_mots(scenario: Scenario) -> list[str]:
    return [
        libelle
        for groupe, libelle in groupes_de(scenario.appel).items()
        if cle_de(groupe) in scenario.dispenses
    ]


def figer_annexe(scenario: Scenario, *, acteur: Any) -> Document:
    return figer_document(
        nature=Document.Nature.SCENARIO,
        objet=scenario,
        gabarit="pdf/scenario.html",
        contexte=contexte_annexe(scenario),
        titre=f"Annexe à la recommandation — {scenario.appel.code} — {scenario.nom}",
        acteur=acteur,
    )


def contexte_annexe(scenario: Scenario) -> dict[str, Any]:
    """Les clés de ``pdf/scenario.html``."""
    appel = scenario.appel
    lignes = list(
        LigneScenario.objects.filter(scenario=scenario).select_related(
            "demande__organisme", "demande__volet"
        )
    )
    restes = argent_de(appel).restes(lignes)
    volets = []
    for volet, reste in zip(appel.volets.all(), restes.volets, strict=True):
        siennes = [ligne for ligne in lignes if ligne.demande.volet_id == volet.pk]
        volets.append(
            {
                "nom": str(volet),
                "reste": reste,
                "retenues": [ligne for ligne in siennes if ligne.est_retenue],
                "ecartees": [ligne for ligne in siennes if not ligne.est_retenue],
            }
        )
    date = timezone.localtime(scenario.fige_le)
    return {
        "reference": f"SCE-{appel.code}-{date:%Y-%m-%d}-{scenario.pk}",
        "date": date.date(),
        "appel": appel,
        "scenario": scenario,
        "regle": regle_en_mots(scenario, dispenses_en_mots(scenario)),
        "retouches": [ligne for ligne in lignes if ligne.retouche],
        "volets": volets,
        "restes": restes,
        "retenus": sum(ligne.est_retenue for ligne in lignes),
        "lignes": len(lignes),
    }
