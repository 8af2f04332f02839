"""Le réexamen : sur la procédure, dans son délai, par une autre personne (regles.md, 14)."""

import datetime as dt
from typing import Any

from django.conf import settings
from django.db import IntegrityError, transaction
from django.urls import reverse
from django.utils import timezone

from appels.models import Demande
from financement.models import Lettre, Reexamen
from socle import horloge
from socle.cycle_de_vie import transitionner
from socle.droits import exiger_permission
from socle.exceptions import RegleViolee
from socle.journal import journaliser
from socle.services import courriels


def limite_reexamen(demande: Demande) -> dt.date | None:
    """Le dernier jour pour demander un réexamen, ou None si rien ne peut l'être."""
    if demande.etat == Demande.Etat.IRRECEVABLE:
        depart = demande.irrecevable_le
    else:
        lettre = (
            Lettre.objects.filter(
                decision__demande=demande, decision__en_vigueur=True, emise_le__isnull=False
            )
            .order_by("-emise_le")
            .first()
        )
        depart = lettre.emise_le if lettre and demande.etat == Demande.Etat.REFUSEE else None
    if depart is None:
        return None
    return timezone.localdate(depart) + dt.timedelta(days=demande.appel.reexamen_jours)


@transaction.atomic
def demander_reexamen(*, acteur: Any, demande: Demande, motifs: str) -> Reexamen:
    """L'organisme demande un réexamen dans le délai qui suit sa lettre."""
    exiger_permission(acteur, "reexamen.demander", demande)
    limite = limite_reexamen(demande)
    if limite is None:
        raise RegleViolee("Cette demande ne peut pas être réexaminée.", code="etat")
    if horloge.aujourdhui() > limite:
        raise RegleViolee("Le délai pour demander un réexamen est passé.", code="delai")
    if not motifs.strip():
        raise RegleViolee("Dites quelle erreur de procédure vous invoquez.", champ="motifs")
    try:
        with transaction.atomic():
            reexamen = Reexamen.objects.create(
                demande=demande, motifs=motifs.strip(), demande_par=acteur
            )
    except IntegrityError:
        raise RegleViolee("Un réexamen est déjà en cours.", code="existe") from None
    journaliser(acteur=acteur, verbe="reexamen.demander", objet=demande, motif=motifs)
    return reexamen


@transaction.atomic
def trancher_reexamen(*, acteur: Any, reexamen: Reexamen, suite: str, reponse: str) -> Reexamen:
    """Maintient la décision, ou accueille et rouvre la demande ; jamais par qui a décidé."""
    if not reponse.strip():
        raise RegleViolee("Écrivez la réponse motivée.", champ="reponse")
    if suite not in {"maintenir", "accueillir"}:
        raise RegleViolee("Choisissez la suite.", champ="suite")
    reexamen = transitionner(
        reexamen,
        suite,
        acteur=acteur,
        motif=reponse,
        champs={
            "reponse": reponse.strip(),
            "tranche_le": horloge.maintenant(),
            "tranche_par": acteur,
        },
    )
    demande = reexamen.demande
    if suite == "accueillir":
        garde = {"deposee_le": demande.deposee_le, "deposee_par": demande.deposee_par}
        demande.decisions.filter(en_vigueur=True).update(en_vigueur=False)
        transitionner(demande, "rouvrir_apres_reexamen", acteur=acteur, motif=reponse, champs=garde)
    courriels.envoyer(
        gabarit="reexamen_tranche",
        destinataires=courriels.adresses_organisme(demande.organisme),
        objet=f"Réexamen — {demande.titre}",
        contexte={
            "demande": demande,
            "reexamen": reexamen,
            "lien": settings.SITE_URL
            + reverse("organisme:demande", kwargs={"reference": demande.reference}),
        },
    )
    return reexamen
