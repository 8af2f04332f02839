"""Les versements : proposés par une personne, autorisés par une autre, payés."""

import datetime as dt
from decimal import Decimal
from typing import Any

from django.conf import settings
from django.db import transaction
from django.db.models import F

from financement.models import Versement
from socle import horloge
from socle.cycle_de_vie import transitionner
from socle.droits import exiger_permission
from socle.exceptions import RegleViolee


def proposer_versement(*, acteur: Any, versement: Versement) -> Versement:
    """La condition est remplie : l'agent propose (regles.md, 11).

    Un versement retenu puis proposé de nouveau perd l'autorisation d'avant : le journal la garde.
    """
    return transitionner(
        versement,
        "proposer",
        acteur=acteur,
        champs={
            "propose_le": horloge.maintenant(),
            "propose_par": acteur,
            "autorise_le": None,
            "autorise_par": None,
            "motif": "",
        },
    )


def autoriser_versement(*, acteur: Any, versement: Versement) -> Versement:
    """Autorise ; la garde et la base refusent la personne qui a proposé."""
    return transitionner(
        versement,
        "autoriser",
        acteur=acteur,
        champs={"autorise_le": horloge.maintenant(), "autorise_par": acteur},
    )


def verser_versement(
    *, acteur: Any, versement: Versement, reference: str, le: dt.datetime | None = None
) -> Versement:
    """Inscrit le paiement et sa référence ; ``le`` : quand il a été fait, maintenant à défaut."""
    if not reference.strip():
        raise RegleViolee("Écrivez la référence du paiement.", champ="reference")
    champs = {"reference": reference.strip()} | ({"verse_le": le} if le else {})
    return transitionner(versement, "verser", acteur=acteur, champs=champs)


def _avec_motif(acteur: Any, versement: Versement, nom: str, motif: str) -> Versement:
    if not motif.strip():
        raise RegleViolee("Écrivez le motif.", champ="motif")
    return transitionner(
        versement, nom, acteur=acteur, motif=motif, champs={"motif": motif.strip()[:300]}
    )


def retenir_versement(*, acteur: Any, versement: Versement, motif: str) -> Versement:
    return _avec_motif(acteur, versement, "retenir", motif)


def annuler_versement(*, acteur: Any, versement: Versement, motif: str) -> Versement:
    return _avec_motif(acteur, versement, "annuler", motif)


def est_autorisable_par(personne: Any, versement: Versement) -> bool:
    """Ce que « versement.autoriser » permet à qui n'est pas partie, sans requête par ligne.

    Les rapports du projet et la convention sont déjà lus.
    """
    autorisent = {"approbation"}
    if versement.montant <= settings.SEUIL_AUTORISATION_TRESORERIE:
        autorisent.add("tresorerie")
    return bool(
        versement.etat == Versement.Etat.EXIGIBLE
        and versement.convention.etat == "en_vigueur"
        and not versement.rapports_en_retard
        and autorisent & set(personne.roles)
        and versement.propose_par_id != personne.pk
    )


@transaction.atomic
def scinder_versement(*, acteur: Any, versement: Versement, montant: Decimal) -> Versement:
    """Coupe un versement prévu en deux : ``montant`` (rendu), puis le reste, même condition."""
    exiger_permission(acteur, "versement.proposer", versement)
    versement = Versement.objects.select_for_update(no_key=True).get(pk=versement.pk)
    if versement.etat != Versement.Etat.PREVU or not 0 < montant < versement.montant:
        raise RegleViolee(
            "Un versement prévu se coupe en deux parts plus petites que lui.", champ="montant"
        )
    reste = versement.montant - montant
    suivants = versement.convention.versements.filter(no__gt=versement.no)
    for suivant in suivants.order_by("-no"):
        Versement.objects.filter(pk=suivant.pk).update(no=F("no") + 1)
    versement.montant = montant
    versement.save(update_fields=["montant"])
    Versement.objects.create(
        convention=versement.convention,
        no=versement.no + 1,
        montant=reste,
        condition=versement.condition,
    )
    return versement
