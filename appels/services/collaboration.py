"""Écrire à plusieurs une même demande : qui est là, qui a écrit quoi en dernier."""

import datetime as dt
from typing import Any

from django.db.models import QuerySet

from appels.models import Demande, Visite
from socle import horloge
from socle.concurrence import SaisieActuelle

PRESENT = dt.timedelta(minutes=3)


def noter_ecriture(*, acteur: Any, demande: Any, partie: str) -> None:
    """Retient que ``acteur`` vient d'écrire ``partie`` de la demande, ou du rapport."""
    demande.ecritures.update_or_create(
        partie=partie,
        defaults={"par": acteur, "le": horloge.maintenant()},
    )


def derniere_ecriture(demande: Any, partie: str, *, valeur: Any, texte: str) -> SaisieActuelle:
    """Ce que la base contient, avec qui l'a écrit et quand."""
    ecriture = demande.ecritures.filter(partie=partie).select_related("par").first()
    return SaisieActuelle(
        valeur=valeur,
        texte=texte,
        auteur=ecriture.par.nom if ecriture and ecriture.par else "Une autre personne",
        le=ecriture.le if ecriture else horloge.maintenant(),
    )


def signaler_visite(*, acteur: Any, demande: Demande, partie: str) -> None:
    """``acteur`` a ``partie`` sous les yeux."""
    Visite.objects.update_or_create(
        demande=demande,
        utilisateur=acteur,
        defaults={"partie": partie, "vue_le": horloge.maintenant()},
    )


def rester(*, acteur: Any, demande: Demande) -> None:
    """La page qu'``acteur`` avait sous les yeux est encore ouverte."""
    demande.visites.filter(utilisateur=acteur).update(vue_le=horloge.maintenant())


def autres_presents(acteur: Any, demande: Demande) -> QuerySet[Visite]:
    """Les collègues qui ont une page de la demande ouverte depuis moins de trois minutes."""
    return (
        demande.visites.filter(vue_le__gte=horloge.maintenant() - PRESENT)
        .exclude(utilisateur=acteur)
        .select_related("utilisateur")
        .order_by("utilisateur__nom")
    )
