"""Enregistrer une réponse : une écriture, même incomplète."""

from typing import Any

from django.db import transaction

from appels.models import Demande, Question, Reponse
from appels.services.demandes import exiger_modifiable
from socle import horloge
from socle.exceptions import RegleViolee


@transaction.atomic
def enregistrer_reponse(
    *, acteur: Any, demande: Demande, question: Question, valeur: Any
) -> Reponse:
    """Garde ``valeur`` telle que saisie ; ce qui manque se dit au dépôt, rien ne se perd."""
    if question.section.formulaire_id != demande.formulaire_id:
        raise RegleViolee("Cette question n'est pas dans le formulaire de la demande.")
    exiger_modifiable(acteur, demande, partie=question.section)
    moment = horloge.maintenant()
    # Verrouille la demande et vérifie du même coup qu'un dépôt ne vient pas de la figer.
    if not Demande.objects.filter(pk=demande.pk, etat=demande.etat).update(modifiee_le=moment):
        raise RegleViolee(
            "La demande vient de changer d'étape : elle ne se modifie plus.", code="deposee"
        )
    reponse, _ = Reponse.objects.update_or_create(
        demande=demande,
        question=question,
        defaults={
            "valeur": valeur,
            "modifiee_le": moment,
            "modifiee_par": acteur,
        },
    )
    return reponse
