"""Passer de l'argent d'un volet à un autre, sous sa propre résolution (regles.md, 10)."""

from decimal import Decimal
from typing import Any

from django.db import transaction

from appels.models import Volet
from appels.regles import dollars
from financement.models import Credit, Resolution, Transfert
from socle import horloge
from socle.droits import exiger_permission
from socle.exceptions import RegleViolee
from socle.journal import journaliser


@transaction.atomic
def transferer(
    *,
    acteur: Any,
    resolution: Resolution,
    credit: Credit,
    volet: Volet,
    montant: Decimal,
    motif: str,
) -> Transfert:
    """Passe ``montant`` dollars de ``credit`` au ``volet`` ; chaque dollar garde sa source et son
    exercice.

    Lève ``RegleViolee`` : ``credit``, ``volet``, ``montant``, ``motif``, ``resolution``.
    """
    appel = resolution.appel
    exiger_permission(acteur, "resolution.inscrire", appel)
    if resolution.decisions.exists():
        raise RegleViolee(
            "Cette résolution décide de demandes : un transfert demande la sienne.",
            champ="resolution",
        )
    # Les deux volets, toujours dans le même ordre.
    volets = Volet.objects.select_for_update(no_key=True).order_by("pk")
    list(volets.filter(pk__in=[credit.volet_id, volet.pk]))
    credit = Credit.objects.select_related("volet").get(pk=credit.pk)
    if {credit.volet.appel_id, volet.appel_id} != {appel.pk}:
        raise RegleViolee("Un transfert reste dans l'appel de sa résolution.", champ="volet")
    if credit.volet_id == volet.pk:
        raise RegleViolee("Choisissez un autre volet que celui d'où vient l'argent.", champ="volet")
    if montant <= 0:
        raise RegleViolee("Écrivez le montant à transférer.", champ="montant")
    if montant > credit.libre:
        raise RegleViolee(
            f"Il n'y a que {dollars(credit.libre)} libres dans ce crédit.",
            champ="montant",
            code="enveloppe",
        )
    if not motif.strip():
        raise RegleViolee("Écrivez le motif du transfert.", champ="motif")
    transfert = Transfert.objects.create(
        resolution=resolution,
        credit=credit,
        volet=volet,
        montant=montant,
        motif=motif.strip(),
        inscrit_le=horloge.maintenant(),
        inscrit_par=acteur,
    )
    journaliser(
        acteur=acteur,
        verbe="appel.transferer",
        objet=appel,
        motif=motif,
        details={
            "resolution": resolution.numero,
            "montant": str(montant),
            "de": str(credit),
            "vers": f"volet {volet.no}",
        },
    )
    return transfert
