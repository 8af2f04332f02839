"""L'émission des lettres en lot : partagée par plusieurs ouvriers, arrêtée, reprise, sûre.

Chaque ouvrier prend la prochaine lettre que personne ne tient (``SKIP LOCKED``) et l'émet dans sa
transaction. Tué, il n'en laisse aucune à moitié : la base rend la ligne à un autre.
"""

import logging
from typing import Any

from django.db import transaction
from django.urls import reverse

from appels.models import Appel
from financement.models import Lettre
from financement.services.lettres import (
    decisions_sans_lettre,
    emettre_lettre,
    incompletes,
    preparer_lettre,
)
from socle.droits import exiger_permission
from socle.exceptions import RegleViolee
from socle.models import Travail
from socle.sceau import exiger_sceau
from socle.services import travaux

journal_technique = logging.getLogger(__name__)
NATURE = "lettres"
# Au plus tant d'ouvriers sur un lot, et tant de lettres avant de laisser passer les autres tâches.
OUVRIERS = 8
POIGNEE = 20


@transaction.atomic
def preparer_lot(*, acteur: Any, appel: Appel, sans_les_incompletes: bool = False) -> Travail:
    """Confie aux ouvriers l'émission de toutes les lettres qui manquent.

    Lève ``RegleViolee`` (``champ_vide``) qui nomme les lettres où un champ serait vide, à moins
    que la personne n'ait choisi d'émettre les autres ; ``rien`` quand il n'y en a aucune.
    """
    exiger_permission(acteur, "lettre.lot", appel)
    exiger_sceau()
    parametres = {"appel": appel.pk}
    Appel.objects.select_for_update(no_key=True).get(pk=appel.pk)
    if travail := travaux.deja_confie(acteur=acteur, nature=NATURE, parametres=parametres):
        return travail
    decisions = list(decisions_sans_lettre(appel, acteur))
    if not decisions:
        raise RegleViolee("Toutes les lettres sont déjà transmises.", code="rien")
    trouvees = incompletes(decisions, appel)
    if trouvees and not sans_les_incompletes:
        phrases = "; ".join(
            f"{decision.demande.reference} ({', '.join(vides)})" for decision, vides in trouvees
        )
        raise RegleViolee(
            f"Rien n'est émis : il manque de quoi remplir ces lettres : {phrases}.",
            code="champ_vide",
        )
    ecartees = {decision.pk for decision, _ in trouvees}
    decisions = [decision for decision in decisions if decision.pk not in ecartees]
    if not decisions:
        raise RegleViolee("Aucune lettre n'est complète.", code="champ_vide")
    travail = travaux.creer_travail(
        acteur=acteur,
        nature=NATURE,
        titre=f"Lettres de l'appel {appel.code}",
        total=len(decisions),
        parametres=parametres,
        retour=reverse("ville:lettres", kwargs={"code": appel.code}),
    )
    for decision in decisions:
        preparer_lettre(decision=decision, travail=travail)
    travaux.confier(travail.pk, fois=min(OUVRIERS, len(decisions)))
    return travail


def emettre_poignee(*, travail: Travail, combien: int = POIGNEE) -> bool:
    """Émet jusqu'à ``combien`` lettres du lot ; vrai s'il en reste peut-être."""
    if not travaux.commencer(travail=travail):
        return False
    for _ in range(combien):
        if not travaux.est_en_marche(travail):
            return False
        if not _emettre_la_prochaine(travail):
            return False
    return True


def _emettre_la_prochaine(travail: Travail) -> bool:
    with transaction.atomic():
        lettre = (
            _a_faire(travail).select_for_update(skip_locked=True, no_key=True, of=("self",)).first()
        )
        if lettre is not None:
            _emettre(travail, lettre)
    _compter(travail)
    return lettre is not None


def _a_faire(travail: Travail) -> Any:
    essayees = [erreur["cle"] for erreur in _erreurs(travail)]
    return (
        Lettre.objects.filter(travail=travail)
        .exclude(etat=Lettre.Etat.TRANSMISE)
        .exclude(pk__in=essayees)
        .order_by("pk")
    )


def _erreurs(travail: Travail) -> list[dict[str, Any]]:
    return Travail.objects.values_list("erreurs", flat=True).get(pk=travail.pk)


def _emettre(travail: Travail, lettre: Lettre) -> None:
    """Une lettre qui ne s'émet pas n'arrête pas les autres ; la page dit laquelle et pourquoi."""
    try:
        emettre_lettre(acteur=travail.cree_par, lettre=lettre)
    except RegleViolee as refus:
        phrase = refus.message
    except Exception:
        journal_technique.exception("Lettre de %s", lettre.demande.reference)
        phrase = "La lettre n'a pas pu être produite."
    else:
        return
    travaux.noter_erreur(
        travail=travail, libelle=lettre.demande.reference, erreur=phrase, cle=lettre.pk
    )


@transaction.atomic
def _compter(travail: Travail) -> None:
    """Le compte se fait sous verrou : deux ouvriers ne l'écrivent pas à reculons."""
    courant = Travail.objects.select_for_update().get(pk=travail.pk)
    reste = _a_faire(courant).count()
    travaux.fixer_avancement(travail=courant, faits=max(0, courant.total - reste))
    if reste == 0 and courant.etat in travaux.EN_MARCHE:
        travaux.finir(travail=courant)
