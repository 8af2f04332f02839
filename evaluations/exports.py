"""Le classement en tableur : les lignes que la personne peut voir, et rien d'autre."""

from collections.abc import Iterable, Sequence
from typing import Any

from django.http import HttpResponse

from appels.models import Appel
from evaluations.tableau import tableau_entier
from socle.exports import csv_de, telecharger

ENTETES = [
    "Volet",
    "Rang",
    "À égalité",
    "Demande",
    "Organisme",
    "Projet",
    "Score",
    "Moyenne corrigée",
    "Fiches",
    "Écart",
    "Écart-type",
    "Solidité (%)",
    "Écart signalé",
    "Seuil atteint",
    "Montant demandé",
    "Avis du comité",
    "Montant recommandé",
]


def lignes_classement(utilisateur: Any, appel: Appel) -> list[list[Any]]:
    """Une ligne par demande classée, dans l'ordre du classement."""
    lignes = []
    for classe in tableau_entier(utilisateur, appel, adresse=lambda demande: "").volets:
        for rang in classe.lignes:
            ligne, demande, chiffres = rang.ligne, rang.ligne.demande, rang.chiffres
            lignes.append(
                [
                    classe.volet.no,
                    ligne.rang,
                    "oui" if ligne.ex_aequo else "non",
                    demande.reference,
                    demande.organisme.nom,
                    demande.titre,
                    ligne.score,
                    chiffres.corrigee,
                    ligne.nb_fiches,
                    ligne.ecart,
                    chiffres.ecart_type,
                    chiffres.solidite,
                    "oui" if ligne.alerte_ecart else "non",
                    "oui" if ligne.passe else "non",
                    demande.montant_demande,
                    rang.avis.libelle if rang.avis else "",
                    rang.avis.montant if rang.avis else None,
                ]
            )
    return lignes


def reponse_csv(nom: str, entetes: Sequence[str], lignes: Iterable[Sequence[Any]]) -> HttpResponse:
    return telecharger(csv_de(entetes, lignes), f"{nom}.csv", "text/csv; charset=utf-8")
