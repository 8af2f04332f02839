"""Saisir, au nom d'un organisme, une demande arrivée sur papier au comptoir."""

import datetime as dt
from typing import Any

from django.db import transaction

from appels.models import Appel, Demande
from appels.services.demandes import creer_brouillon
from socle import horloge
from socle.droits import exiger_permission
from socle.exceptions import RegleViolee
from socle.journal import journaliser
from socle.models import Organisme
from socle.validateurs import NEQ, normaliser_neq


@transaction.atomic
def saisir_papier(
    *, acteur: Any, appel: Appel, neq: str, nom: str, recue_le: dt.datetime, motif: str
) -> Demande:
    """Ouvre le brouillon d'une demande sur papier ; la Ville le remplit et le dépose.

    L'heure qui compte est celle de l'arrivée au comptoir (regles.md, 4). L'organisme est celui du
    NEQ, inscrit au besoin, sans membre : une personne de l'organisme demandera à le rejoindre.
    """
    exiger_permission(acteur, "demande.saisir_papier", appel)
    verrou = Appel.objects.select_for_update(no_key=True).get(pk=appel.pk)
    if verrou.etat != Appel.Etat.PUBLIE:
        raise RegleViolee("Une demande se saisit pendant que l'appel est publié.", code="etat")
    if not motif.strip():
        raise RegleViolee("Écrivez pourquoi la demande est sur papier.", champ="motif")
    if recue_le > horloge.maintenant():
        raise RegleViolee(
            "La date d'arrivée ne peut pas être à venir.", champ="recue_le", code="avenir"
        )
    if not verrou.ouverture <= recue_le <= verrou.cloture:
        raise RegleViolee(
            "La demande est arrivée hors de la période de l'appel : elle ne peut pas être déposée.",
            champ="recue_le",
            code="hors_delai",
        )
    demande = creer_brouillon(
        acteur=acteur,
        appel=verrou,
        organisme=_organisme(acteur, neq, nom),
        papier_recu_le=recue_le,
    )
    journaliser(
        acteur=acteur,
        verbe="demande.saisir_papier",
        objet=demande,
        motif=motif,
        details={"recue_le": recue_le.isoformat()},
    )
    return demande


def _organisme(acteur: Any, neq: str, nom: str) -> Organisme:
    neq = normaliser_neq(neq)
    if not NEQ.fullmatch(neq):
        raise RegleViolee(
            "Le NEQ compte 10 chiffres et commence par 11, 22, 33 ou 88.", champ="neq", code="neq"
        )
    existant = Organisme.objects.filter(neq=neq).first()
    if existant is not None:
        return existant
    if not nom.strip():
        raise RegleViolee(
            "Cet organisme n'est pas encore inscrit : écrivez son nom.", champ="nom", code="nom"
        )
    organisme = Organisme.objects.create(neq=neq, nom=nom.strip())
    journaliser(acteur=acteur, verbe="organisme.creer", objet=organisme)
    return organisme
