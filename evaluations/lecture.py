"""Ce qu'un membre lit d'une demande : projet, réponses, budget, pièces, en peu de requêtes."""

import datetime as dt
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from django.urls import NoReverseMatch, reverse

from appels.models import Demande, Question
from appels.montants import Budget, montant_maximal
from appels.regles import dollars, regles_budget
from socle.graphiques import Part
from socle.templatetags.affichage import date_longue


@dataclass(frozen=True)
class ReponseLue:
    question: str
    textes: list[str]


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
    sections: dict[str, list[ReponseLue]] = {}
    reponses = demande.reponses.select_related("question__section").order_by(
        "question__section__ordre", "question__ordre"
    )
    for reponse in reponses:
        sections.setdefault(reponse.question.section.titre, []).append(
            ReponseLue(reponse.question.libelle, _textes(reponse))
        )
    return DemandeLue(
        demande=demande,
        sections=[SectionLue(titre, lues) for titre, lues in sections.items()],
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
                libelle=piece.piece_exigee.libelle if piece.piece_exigee else "Autre document",
                nom=piece.nom,
                taille=piece.taille,
                url=_adresse(piece) if piece.est_telechargeable else "",
            )
            for piece in demande.pieces.filter(retiree_le=None).select_related("piece_exigee")
        ],
        besoins=list(demande.besoins.all()),
    )


def _adresse(piece: Any) -> str:
    try:
        return reverse("piece", args=[piece.cle])
    except NoReverseMatch:
        return ""


def _textes(reponse: Any) -> list[str]:
    """La réponse en toutes lettres, selon le type de sa question."""
    valeur, genre = reponse.valeur, reponse.question.type
    if isinstance(valeur, bool):
        return ["Oui" if valeur else "Non"]
    if isinstance(valeur, list):
        return [str(element) for element in valeur]
    if valeur in (None, ""):
        return []
    try:
        if genre == Question.Type.DATE:
            return [date_longue(dt.date.fromisoformat(valeur))]
        if genre == Question.Type.MONTANT:
            return [dollars(Decimal(str(valeur).replace(",", ".")))]
    except (ValueError, ArithmeticError):
        pass  # Saisie incomplète : montrée telle quelle.
    return [str(valeur)]
