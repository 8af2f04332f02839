"""Lire le formulaire d'une demande : ses questions, et ce qui change d'une révision à l'autre."""

from collections.abc import Mapping
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
        .select_related("section__formulaire__appel")
        .order_by("section__ordre", "ordre")
    }
    publiee = any(q.section.formulaire.publie_le for q in list(questions.values())[:1])
    if publiee:
        if len(_PUBLIEES) >= GARDEES_MAX:
            _PUBLIEES.clear()
        _PUBLIEES[formulaire_id] = questions
    return questions


@dataclass(frozen=True)
class QuestionModifiee:
    """Une question, et ce qui en change pour qui y a déjà répondu."""

    question: Question
    precisions: list[str]


@dataclass(frozen=True)
class Changements:
    """Ce qu'une révision change, question par question."""

    ajoutees: list[Question]
    retirees: list[Question]
    modifiees: list[QuestionModifiee]

    def __bool__(self) -> bool:
        return bool(self.ajoutees or self.retirees or self.modifiees)


def changements(ancien: Formulaire, nouveau: Formulaire) -> Changements:
    """Compare deux révisions ; une question est la même si sa section et son code le sont."""
    toutes = questions_de(ancien.pk) | questions_de(nouveau.pk)
    avant, apres = (
        {_code(q): q for q in toutes.values() if q.section.formulaire_id == formulaire.pk}
        for formulaire in (ancien, nouveau)
    )
    communes = [
        QuestionModifiee(question, _precisions(avant[code], question, toutes))
        for code, question in apres.items()
        if code in avant
    ]
    return Changements(
        ajoutees=[question for code, question in apres.items() if code not in avant],
        retirees=[question for code, question in avant.items() if code not in apres],
        modifiees=[commune for commune in communes if commune.precisions],
    )


def _precisions(avant: Question, apres: Question, toutes: Mapping[int, Question]) -> list[str]:
    """Ce qui change d'une révision à l'autre, en quelques mots."""
    if apres.type == avant.type:
        type_ = ""
    else:
        type_ = f"se répond maintenant ainsi : {apres.get_type_display().lower()}"
    limite = f"{apres.mots_max} mots au plus" if apres.mots_max else "sans limite de mots"
    pareilles = [
        (apres.libelle == avant.libelle, f"auparavant « {avant.libelle} »"),
        (apres.aide == avant.aide, "aide réécrite"),
        (not type_, type_),
        (
            apres.obligatoire == avant.obligatoire,
            f"maintenant {'obligatoire' if apres.obligatoire else 'facultative'}",
        ),
        (apres.mots_max == avant.mots_max, limite),
        (apres.choix == avant.choix, f"choix offerts : {', '.join(apres.choix) or 'aucun'}"),
        (
            _condition(apres, toutes) == _condition(avant, toutes),
            "ne se pose plus dans les mêmes cas",
        ),
    ]
    return [phrase for pareille, phrase in pareilles if not pareille]


def _condition(question: Question, toutes: Mapping[int, Question]) -> tuple[Any, str]:
    """La réponse dont la question dépend, comparable d'une révision à l'autre."""
    source = toutes.get(question.si_question_id)
    return (source and _code(source), question.si_valeur)


def _code(question: Question) -> tuple[str, str]:
    return (question.section.code, question.code)


def par_code(formulaire_id: int) -> dict[tuple[str, str], Question]:
    """Les questions par (code de section, code de question)."""
    return {_code(question): question for question in questions_de(formulaire_id).values()}


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


def valeurs_de(demande: Any) -> dict[int, Any]:
    """Les réponses d'une demande ou d'un rapport, par question ; préchargées, rien ne se relit."""
    return {reponse.question_id: reponse.valeur for reponse in demande.reponses.all()}


def lire_formulaire(demande: Any) -> list[SectionLue]:
    """Le formulaire d'une demande ou d'un rapport, avec ses réponses : ce qui se pose, seulement.

    Deux requêtes au plus, trois si une question demande un document.
    """
    if demande.formulaire_id is None:
        return []
    posees = questions_de(demande.formulaire_id)
    valeurs = valeurs_de(demande)
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
