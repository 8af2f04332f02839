"""Publier une révision d'un formulaire : ce qui s'écrit encore y passe, sans rien perdre."""

from collections.abc import Callable
from typing import Any

from django.db import transaction

from appels.formulaires import par_code, questions_de
from appels.models import Appel, Demande, Formulaire
from appels.questions import TypeQuestion
from appels.services.formulaires import RAPPORTS, exiger_en_preparation, peut_changer
from socle import horloge
from socle.droits import exiger_permission
from socle.exceptions import RegleViolee
from socle.journal import journaliser

# D'un type à l'autre, une réponse écrite reste lisible.
TEXTES = frozenset({TypeQuestion.TEXTE_COURT, TypeQuestion.TEXTE_LONG})
# Les rapports sont dans une autre app : elle dit ici comment les siens suivent une révision.
_SUIVEURS: dict[str, Callable[[Formulaire], int]] = {}


def declarer_suiveur(nature: str, suivre: Callable[[Formulaire], int]) -> None:
    """``suivre(revision)`` passe sous une révision publiée ce qui s'écrit encore ; rend combien."""
    _SUIVEURS[nature] = suivre


@transaction.atomic
def publier_revision(*, acteur: Any, revision: Formulaire) -> int:
    """Publie une révision ; ce qui s'écrit encore (demandes en brouillon, rapports) y passe.

    Rend le nombre de brouillons ou de rapports touchés.
    """
    exiger_en_preparation(acteur, revision)
    appel = Appel.objects.select_for_update(no_key=True).get(pk=revision.appel_id)
    if not peut_changer(appel, revision.nature):
        raise RegleViolee(
            "Une révision se publie entre la publication de l'appel et son archivage."
            if revision.nature in RAPPORTS
            else "Une révision se publie pendant que l'appel est publié et pas clos."
        )
    if not questions_de(revision.pk):
        raise RegleViolee("Le formulaire n'a aucune question. Ajoutez-en au moins une.")
    revision.publie_le = horloge.maintenant()
    revision.save(update_fields=["publie_le"])
    suivre = _SUIVEURS.get(revision.nature, _rattacher_les_demandes)
    touches = suivre(revision)
    journaliser(
        acteur=acteur,
        verbe="appel.publier_revision",
        objet=appel,
        details={"nature": revision.nature, "revision": revision.revision, "brouillons": touches},
    )
    return touches


def _rattacher_les_demandes(revision: Formulaire) -> int:
    brouillons = list(
        revision.appel.demandes.select_for_update(no_key=True).filter(etat=Demande.Etat.BROUILLON)
    )
    for demande in brouillons:
        rattacher(demande, revision)
    return len(brouillons)


def rattacher(demande: Any, formulaire: Formulaire) -> None:
    """Passe un brouillon ou un rapport sous ``formulaire`` : ses réponses suivent leurs questions.

    Une réponse dont la question a disparu, ou changé de type, reste à l'ancienne : la page la
    montre, rien n'est effacé.
    """
    if demande.formulaire_id == formulaire.pk:
        return
    nouvelles = par_code(formulaire.pk)
    for reponse in demande.reponses.filter(
        question__section__formulaire_id=demande.formulaire_id
    ).select_related("question__section"):
        ancienne = reponse.question
        nouvelle = nouvelles.get((ancienne.section.code, ancienne.code))
        if nouvelle is not None and _meme_genre(ancienne.type, nouvelle.type):
            reponse.question = nouvelle
            reponse.save(update_fields=["question"])
    for piece in demande.pieces.filter(question__isnull=False).select_related("question__section"):
        nouvelle = nouvelles.get((piece.question.section.code, piece.question.code))
        if nouvelle is not None and nouvelle.type == TypeQuestion.PIECE:
            piece.question = nouvelle
            piece.save(update_fields=["question"])
    demande.formulaire = formulaire
    demande.save(update_fields=["formulaire"])


def _meme_genre(ancien: str, nouveau: str) -> bool:
    return ancien == nouveau or {ancien, nouveau} <= TEXTES


@transaction.atomic
def marquer_vu(*, acteur: Any, demande: Demande) -> None:
    """L'organisme a vu ce que la dernière révision change."""
    exiger_permission(acteur, "demande.rediger", demande)
    Demande.objects.filter(pk=demande.pk).update(formulaire_vu_id=demande.formulaire_id)
