"""Les longs travaux : créés par une vue, avancés par une tâche, suivis sur une page.

Une nature de travail déclarée par ``declarer_tache`` se remet en file d'elle-même quand l'ouvrier
qui la portait a disparu, ou que la file était en panne : sa tâche doit pouvoir être lancée deux
fois. Elle s'arrête et se reprend aussi, sauf si elle se fait d'un trait.
"""

import datetime as dt
from collections.abc import Callable
from typing import Any

from django.db import transaction
from django.db.models import F
from django.db.models.functions import Least

from socle import horloge
from socle.exceptions import PermissionRefusee, RegleViolee
from socle.models import Travail

DOUBLE_ENVOI = dt.timedelta(minutes=10)
SILENCE = dt.timedelta(minutes=3)
EN_MARCHE = (Travail.Etat.EN_ATTENTE, Travail.Etat.EN_COURS)
_taches: dict[str, Callable[[int], None]] = {}
_d_un_trait: set[str] = set()


def declarer_tache(
    nature: str, confier: Callable[[int], None], *, d_un_trait: bool = False
) -> None:
    """``confier(travail_id)`` met en file la tâche des travaux de cette nature."""
    _taches[nature] = confier
    if d_un_trait:
        _d_un_trait.add(nature)


def se_reprend(travail: Travail) -> bool:
    """Vrai si ce travail s'arrête et se reprend."""
    return travail.nature in _taches and travail.nature not in _d_un_trait


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
        etat__in=EN_MARCHE,
        cree_le__gt=horloge.maintenant() - DOUBLE_ENVOI,
    ).first()


def confier(travail_id: int, *, fois: int = 1) -> None:
    """Met en file, après le commit, ``fois`` tâches du travail : autant d'ouvriers le partagent."""
    travail = Travail.objects.get(pk=travail_id)

    def mettre_en_file() -> None:
        for _ in range(fois):
            _taches[travail.nature](travail_id)

    transaction.on_commit(mettre_en_file)


def commencer(*, travail: Travail) -> bool:
    """Vrai si le travail est à faire : ni fini, ni arrêté."""
    return bool(
        Travail.objects.filter(pk=travail.pk, etat__in=EN_MARCHE).update(
            etat=Travail.Etat.EN_COURS, avance_le=horloge.maintenant()
        )
    )


def est_en_marche(travail: Travail) -> bool:
    """Relu dans la base : quelqu'un vient peut-être de l'arrêter."""
    return Travail.objects.filter(pk=travail.pk, etat__in=EN_MARCHE).exists()


def fixer_avancement(*, travail: Travail, faits: int) -> None:
    """Pose le nombre d'éléments faits (une reprise après coupure recompte, n'ajoute pas)."""
    Travail.objects.filter(pk=travail.pk).update(
        faits=Least(faits, F("total")), avance_le=horloge.maintenant()
    )


def noter_erreur(*, travail: Travail, libelle: str, erreur: str, cle: int | None = None) -> None:
    """``cle`` est l'élément en cause, pour ne pas l'essayer sans fin."""
    with transaction.atomic():
        verrouille = Travail.objects.select_for_update().get(pk=travail.pk)
        erreur_notee = {"libelle": libelle, "erreur": erreur}
        if cle is not None:
            erreur_notee["cle"] = cle
        verrouille.erreurs = [*verrouille.erreurs, erreur_notee]
        verrouille.save(update_fields=["erreurs"])


def finir(*, travail: Travail) -> None:
    travail.refresh_from_db()
    travail.etat = Travail.Etat.ECHOUE if travail.erreurs else Travail.Etat.FINI
    travail.fini_le = horloge.maintenant()
    travail.save(update_fields=["etat", "fini_le"])


# --- Arrêter, reprendre ---------------------------------------------------------------------------
def _le_mien(acteur: Any, travail: Travail) -> Travail:
    if travail.cree_par_id != acteur.pk:
        raise PermissionRefusee("Ce travail a été confié par une autre personne.", code="travail")
    return Travail.objects.select_for_update().get(pk=travail.pk)


@transaction.atomic
def arreter_travail(*, acteur: Any, travail: Travail) -> Travail:
    """Chaque ouvrier finit l'élément en main, puis s'arrête. Ce qui est fait reste fait."""
    travail = _le_mien(acteur, travail)
    if not se_reprend(travail) or travail.est_fini:
        raise RegleViolee("Ce travail ne s'arrête plus.", code="etat")
    travail.etat = Travail.Etat.ARRETE
    travail.fini_le = horloge.maintenant()
    travail.save(update_fields=["etat", "fini_le"])
    return travail


@transaction.atomic
def reprendre_travail(*, acteur: Any, travail: Travail) -> Travail:
    """Reprend ce qui reste d'un travail arrêté ou interrompu, erreurs comprises."""
    travail = _le_mien(acteur, travail)
    if not se_reprend(travail) or travail.etat not in {Travail.Etat.ARRETE, Travail.Etat.ECHOUE}:
        raise RegleViolee("Ce travail n'est pas à reprendre.", code="etat")
    travail.etat = Travail.Etat.EN_ATTENTE
    travail.erreurs = []
    travail.faits = 0
    travail.fini_le = None
    travail.avance_le = horloge.maintenant()
    travail.save(update_fields=["etat", "erreurs", "faits", "fini_le", "avance_le"])
    confier(travail.pk)
    return travail


@transaction.atomic
def relancer_les_muets() -> int:
    """Remet en file les travaux qui n'avancent plus : leur ouvrier a été tué. Rend leur nombre."""
    muets = Travail.objects.select_for_update(skip_locked=True).filter(
        etat__in=EN_MARCHE, nature__in=list(_taches), avance_le__lt=horloge.maintenant() - SILENCE
    )
    cles = list(muets.values_list("pk", flat=True))
    Travail.objects.filter(pk__in=cles).update(avance_le=horloge.maintenant())
    for cle in cles:
        confier(cle)
    return len(cles)
