"""Ce qu'un membre lit d'une demande : projet, réponses, budget, pièces, en peu de requêtes."""

import datetime as dt
from dataclasses import dataclass, field
from typing import Any

from django.urls import NoReverseMatch, reverse

from appels.formulaires import QuestionLue, lire_formulaire
from appels.models import Demande
from appels.montants import Budget, montant_maximal
from appels.questions import TypeQuestion, nombre
from appels.regles import dollars, regles_budget
from socle.graphiques import Part
from socle.templatetags.affichage import date_longue


@dataclass(frozen=True)
class ReponseLue:
    question: str
    textes: list[str]
    activites: list[dict[str, str]] = field(default_factory=list)


@dataclass(frozen=True)
class SectionLue:
    titre: str
    reponses: list[ReponseLue]


@dataclass(frozen=True)
class PieceLue:
    libelle: str
    nom: str
    taille: int
    url: str


@dataclass(frozen=True)
class DemandeLue:
    demande: Demande
    sections: list[SectionLue]
    budget: Budget
    maximum: Any
    parts: list[Part]
    pieces: list[PieceLue]
    besoins: list[Any] = field(default_factory=list)


def lire(demande: Demande) -> DemandeLue:
    """Rassemble la demande ; ``demande`` vient avec son appel, son volet et son organisme."""
    budget = demande.budget()
    return DemandeLue(
        demande=demande,
        sections=[
            SectionLue(
                lue.section.titre,
                [ReponseLue(q.question.libelle, _textes(q), q.activites) for q in lue.questions],
            )
            for lue in lire_formulaire(demande)
        ],
        budget=budget,
        maximum=montant_maximal(budget, regles_budget(demande)),
        parts=[
            Part("Aide demandée à la Ville", budget.demande),
            *(
                Part(revenu.libelle or revenu.get_source_display(), revenu.montant)
                for revenu in demande.revenus.all()
                if revenu.montant
            ),
        ],
        pieces=[
            PieceLue(
                libelle=piece.libelle or "Autre document",
                nom=piece.nom,
                taille=piece.taille,
                url=_adresse(piece) if piece.est_telechargeable else "",
            )
            for piece in demande.pieces.actives()
        ],
        besoins=list(demande.besoins.all()),
    )


def _adresse(piece: Any) -> str:
    try:
        return reverse("piece", args=[piece.cle])
    except NoReverseMatch:
        return ""


def _textes(lue: QuestionLue) -> list[str]:
    """La réponse en toutes lettres, selon le type de sa question."""
    valeur, genre = lue.valeur, lue.question.type
    if genre == TypeQuestion.CHOIX_MULTIPLES and isinstance(valeur, list):
        return [str(element) for element in valeur]
    if lue.est_vide and not isinstance(valeur, bool):
        return []
    if genre == TypeQuestion.DATE:
        try:
            return [date_longue(dt.date.fromisoformat(valeur))]
        except ValueError:
            return [str(valeur)]  # Saisie incomplète : montrée telle quelle.
    if genre == TypeQuestion.MONTANT and (montant := nombre(str(valeur))) is not None:
        return [dollars(montant)]
    if genre == TypeQuestion.TEXTE_LONG:
        return [str(valeur)]
    return lue.texte.splitlines()
