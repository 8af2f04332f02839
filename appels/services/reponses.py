"""Enregistrer une réponse : une écriture, même incomplète, sans effacer celle d'une collègue."""

from collections.abc import Callable
from functools import partial
from typing import Any

from django.db import IntegrityError, transaction
from django.db.models import F, FilteredRelation, Q, QuerySet

from appels.models import Demande, Question
from appels.questions import texte
from appels.services.demandes import exiger_modifiable
from socle import horloge
from socle.concurrence import Issue, SaisieActuelle, SaisieConcurrente, comparer
from socle.exceptions import RegleViolee


def enregistrer_reponse(
    *, acteur: Any, demande: Demande, question: Question, valeur: Any, base: str = ""
) -> Any:
    """Garde la réponse d'une demande ; voir ``ecrire_reponse``."""
    return ecrire_reponse(
        acteur=acteur,
        objet=demande,
        question=question,
        valeur=valeur,
        base=base,
        verrous=Demande.objects.only("etat", "organisme_id"),
        exiger=partial(exiger_modifiable, acteur, partie=question.section),
    )


@transaction.atomic
def ecrire_reponse(
    *,
    acteur: Any,
    objet: Any,
    question: Question,
    valeur: Any,
    base: str,
    verrous: QuerySet,
    exiger: Callable[[Any], None],
) -> Any:
    """Garde ``valeur`` telle que saisie, et rend ce qui est maintenant enregistré.

    ``objet`` est ce qui répond au formulaire (une demande, un rapport), ``verrous`` de quoi
    verrouiller sa ligne, ``exiger`` refuse s'il ne se modifie plus. ``base`` est l'empreinte de ce
    que la personne avait sous les yeux. Lève ``SaisieConcurrente`` quand une autre personne a écrit
    autre chose entre-temps : rien n'est alors effacé. Ce qui manque se dit au dépôt.
    """
    if question.section.formulaire_id != objet.formulaire_id:
        raise RegleViolee("Cette question n'est pas dans le formulaire.")
    # Une seule requête verrouille l'objet (un dépôt attend, ou nous attendons le sien) et lit
    # la réponse, telle qu'elle était avant l'attente : l'écriture vérifie qu'elle l'est encore.
    verrou = (
        verrous.select_for_update(no_key=True, of=("self",))
        .annotate(sienne=FilteredRelation("reponses", condition=Q(reponses__question=question)))
        .annotate(
            reponse_pk=F("sienne__pk"),
            reponse_valeur=F("sienne__valeur"),
            reponse_le=F("sienne__modifiee_le"),
            reponse_par=F("sienne__modifiee_par__nom"),
        )
        .get(pk=objet.pk)
    )
    exiger(verrou)
    issue = comparer(base=base, saisi=valeur, actuel=verrou.reponse_valeur)
    if issue is Issue.CONFLIT:
        raise SaisieConcurrente(
            "Une autre personne a répondu autrement.",
            actuel=SaisieActuelle(
                valeur=verrou.reponse_valeur,
                texte=texte(question.type, verrou.reponse_valeur),
                auteur=verrou.reponse_par or "Une autre personne",
                le=verrou.reponse_le,
            ),
        )
    if issue is Issue.RIEN:
        return verrou.reponse_valeur
    if not _ecrire(acteur, objet, question, valeur, verrou):
        # Une collègue a écrit pendant l'attente. Le verrou est à nous : relue, elle est à jour.
        return ecrire_reponse(
            acteur=acteur,
            objet=objet,
            question=question,
            valeur=valeur,
            base=base,
            verrous=verrous,
            exiger=exiger,
        )
    return valeur


def _ecrire(acteur: Any, objet: Any, question: Question, valeur: Any, lue: Any) -> bool:
    """Écrit la réponse si elle est encore celle que ``lue`` montre ; faux sinon."""
    ecriture = {
        "valeur": valeur,
        "modifiee_le": horloge.maintenant(),
        "modifiee_par": acteur,
    }
    if lue.reponse_pk:
        encore = objet.reponses.filter(pk=lue.reponse_pk, modifiee_le=lue.reponse_le)
        return bool(encore.update(**ecriture))
    try:
        with transaction.atomic():
            objet.reponses.create(question=question, **ecriture)
    except IntegrityError:
        return False
    return True
