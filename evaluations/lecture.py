"""Ce qu'un membre lit d'une demande : projet, réponses, budget, pièces, en peu de requêtes.

Rien de ce qui sort d'ici n'est un modèle : une page ou un livret ne montre que ces champs-là.
"""

import datetime as dt
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from django.urls import reverse

from appels.formulaires import QuestionLue, lire_formulaire
from appels.models import Demande, PieceJointe
from appels.montants import Budget, montant_maximal
from appels.questions import TypeQuestion
from appels.regles import regles_budget
from evaluations.anonymat import Masque, SansMasque
from evaluations.projets import ProjetLu, masque_de, projet_lu
from socle.graphiques import Part


@dataclass(frozen=True)
class ReponseLue:
    question: str
    textes: list[str]
    activites: list[dict[str, str]] = field(default_factory=list)


@dataclass(frozen=True)
class SectionLue:
    titre: str
    reponses: list[ReponseLue]

    @property
    def mots(self) -> int:
        """Ce qu'il y a à lire, pour choisir son moment."""
        return sum(len(texte.split()) for r in self.reponses for texte in r.textes)


@dataclass(frozen=True)
class PosteLu:
    categorie: str
    libelle: str
    montant: Decimal
    admissible: bool


@dataclass(frozen=True)
class PieceLue:
    """Une pièce qu'on peut ouvrir ; ``apercu`` est « image », « pdf » ou vide."""

    libelle: str
    nom: str = ""
    taille: int | None = None
    url: str = ""
    apercu: str = ""


@dataclass(frozen=True)
class DemandeLue:
    projet: ProjetLu
    sections: list[SectionLue]
    budget: Budget
    maximum: Decimal
    postes: list[PosteLu]
    parts: list[Part]
    pieces: list[PieceLue]
    besoins: list[str] = field(default_factory=list)


def lire(demande: Demande) -> DemandeLue:
    """Rassemble la demande ; ``demande`` vient avec son appel, son volet et son organisme.

    En lecture anonyme, l'auteur est caché dans chaque texte et les pièces ne s'ouvrent pas : leur
    nom, leur en-tête ou une signature le nommerait.
    """
    masque = masque_de(demande)
    budget = demande.budget()
    return DemandeLue(
        projet=projet_lu(demande),
        sections=[
            SectionLue(lue.section.titre, [_reponse(q, masque) for q in lue.questions])
            for lue in lire_formulaire(demande)
        ],
        budget=budget,
        maximum=montant_maximal(budget, regles_budget(demande)),
        postes=[
            PosteLu(
                poste.get_categorie_display(),
                masque.cacher(poste.libelle),
                poste.montant,
                poste.admissible,
            )
            for poste in demande.postes.all()
        ],
        parts=[
            Part("Aide demandée à la Ville", budget.demande),
            *(
                Part(masque.cacher(revenu.libelle or revenu.get_source_display()), revenu.montant)
                for revenu in demande.revenus.all()
                if revenu.montant
            ),
        ],
        pieces=[_piece(piece, demande, masque) for piece in demande.pieces.actives()],
        besoins=[besoin.libelle for besoin in demande.besoins.all()],
    )


def _piece(piece: PieceJointe, demande: Demande, masque: Masque | SansMasque) -> PieceLue:
    libelle = masque.cacher(piece.libelle or "Autre document")
    if demande.appel.lecture_anonyme:
        return PieceLue(libelle)
    apercu = ("image" if piece.est_une_image else "pdf") if piece.se_montre else ""
    ouverte = piece.est_telechargeable
    return PieceLue(
        libelle=libelle,
        nom=piece.nom,
        taille=piece.taille,
        url=reverse("organisme:piece", kwargs={"cle": piece.cle}) if ouverte else "",
        apercu=apercu if ouverte else "",
    )


def _reponse(lue: QuestionLue, masque: Masque | SansMasque) -> ReponseLue:
    textes = _textes(lue)
    if lue.question.type == TypeQuestion.PIECE and textes:
        textes = ["Document joint."]
    return ReponseLue(
        question=lue.question.libelle,
        textes=[masque.cacher(texte) for texte in textes],
        activites=[
            {nom: masque.cacher(str(case)) for nom, case in ligne.items()}
            for ligne in lue.activites
        ],
    )


def _textes(lue: QuestionLue) -> list[str]:
    """La réponse en toutes lettres, selon le type de sa question."""
    valeur: Any = lue.valeur
    genre = lue.question.type
    if genre == TypeQuestion.CHOIX_MULTIPLES and isinstance(valeur, list):
        return [str(element) for element in valeur]
    if lue.est_vide and not isinstance(valeur, bool):
        return []
    if genre == TypeQuestion.TEXTE_LONG:
        return [str(valeur)]
    if genre == TypeQuestion.ACTIVITES:
        return [phrase for ligne in lue.activites if (phrase := _hors_calendrier(ligne))]
    return lue.texte.splitlines()


def _hors_calendrier(activite: dict[str, Any]) -> str:
    """Ce que le dessin du calendrier ne dit pas d'une activité : son lieu, ses personnes."""
    try:
        dt.date.fromisoformat(activite.get("debut") or "")
        dates = ""
    except ValueError:
        dates = str(activite.get("debut") or "")
    personnes = activite.get("personnes")
    details = [dates, activite.get("lieu"), f"{personnes} personnes attendues" if personnes else ""]
    precises = ", ".join(str(detail) for detail in details if detail)
    nom = activite.get("nom") or "Activité"
    return f"{nom} : {precises}" if precises or not activite.get("debut") else ""
