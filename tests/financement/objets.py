"""Un projet sous convention et les personnes qui s'en occupent, pour les tests du financement."""

import datetime as dt
from decimal import Decimal
from types import SimpleNamespace
from typing import Any

from django.test import Client
from django.urls import reverse

from socle import horloge
from socle.models import EntreeJournal
from tests.factories import (
    AdhesionFactory,
    ConventionFactory,
    RapportFactory,
    UtilisateurFactory,
    VersementFactory,
)

GENS = ("agent", "approbation", "tresorerie", "administration", "mifi")


def des_gens(organisme: Any) -> SimpleNamespace:
    """Une personne par rôle de la Ville, les deux de l'organisme, et celle d'un autre."""
    return SimpleNamespace(
        **{role: UtilisateurFactory(**{role: True}) for role in GENS},
        responsable=AdhesionFactory(organisme=organisme).utilisateur,
        membre=AdhesionFactory(organisme=organisme, role="membre").utilisateur,
        autre=AdhesionFactory().utilisateur,
    )


def un_projet(**champs: Any) -> SimpleNamespace:
    """16 000 $ accordés, convention en vigueur, versements 50/40/10, rapports attendus."""
    convention = ConventionFactory(en_vigueur=True, **champs)
    demande = convention.demande
    demande.etat_annonce = "acceptee"
    type(demande).objects.filter(pk=demande.pk).update(
        etat="conventionnee", etat_annonce="acceptee"
    )
    demande.refresh_from_db()
    aujourdhui = horloge.aujourdhui()
    versements = [
        VersementFactory(convention=convention, no=no, montant=Decimal(montant), condition=quand)
        for no, (montant, quand) in enumerate(
            (("8000", "signature"), ("6400", "etape"), ("1600", "final")), start=1
        )
    ]
    return SimpleNamespace(
        demande=demande,
        convention=convention,
        versements=versements,
        etape=RapportFactory(
            demande=demande, nature="etape", echeance=aujourdhui + dt.timedelta(days=10)
        ),
        final=RapportFactory(
            demande=demande, nature="final", echeance=aujourdhui + dt.timedelta(days=90)
        ),
        gens=des_gens(demande.organisme),
    )


def page(qui: Any, adresse: str, /, *args: Any, methode: str = "get", **donnees: Any) -> Any:
    client = Client()
    client.force_login(qui)
    return getattr(client, methode)(reverse(adresse, args=args), donnees)


def envoyer(qui: Any, adresse: str, /, *args: Any, **donnees: Any) -> Any:
    return page(qui, adresse, *args, methode="post", **donnees)


def verbes(objet: Any) -> list[str]:
    """Ce que le journal dit de ``objet``, du plus ancien au plus récent."""
    return list(
        EntreeJournal.objects.filter(objet_type=objet._meta.label_lower, objet_id=str(objet.pk))
        .order_by("pk")
        .values_list("verbe", flat=True)
    )
