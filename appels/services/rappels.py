"""Les rappels avant la clôture, aux membres des organismes dont le brouillon n'est pas déposé."""

import datetime as dt
import logging
from itertools import groupby
from typing import Any

from django.conf import settings
from django.db import transaction
from django.urls import reverse

from appels.completude import manques
from appels.models import Appel, Demande, Rappel
from socle import horloge
from socle.journal import journaliser
from socle.services import courriels

# Du plus proche de la clôture au plus lointain : le premier atteint est le seul qui part.
PALIERS = (
    (Rappel.Palier.SIX_HEURES, dt.timedelta(hours=6)),
    (Rappel.Palier.DEUX_JOURS, dt.timedelta(days=2)),
    (Rappel.Palier.SEPT_JOURS, dt.timedelta(days=7)),
)
journal = logging.getLogger(__name__)


def palier_du(appel: Appel) -> tuple[Rappel.Palier, dt.datetime] | None:
    """Le rappel que l'heure demande et l'instant où il était dû ; None hors des sept jours.

    Après une panne, seul le plus proche de la clôture est dû : les autres sont passés.
    """
    # En UTC : un écart d'heures murales se tromperait d'une heure aux changements d'heure.
    maintenant, cloture = horloge.maintenant().astimezone(dt.UTC), appel.cloture.astimezone(dt.UTC)
    if appel.etat != Appel.Etat.PUBLIE or not appel.ouverture <= maintenant < cloture:
        return None
    for palier, avance in PALIERS:
        if maintenant >= cloture - avance:
            return palier, cloture - avance
    return None


def envoyer_rappels() -> int:
    """Envoie tout rappel dû qui n'est pas parti et rend leur nombre ; se relance sans risque."""
    envoyes = 0
    for appel in Appel.objects.ouverts():
        if (du := palier_du(appel)) is None:
            continue
        palier, moment = du
        # Un brouillon commencé depuis n'a rien manqué : sa personne connaît la clôture.
        brouillons = appel.demandes.filter(
            etat=Demande.Etat.BROUILLON, creee_le__lte=moment
        ).exclude(rappels__palier=palier)
        for demande in brouillons.order_by("pk"):
            try:
                envoyes += rappeler(demande=demande)
            except Exception:
                # Un brouillon qui fait échouer son courriel ne prive pas les autres du leur.
                journal.exception("Le rappel de la demande %s n'est pas parti.", demande.reference)
    return envoyes


@transaction.atomic
def rappeler(*, demande: Demande) -> bool:
    """Écrit aux membres de l'organisme ce qui manque ; vrai si le rappel est parti cette fois.

    La ligne du brouillon est verrouillée : deux ouvriers ne l'envoient pas deux fois, et un dépôt
    fait entre-temps l'annule.
    """
    demande = (
        Demande.objects.select_for_update(no_key=True, of=("self",))
        .select_related("appel", "organisme", "formulaire", "volet")
        .get(pk=demande.pk)
    )
    du = palier_du(demande.appel)
    if du is None or demande.etat != Demande.Etat.BROUILLON or demande.creee_le > du[1]:
        return False
    palier = du[0]
    if demande.rappels.filter(palier=palier).exists():
        return False
    destinataires = courriels.adresses_organisme(demande.organisme)
    if not destinataires:
        return False
    Rappel.objects.create(demande=demande, palier=palier, envoye_le=horloge.maintenant())
    absents = manques(demande)
    courriels.envoyer(
        gabarit="rappel_cloture",
        destinataires=destinataires,
        objet=f"{demande.reference} : votre demande n'est pas déposée",
        contexte={
            "demande": demande,
            "appel": demande.appel,
            "nombre": len(absents),
            "parties": _parties(demande, absents),
            "lien": _lien(demande, "relecture"),
        },
    )
    journaliser(
        acteur=None,
        verbe="demande.rappeler_cloture",
        objet=demande,
        details={"palier": palier.value, "manques": len(absents), "envois": len(destinataires)},
    )
    return True


def _parties(demande: Demande, absents: list[Any]) -> list[dict[str, Any]]:
    """Ce qui manque, réuni par page de la demande, avec l'adresse de chacune."""
    titres = {"projet": "Le projet", "budget": "Le budget", "pieces": "Les documents"}
    if demande.formulaire is not None:
        titres |= dict(demande.formulaire.sections.values_list("code", "titre"))
    return [
        {
            "titre": titres[partie],
            "lien": _lien(demande, partie),
            "manques": [manque.libelle for manque in groupe],
        }
        for partie, groupe in groupby(absents, key=lambda manque: manque.partie)
    ]


def _lien(demande: Demande, partie: str) -> str:
    return settings.SITE_URL + reverse(
        "organisme:rediger", kwargs={"reference": demande.reference, "partie": partie}
    )
