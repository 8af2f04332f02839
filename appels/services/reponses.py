"""Enregistrer une réponse : une écriture, même incomplète, sans effacer celle d'une collègue."""

from typing import Any

from django.db import IntegrityError, transaction
from django.db.models import F, FilteredRelation, Q

from appels.models import Demande, Question, Reponse
from appels.questions import texte
from appels.services.demandes import exiger_modifiable
from socle import horloge
from socle.concurrence import Issue, SaisieActuelle, SaisieConcurrente, comparer
from socle.exceptions import RegleViolee


@transaction.atomic
def enregistrer_reponse(
    *, acteur: Any, demande: Demande, question: Question, valeur: Any, base: str = ""
) -> Any:
    """Garde ``valeur`` telle que saisie, et rend ce qui est maintenant enregistré.

    ``base`` est l'empreinte de ce que la personne avait sous les yeux. Lève
    ``SaisieConcurrente`` quand une autre personne a écrit autre chose entre-temps : rien n'est
    alors effacé. Ce qui manque se dit au dépôt.
    """
    if question.section.formulaire_id != demande.formulaire_id:
        raise RegleViolee("Cette question n'est pas dans le formulaire de la demande.")
    # Une seule requête verrouille la demande (un dépôt attend, ou nous attendons le sien) et lit
    # la réponse, telle qu'elle était avant l'attente : l'écriture vérifie qu'elle l'est encore.
    verrou = (
        Demande.objects.select_for_update(no_key=True, of=("self",))
        .only("etat", "organisme_id")
        .annotate(sienne=FilteredRelation("reponses", condition=Q(reponses__question=question)))
        .annotate(
            reponse_pk=F("sienne__pk"),
            reponse_valeur=F("sienne__valeur"),
            reponse_le=F("sienne__modifiee_le"),
            reponse_par=F("sienne__modifiee_par__nom"),
        )
        .get(pk=demande.pk)
    )
    exiger_modifiable(acteur, verrou, partie=question.section)
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
    if not _ecrire(acteur, demande, question, valeur, verrou):
        # Une collègue a écrit pendant l'attente. Le verrou est à nous : relue, elle est à jour.
        return enregistrer_reponse(
            acteur=acteur, demande=demande, question=question, valeur=valeur, base=base
        )
    return valeur


def _ecrire(acteur: Any, demande: Demande, question: Question, valeur: Any, lue: Any) -> bool:
    """Écrit la réponse si elle est encore celle que ``lue`` montre ; faux sinon."""
    ecriture = {
        "valeur": valeur,
        "modifiee_le": horloge.maintenant(),
        "modifiee_par": acteur,
    }
    if lue.reponse_pk:
        encore = Reponse.objects.filter(pk=lue.reponse_pk, modifiee_le=lue.reponse_le)
        return bool(encore.update(**ecriture))
    try:
        with transaction.atomic():
            Reponse.objects.create(demande=demande, question=question, **ecriture)
    except IntegrityError:
        return False
    return True
