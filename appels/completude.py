"""Ce qui manque à une demande : les sections faites, les règles rompues, les documents absents."""

import datetime as dt
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from typing import Any

from appels.models import Complement, Demande, PieceExigee, Question
from appels.montants import violations
from appels.regles import phrase_violation, regles_budget


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
        *_manques_reponses(demande),
        *_manques_budget(demande),
        *_manques_pieces(demande),
    ]


def manques_complement(demande: Demande, complement: Complement) -> list[ManqueDemande]:
    """Ce que la Ville a demandé et qui manque encore : rien d'autre ne retient l'organisme.

    Un document demandé compte quand un fichier est arrivé après la demande : la Ville l'a demandé
    parce que celui qu'elle avait ne suffisait pas.
    """
    sections = {section.code for section in complement.sections.all()}
    absents = [m for m in _manques_reponses(demande) if m.partie in sections]
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


def _manques_projet(demande: Demande) -> list[ManqueDemande]:
    absents = [
        ("titre", demande.titre.strip(), "Donnez un titre au projet."),
        ("volet", demande.volet_id, "Choisissez un volet."),
        ("secteur", demande.secteur, "Choisissez le secteur de la ville."),
        ("besoins", demande.besoins.exists(), "Choisissez au moins un besoin visé."),
    ]
    if demande.formulaire is not None and demande.formulaire.sections.exists():
        absents.insert(
            1, ("resume", demande.resume.strip(), "Résumez le projet en quelques phrases.")
        )
    return [
        ManqueDemande("projet", phrase, ancre=f"id_{champ}", code=champ)
        for champ, valeur, phrase in absents
        if not valeur
    ]


def _manques_reponses(demande: Demande) -> list[ManqueDemande]:
    valeurs = dict(demande.reponses.values_list("question_id", "valeur"))
    questions = (
        Question.objects.filter(section__formulaire_id=demande.formulaire_id)
        .select_related("section")
        .order_by("section__ordre", "ordre")
    )
    trouves = []
    for question in questions:
        phrase = defaut_reponse(question, valeurs.get(question.pk))
        if phrase:
            trouves.append(
                ManqueDemande(
                    question.section.code,
                    f"{question.libelle} — {phrase}",
                    ancre=f"id_q{question.pk}",
                )
            )
    return trouves


def defaut_reponse(question: Question, valeur: Any) -> str:
    """Ce qui ne va pas avec une réponse, en une phrase courte ; vide quand tout va."""
    if valeur in (None, "", [], False) or (isinstance(valeur, str) and not valeur.strip()):
        if not question.obligatoire:
            return ""
        return "à cocher" if question.type == Question.Type.DECLARATION else "réponse attendue"
    texte = str(valeur)
    if question.mots_max and len(texte.split()) > question.mots_max:
        return f"{len(texte.split())} mots, {question.mots_max} au plus"
    if question.type in {Question.Type.NOMBRE, Question.Type.MONTANT}:
        try:
            nombre = Decimal(texte.replace(",", ".").replace(" ", "").replace("\u00a0", ""))
        except InvalidOperation:
            return "écrivez un nombre"
        if not nombre.is_finite() or nombre < 0:
            return "écrivez un nombre de 0 ou plus"
    if question.type == Question.Type.DATE:
        try:
            dt.date.fromisoformat(texte)
        except ValueError:
            return "écrivez une date (AAAA-MM-JJ)"
    choisis = valeur if isinstance(valeur, list) else [valeur]
    if question.type in {Question.Type.CHOIX, Question.Type.CHOIX_MULTIPLES} and any(
        choix not in question.choix for choix in choisis
    ):
        return "choisissez dans la liste"
    return ""


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
    budget = demande.budget(au_depot=True)
    return [
        ManqueDemande("budget", phrase_violation(violation, budget), code=violation.code)
        for violation in violations(budget, regles_budget(demande))
    ]


def _manques_pieces(demande: Demande) -> list[ManqueDemande]:
    jointes = set(
        demande.pieces.filter(retiree_le=None, piece_exigee__isnull=False)
        .exclude(analyse="infectee")
        .values_list("piece_exigee_id", flat=True)
    )
    return [
        _piece_a_joindre(exigee)
        for exigee in demande.appel.pieces_exigees.filter(obligatoire=True)
        if exigee.pk not in jointes
    ]
