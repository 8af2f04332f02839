"""Ce que le public lit au banc : des projets annoncés, chacun avec une activité ouverte."""

import datetime as dt
from collections.abc import Iterable
from typing import Any

from django.db import models

from appels.models import Appel, Demande
from financement.models import Decision, Rapport, Resolution, ValeurIndicateur
from socle import horloge
from vitrine.models import Activite, VersionActivite

LOT = 2000
# Douze nombres par projet ; une cellule se cache, et une autre avec elle.
NOMBRES = {
    ("activites_realisees", ""): 12,
    ("participations", ""): 180,
    ("personnes_distinctes", ""): 60,
    ("personnes_immigrantes", ""): 44,
    ("par_genre", "femmes"): 24,
    ("par_genre", "hommes"): 18,
    ("par_genre", "autre_ou_non_declare"): 2,
    ("par_age", "15-24"): 14,
    ("par_age", "25-44"): 20,
    ("par_age", "45-64"): 10,
    ("satisfaction", "repondants"): 30,
    ("satisfaction", "satisfaits"): 27,
}


def creer(modele: type[models.Model], objets: Iterable[models.Model]) -> list[Any]:
    return modele._default_manager.bulk_create(objets, batch_size=LOT)


def annoncer(appel: Appel, demandes: list[Demande]) -> None:
    """Décide ``demandes`` par résolution et les annonce ; chacune a une activité ouverte."""
    resolution = Resolution.objects.create(
        appel=appel, numero="C-2029-0001", date=horloge.aujourdhui() - dt.timedelta(days=300)
    )
    creer(
        Decision,
        [
            Decision(
                demande=demande,
                volet_id=demande.volet_id,
                resolution=resolution,
                resultat="acceptee",
                montant_demande=demande.montant_demande,
                montant_accorde=demande.montant_demande,
                motifs="Recommandée par le comité.",
            )
            for demande in demandes
        ],
    )
    appel.demandes.update(etat_annonce="acceptee")
    besoins = list(appel.plan.besoins.all())
    creer(
        Demande.besoins.through,
        [
            Demande.besoins.through(demande=demande, besoin=besoins[i % len(besoins)])
            for i, demande in enumerate(demandes)
        ],
    )
    _publier(demandes)
    _raconter(demandes)


def _raconter(projets: list[Demande]) -> None:
    """Un rapport final accepté par projet, et ses nombres."""
    maintenant = horloge.maintenant()
    rapports = creer(
        Rapport,
        [
            Rapport(
                demande=projet,
                nature="final",
                etat="accepte",
                echeance=horloge.aujourdhui(),
                depose_le=maintenant,
                accepte_le=maintenant,
            )
            for projet in projets
        ],
    )
    creer(
        ValeurIndicateur,
        [
            ValeurIndicateur(
                rapport=rapport, indicateur=indicateur, modalite=modalite, valeur=valeur + i % 3
            )
            for i, rapport in enumerate(rapports)
            for (indicateur, modalite), valeur in NOMBRES.items()
        ],
    )


def _publier(projets: list[Demande]) -> None:
    """Une activité ouverte par projet."""
    activites = creer(
        Activite, [Activite(cle=projet.reference.lower(), demande=projet) for projet in projets]
    )
    creer(
        VersionActivite,
        [
            VersionActivite(
                activite=activite,
                etat="publiee",
                publiee_le=horloge.maintenant(),
                titre=f"Activité {i}",
                texte="On parle français autour d'un café, sans examen.",
                sujets=["francais"],
                statuts=["etudes"] if i % 3 else [],
                secteur=activite.demande.secteur,
            )
            for i, activite in enumerate(activites)
        ],
    )
