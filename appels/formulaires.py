"""Lire le formulaire d'une demande : ses questions, et ce qui change d'une révision à l'autre."""

from dataclasses import dataclass
from typing import Any

from appels.models import Formulaire, Question, Section
from appels.questions import TypeQuestion, est_vide, texte, visible

# Une révision publiée ne change plus : chaque processus garde les siennes, en lecture seule.
_PUBLIEES: dict[int, dict[int, Question]] = {}
GARDEES_MAX = 200


def questions_de(formulaire_id: int) -> dict[int, Question]:
    """Les questions d'un formulaire par numéro, dans leur ordre, chacune avec sa section."""
    if formulaire_id in _PUBLIEES:
        return _PUBLIEES[formulaire_id]
    questions = {
        question.pk: question
        for question in Question.objects.filter(section__formulaire_id=formulaire_id)
        .select_related("section__formulaire")
        .order_by("section__ordre", "ordre")
    }
    publiee = any(q.section.formulaire.publie_le for q in list(questions.values())[:1])
    if publiee:
        if len(_PUBLIEES) >= GARDEES_MAX:
            _PUBLIEES.clear()
        _PUBLIEES[formulaire_id] = questions
    return questions


@dataclass(frozen=True)
class Changements:
    """Ce qu'une révision change, question par question."""

    ajoutees: list[Question]
    retirees: list[Question]
    modifiees: list[Question]

    def __bool__(self) -> bool:
        return bool(self.ajoutees or self.retirees or self.modifiees)


COMPARES = ("libelle", "aide", "type", "obligatoire", "mots_max", "choix", "si_valeur")


def changements(ancien: Formulaire, nouveau: Formulaire) -> Changements:
    """Compare deux révisions ; une question est la même si sa section et son code le sont."""
    avant, apres = par_code(ancien.pk), par_code(nouveau.pk)
    return Changements(
        ajoutees=[question for code, question in apres.items() if code not in avant],
        retirees=[question for code, question in avant.items() if code not in apres],
        modifiees=[
            question
            for code, question in apres.items()
            if code in avant
            and any(getattr(question, nom) != getattr(avant[code], nom) for nom in COMPARES)
        ],
    )


def par_code(formulaire_id: int) -> dict[tuple[str, str], Question]:
    """Les questions par (code de section, code de question)."""
    return {(q.section.code, q.code): q for q in questions_de(formulaire_id).values()}


@dataclass(frozen=True)
class QuestionLue:
    """Une question posée et sa réponse, prête à lire."""

    question: Question
    valeur: Any

    @property
    def texte(self) -> str:
        return texte(self.question.type, self.valeur)

    @property
    def est_vide(self) -> bool:
        return est_vide(self.valeur)

    @property
    def activites(self) -> list[dict[str, str]]:
        """Les lignes d'un tableau d'activités, pour son calendrier."""
        return self.valeur if self.question.type == TypeQuestion.ACTIVITES and self.valeur else []


@dataclass(frozen=True)
class SectionLue:
    section: Section
    questions: list[QuestionLue]


def lire_formulaire(demande: Any) -> list[SectionLue]:
    """Le formulaire d'une demande ou d'un rapport, avec ses réponses : ce qui se pose, seulement.

    Deux requêtes, trois si une question demande un document.
    """
    if demande.formulaire_id is None:
        return []
    posees = questions_de(demande.formulaire_id)
    valeurs: dict[int, Any] = dict(demande.reponses.values_list("question_id", "valeur"))
    if any(question.type == TypeQuestion.PIECE for question in posees.values()):
        valeurs |= dict(
            demande.pieces.filter(retiree_le=None, question__isnull=False).values_list(
                "question_id", "nom"
            )
        )
    sections: dict[int, SectionLue] = {}
    for question in posees.values():
        if visible(question, valeurs, posees):
            lue = sections.setdefault(question.section_id, SectionLue(question.section, []))
            lue.questions.append(QuestionLue(question, valeurs.get(question.pk)))
    return list(sections.values())
