"""Ce qui manque à une demande : les sections faites, les règles rompues, les documents absents."""

from dataclasses import dataclass
from typing import Any

from django.urls import reverse

from appels.formulaires import questions_de, valeurs_de
from appels.models import Complement, Demande, PieceExigee
from appels.questions import TypeQuestion, defaut, visible
from appels.regles import regles_budget
from appels.remedes import cases_de, regles_rompues
from socle.elements import Manque


@dataclass(frozen=True)
class ManqueDemande:
    """Une chose qui manque : ``partie`` est « projet », « budget », « pieces » ou une section."""

    partie: str
    libelle: str
    ancre: str = ""
    code: str = ""


def manques(demande: Demande) -> list[ManqueDemande]:
    """Tout ce qui empêche le dépôt, dans l'ordre du formulaire (nombre constant de requêtes)."""
    return [
        *_manques_projet(demande),
        *manques_reponses(demande),
        *_manques_budget(demande),
        *_manques_pieces(demande),
    ]


def manques_complement(demande: Demande, complement: Complement) -> list[ManqueDemande]:
    """Ce que la Ville a demandé et qui manque encore : rien d'autre ne retient l'organisme.

    Un document demandé compte quand un fichier est arrivé après la demande : la Ville l'a demandé
    parce que celui qu'elle avait ne suffisait pas.
    """
    sections = {section.code for section in complement.sections.all()}
    absents = [m for m in manques_reponses(demande) if m.partie in sections]
    if complement.budget:
        absents += _manques_budget(demande)
    arrivees = set(
        demande.pieces.filter(retiree_le=None, ajoutee_le__gte=complement.demande_le)
        .exclude(analyse="infectee")
        .values_list("piece_exigee_id", flat=True)
    )
    return absents + [
        _piece_a_joindre(exigee) for exigee in complement.pieces.all() if exigee.pk not in arrivees
    ]


def _piece_a_joindre(exigee: PieceExigee) -> ManqueDemande:
    return ManqueDemande("pieces", f"Joignez : {exigee.libelle}.", ancre=f"piece-{exigee.pk}")


def a_fournir(demande: Demande, absents: list[ManqueDemande]) -> list[Manque]:
    """Ce qui manque, chaque élément menant à la case où le fournir."""
    return [
        Manque(
            manque.libelle,
            url=reverse(
                "organisme:rediger",
                kwargs={"reference": demande.reference, "partie": manque.partie},
            )
            + (f"#{manque.ancre}" if manque.ancre else ""),
        )
        for manque in absents
    ]


def _manques_projet(demande: Demande) -> list[ManqueDemande]:
    absents = [
        ("titre", demande.titre.strip(), "Donnez un titre au projet."),
        ("volet", demande.volet_id, "Choisissez un volet."),
        ("secteur", demande.secteur, "Choisissez le secteur de la ville."),
        ("besoins", demande.besoins.all(), "Choisissez au moins un besoin visé."),
    ]
    formulaire = demande.formulaire
    if formulaire is not None and (questions_de(formulaire.pk) or formulaire.sections.exists()):
        absents.insert(
            1, ("resume", demande.resume.strip(), "Résumez le projet en quelques phrases.")
        )
    return [
        ManqueDemande("projet", phrase, ancre=f"id_{champ}", code=champ)
        for champ, valeur, phrase in absents
        if not valeur
    ]


def manques_reponses(demande: Any) -> list[ManqueDemande]:
    """Les questions posées à une demande, ou à un rapport, qui attendent une réponse."""
    if demande.formulaire_id is None:
        return []
    valeurs = valeurs_de(demande)
    posees = questions_de(demande.formulaire_id)
    if any(question.type == TypeQuestion.PIECE for question in posees.values()):
        valeurs |= _pieces_des_questions(demande)
    trouves = []
    for question in posees.values():
        if not visible(question, valeurs, posees):
            continue
        phrase = defaut(question, valeurs.get(question.pk))
        if phrase:
            trouves.append(
                ManqueDemande(
                    question.section.code,
                    f"{question.libelle} — {phrase}",
                    ancre=f"id_q{question.pk}",
                )
            )
    return trouves


def _pieces_des_questions(demande: Any) -> dict[int, str]:
    """Le fichier joint à chaque question qui en demande un."""
    return dict(
        demande.pieces.filter(retiree_le=None, question__isnull=False)
        .exclude(analyse="infectee")
        .values_list("question_id", "nom")
    )


def _manques_budget(demande: Demande) -> list[ManqueDemande]:
    if not demande.postes.all():
        return [ManqueDemande("budget", "Inscrivez les dépenses prévues.", code="postes")]
    if not demande.montant_demande:
        return [
            ManqueDemande(
                "budget",
                "Inscrivez le montant demandé.",
                ancre="id_montant_demande",
                code="montant",
            )
        ]
    return [
        ManqueDemande("budget", regle.phrase, ancre=regle.remedes[0].ancre, code=regle.code)
        for regle in regles_rompues(
            demande.budget(au_depot=True), regles_budget(demande), cases_de(demande)
        )
    ]


def _manques_pieces(demande: Demande) -> list[ManqueDemande]:
    jointes = {
        piece.piece_exigee_id
        for piece in demande.pieces.all()
        if piece.retiree_le is None and piece.analyse != "infectee"
    }
    return [
        _piece_a_joindre(exigee)
        for exigee in demande.appel.pieces_exigees.filter(obligatoire=True)
        if exigee.pk not in jointes
    ]
