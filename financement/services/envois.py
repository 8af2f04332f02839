"""Les lettres envoyées par courriel, et ce qui n'est pas arrivé."""

import datetime as dt
from typing import Any

from django.conf import settings
from django.db import transaction
from django.urls import reverse

from financement.models import EnvoiLettre, Lettre
from socle import horloge
from socle.droits import exiger_permission
from socle.exceptions import RegleViolee
from socle.journal import journaliser
from socle.services import courriels


def envoyer_lettre(*, lettre: Lettre) -> list[EnvoiLettre]:
    """Un courriel par membre de l'organisme, la lettre jointe ; sans adresse, un envoi à poster.

    Rejouer un appel passé n'écrit à personne et n'inscrit rien.
    """
    if courriels.est_silencieux():
        return []
    demande = lettre.decision.demande
    with lettre.document.pdf.open("rb") as fichier:
        octets = fichier.read()
    ranges = courriels.envoyer(
        gabarit="lettre_decision",
        destinataires=courriels.adresses_organisme(demande.organisme),
        objet=f"Décision de la Ville — {demande.titre}",
        contexte={
            "demande": demande,
            "lien": settings.SITE_URL
            + reverse("organisme:demande", kwargs={"reference": demande.reference}),
        },
        pieces=[(f"lettre-{demande.reference}.pdf", octets, "application/pdf")],
    )
    return EnvoiLettre.objects.bulk_create(
        EnvoiLettre(lettre=lettre, adresse=courriel.to[0], courriel=courriel) for courriel in ranges
    ) or [EnvoiLettre.objects.create(lettre=lettre)]


def _verrouille(envoi: EnvoiLettre) -> EnvoiLettre:
    return (
        EnvoiLettre.objects.select_for_update(no_key=True, of=("self",))
        .select_related("lettre__decision__demande__organisme", "courriel")
        .get(pk=envoi.pk)
    )


@transaction.atomic
def inscrire_retour(*, acteur: Any, envoi: EnvoiLettre, date: dt.date, motif: str) -> EnvoiLettre:
    """Un courriel ou un pli est revenu : son jour et ce que dit le retour."""
    exiger_permission(acteur, "lettre.emettre", envoi)
    envoi = _verrouille(envoi)
    if not motif.strip():
        raise RegleViolee("Écrivez ce que dit le retour.", champ="motif")
    if date > horloge.aujourdhui():
        raise RegleViolee("Un retour n'est pas à venir : vérifiez la date.", champ="date")
    envoi.retour_le, envoi.retour_motif, envoi.retour_par = date, motif.strip(), acteur
    envoi.regle_le = None
    envoi.save(update_fields=["retour_le", "retour_motif", "retour_par", "regle_le"])
    journaliser(acteur=acteur, verbe="lettre.inscrire_retour", objet=envoi.lettre, motif=motif)
    return envoi


@transaction.atomic
def renvoyer_lettre(*, acteur: Any, envoi: EnvoiLettre) -> list[EnvoiLettre]:
    """Envoie la même lettre figée aux adresses d'aujourd'hui ; ses défauts sont réglés."""
    exiger_permission(acteur, "lettre.emettre", envoi)
    envoi = _verrouille(envoi)
    if not courriels.adresses_organisme(envoi.demande.organisme):
        raise RegleViolee(
            "L'organisme n'a aucune personne à qui écrire : remettez la lettre autrement.",
            code="adresse",
        )
    regler(lettre=envoi.lettre)
    envoyes = envoyer_lettre(lettre=envoi.lettre)
    journaliser(acteur=acteur, verbe="lettre.renvoyer", objet=envoi.lettre)
    return envoyes


@transaction.atomic
def remettre_autrement(*, acteur: Any, envoi: EnvoiLettre) -> EnvoiLettre:
    """La lettre a été postée ou remise en main propre : l'envoi n'attend plus personne."""
    exiger_permission(acteur, "lettre.emettre", envoi)
    envoi = _verrouille(envoi)
    regler(lettre=envoi.lettre)
    journaliser(acteur=acteur, verbe="lettre.remettre", objet=envoi.lettre)
    return envoi


def regler(*, lettre: Lettre) -> None:
    """Les défauts de cette lettre n'attendent plus personne."""
    lettre.envois.en_defaut().update(regle_le=horloge.maintenant())
