"""Écrire aux organismes d'un appel, à tous ou selon l'étape de leur demande."""

from collections.abc import Iterable
from typing import Any
from uuid import UUID

from django.conf import settings
from django.db import transaction
from django.urls import reverse

from appels.models import Appel, MessageAppel
from socle.droits import exiger_permission
from socle.exceptions import RegleViolee
from socle.journal import journaliser
from socle.services import courriels

# Ce que la Ville peut viser sans annoncer une décision : au-delà, c'est la lettre qui parle.
ETATS = {
    "brouillon": "Brouillons",
    "deposee": "Déposées, à vérifier",
    "a_completer": "À compléter",
    "en_traitement": "Recevables et au comité",
}
_ETATS_REELS = {
    "en_traitement": (
        "recevable", "en_evaluation", "evaluee", "recommandee", "acceptee", "refusee",
        "liste_attente",
    ),
}  # fmt: skip


def adresses(appel: Appel, etats: Iterable[str]) -> list[str]:
    """Les adresses des membres des organismes visés, chacune une fois.

    Les demandes décidées dont la lettre n'est pas émise restent avec celles du comité : être ou ne
    pas être destinataire n'apprend rien.
    """
    reels = [etat for vise in etats for etat in _ETATS_REELS.get(vise, (vise,))]
    demandes = appel.demandes.filter(etat__in=reels, etat_annonce="")
    trouvees = demandes.values_list("organisme__adhesions__utilisateur__email", flat=True)
    return sorted({adresse for adresse in trouvees.distinct() if adresse})


@transaction.atomic
def envoyer_message(
    *, acteur: Any, appel: Appel, objet: str, texte: str, etats: list[str], cle: UUID
) -> MessageAppel:
    """Envoie un courriel à chaque adresse, sans montrer les autres. Refait, il ne repart pas."""
    exiger_permission(acteur, "appel.modifier", appel)
    Appel.objects.select_for_update(no_key=True).get(pk=appel.pk)
    deja = MessageAppel.objects.filter(cle=cle).first()
    if deja is not None:
        return deja
    inconnus = set(etats) - ETATS.keys()
    if inconnus or not etats:
        raise RegleViolee("Choisissez à qui écrire.", champ="etats")
    destinataires = adresses(appel, etats)
    if not destinataires:
        raise RegleViolee(
            "Aucun organisme n'est à cette étape : personne ne recevrait ce message.",
            champ="etats",
            code="personne",
        )
    message = MessageAppel.objects.create(
        appel=appel,
        cle=cle,
        objet=objet,
        texte=texte,
        etats=etats,
        destinataires=len(destinataires),
        envoye_par=acteur,
    )
    courriels.envoyer(
        gabarit="message_appel",
        destinataires=destinataires,
        objet=f"{appel.titre} : {objet}",
        contexte={
            "appel": appel,
            "texte": texte,
            "lien": settings.SITE_URL + reverse("organisme:accueil"),
        },
    )
    journaliser(
        acteur=acteur,
        verbe="appel.envoyer_message",
        objet=appel,
        details={"objet": objet, "destinataires": len(destinataires), "etats": etats},
    )
    return message
