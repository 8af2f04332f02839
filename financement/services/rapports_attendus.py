"""Les rapports qu'une convention fait attendre : sous quel formulaire, et remplis de quoi."""

import datetime as dt

from django.db import transaction

from appels.formulaires import lire_formulaire, questions_de
from appels.models import Demande, Formulaire
from appels.questions import TypeQuestion, activites_a_rapporter
from appels.services.formulaires import formulaire_courant
from appels.services.revisions import rattacher
from financement.models import Rapport
from financement.models.rapport import MODIFIABLES


@transaction.atomic
def attendre_rapport(*, demande: Demande, nature: str, echeance: dt.date) -> Rapport:
    """Le rapport attendu, sous le formulaire publié de l'appel et rempli de ce qui était prévu."""
    rapport, nouveau = Rapport.objects.get_or_create(
        demande=demande, nature=nature, defaults={"echeance": echeance}
    )
    courant = formulaire_courant(demande.appel, f"rapport_{nature}")
    if nouveau and courant is not None and courant.publie_le:
        rapport.formulaire = courant
        rapport.save(update_fields=["formulaire"])
        _preremplir(rapport)
    return rapport


def _preremplir(rapport: Rapport) -> None:
    """Les activités prévues à la demande deviennent les lignes à rapporter."""
    prevues = [
        activite
        for section in lire_formulaire(rapport.demande)
        for lue in section.questions
        for activite in lue.activites
    ]
    for question in questions_de(rapport.formulaire_id).values():
        if question.type == TypeQuestion.REALISEES and prevues:
            rapport.reponses.get_or_create(
                question=question, defaults={"valeur": activites_a_rapporter(prevues)}
            )


def suivre_revision(revision: Formulaire) -> int:
    """Passe sous ``revision`` les rapports qui s'écrivent encore ; rend leur nombre."""
    rapports = list(
        Rapport.objects.select_for_update(no_key=True)
        .filter(
            demande__appel=revision.appel,
            nature=revision.nature.removeprefix("rapport_"),
            etat__in=MODIFIABLES,
        )
        .order_by("pk")
    )
    for rapport in rapports:
        rattacher(rapport, revision)
        _preremplir(rapport)
    return len(rapports)
