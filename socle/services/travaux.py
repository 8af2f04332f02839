"""Les longs travaux : créés par une vue, avancés par une tâche, suivis sur une page."""

import datetime as dt
from typing import Any

from django.db import transaction
from django.db.models import F
from django.db.models.functions import Least

from socle import horloge
from socle.models import Travail

DOUBLE_ENVOI = dt.timedelta(minutes=10)


def creer_travail(
    *,
    acteur: Any,
    nature: str,
    titre: str,
    total: int,
    parametres: dict[str, Any] | None = None,
    retour: str = "",
) -> Travail:
    """Un travail en attente de ``total`` éléments ; ``retour`` est la page où revenir."""
    return Travail.objects.create(
        nature=nature,
        titre=titre,
        total=total,
        parametres=parametres or {},
        retour=retour,
        cree_par=acteur,
    )


def deja_confie(*, acteur: Any, nature: str, parametres: dict[str, Any]) -> Travail | None:
    """Le même travail, confié il y a peu par la même personne et pas fini : un double envoi."""
    return Travail.objects.filter(
        nature=nature,
        parametres=parametres,
        cree_par=acteur,
        etat__in=[Travail.Etat.EN_ATTENTE, Travail.Etat.EN_COURS],
        cree_le__gt=horloge.maintenant() - DOUBLE_ENVOI,
    ).first()


def commencer(*, travail: Travail) -> None:
    Travail.objects.filter(pk=travail.pk).update(etat=Travail.Etat.EN_COURS)


def fixer_avancement(*, travail: Travail, faits: int) -> None:
    """Pose le nombre d'éléments faits (une reprise après coupure recompte, n'ajoute pas)."""
    Travail.objects.filter(pk=travail.pk).update(faits=Least(faits, F("total")))


def noter_erreur(*, travail: Travail, libelle: str, erreur: str) -> None:
    with transaction.atomic():
        verrouille = Travail.objects.select_for_update().get(pk=travail.pk)
        verrouille.erreurs = [*verrouille.erreurs, {"libelle": libelle, "erreur": erreur}]
        verrouille.save(update_fields=["erreurs"])


def finir(*, travail: Travail) -> None:
    travail.refresh_from_db()
    travail.etat = Travail.Etat.ECHOUE if travail.erreurs else Travail.Etat.FINI
    travail.fini_le = horloge.maintenant()
    travail.save(update_fields=["etat", "fini_le"])
