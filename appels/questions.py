"""Les questions d'un formulaire : leurs types, ce qu'une réponse doit être, comment elle se lit.

Fonctions pures. Une réponse est ce que la colonne JSON garde : un texte, une liste de choix, un
booléen, un dictionnaire (question composée) ou une liste de dictionnaires (tableau).
"""

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass, replace
from decimal import Decimal, InvalidOperation
from typing import Any

from django.db import models

from appels.indicateurs import SAISIS, cle_de, incoherences, nom_de
from socle.templatetags.affichage import date_longue, dollars


class TypeQuestion(models.TextChoices):
    TEXTE_COURT = "texte_court", "Texte court"
    TEXTE_LONG = "texte_long", "Texte long"
    CHOIX = "choix", "Choix"
    CHOIX_MULTIPLES = "choix_multiples", "Plusieurs choix"
    NOMBRE = "nombre", "Nombre"
    MONTANT = "montant", "Montant"
    DATE = "date", "Date"
    ADRESSE = "adresse", "Adresse"
    PERSONNES = "personnes", "Personnes rejointes"
    RESULTATS = "resultats", "Résultats visés (les indicateurs de l'appel)"
    ACTIVITES = "activites", "Tableau d'activités"
    REALISEES = "realisees", "Tableau d'activités réalisées"
    PARTENAIRES = "partenaires", "Tableau de partenaires"
    PIECE = "piece", "Document à joindre"
    DECLARATION = "declaration", "Déclaration à cocher"


@dataclass(frozen=True)
class Colonne:
    """Une case d'une question composée ou d'un tableau ; ``groupe`` : ce qu'elle ventile."""

    nom: str
    libelle: str
    genre: str = "texte"
    obligatoire: bool = True
    groupe: str = ""

    @property
    def libelle_entier(self) -> str:
        return f"{self.groupe} : {self.libelle}" if self.groupe else self.libelle


COMPOSEES: dict[str, tuple[Colonne, ...]] = {
    TypeQuestion.ADRESSE: (
        Colonne("rue", "Numéro et rue"),
        Colonne("ville", "Ville"),
        Colonne("code_postal", "Code postal", obligatoire=False),
    ),
    TypeQuestion.PERSONNES: (
        Colonne("total", "Personnes différentes en tout", "nombre"),
        Colonne("immigrantes", "dont personnes immigrantes", "nombre"),
        Colonne("benevoles", "Bénévoles", "nombre", obligatoire=False),
    ),
    # Tous ceux du jeu ; un formulaire ne montre que ceux de son appel (``colonnes_de``).
    TypeQuestion.RESULTATS: (
        *(
            Colonne(i.code, i.libelle_prevu or i.libelle, "entier", obligatoire=False)
            for i in SAISIS
            if i.est_total
        ),
        *(
            Colonne(nom_de(i.code, modalite), libelle, "entier", False, i.libelle)
            for i in SAISIS
            for modalite, libelle in i.modalites.items()
        ),
    ),
}
TABLEAUX: dict[str, tuple[Colonne, ...]] = {
    TypeQuestion.ACTIVITES: (
        Colonne("nom", "Activité"),
        Colonne("debut", "Début", "date"),
        Colonne("fin", "Fin", "date", obligatoire=False),
        Colonne("lieu", "Lieu", obligatoire=False),
        Colonne("personnes", "Personnes attendues", "nombre", obligatoire=False),
    ),
    # Dans un rapport, les lignes viennent des activités de la demande.
    TypeQuestion.REALISEES: (
        Colonne("nom", "Activité"),
        Colonne("prevu", "Ce qui était prévu", obligatoire=False),
        Colonne("debut", "Tenue le", "date", obligatoire=False),
        Colonne("personnes", "Personnes présentes", "nombre", obligatoire=False),
        Colonne("constat", "Ce qui a changé", obligatoire=False),
    ),
    TypeQuestion.PARTENAIRES: (
        Colonne("nom", "Partenaire"),
        Colonne("role", "Son rôle"),
        Colonne("apport", "Ce qu'il apporte", obligatoire=False),
    ),
}
NOM_D_UNE_LIGNE = {
    TypeQuestion.ACTIVITES: "activité",
    TypeQuestion.REALISEES: "activité",
    TypeQuestion.PARTENAIRES: "partenaire",
}
A_CHOIX = frozenset({TypeQuestion.CHOIX, TypeQuestion.CHOIX_MULTIPLES})
COMPTE_MAX = 2_000_000_000


def colonnes_de(question: Any) -> tuple[Colonne, ...]:
    """Les cases d'une question composée ; « Résultats visés » prend les indicateurs de l'appel.

    Une ventilation n'y est jamais obligatoire.
    """
    colonnes = COMPOSEES[question.type]
    if question.type != TypeQuestion.RESULTATS:
        return colonnes
    demandes = question.section.formulaire.appel.indicateurs
    return tuple(
        replace(colonne, obligatoire=question.obligatoire and not colonne.groupe)
        for colonne in colonnes
        if cle_de(colonne.nom)[0] in demandes
    )


def est_vide(valeur: Any) -> bool:
    """Rien n'est répondu : ni texte, ni choix, ni case d'une question composée."""
    if isinstance(valeur, str):
        return not valeur.strip()
    if isinstance(valeur, dict):
        return all(est_vide(case) for case in valeur.values())
    if isinstance(valeur, list):
        return all(est_vide(element) for element in valeur)
    return valeur in (None, False)


def visible(question: Any, valeurs: Mapping[int, Any], questions: Mapping[int, Any]) -> bool:
    """Vrai si la question se pose, d'après la réponse dont elle dépend (et celle-ci, la sienne)."""
    parcourues: set[int] = set()
    while question.si_question_id is not None and question.pk not in parcourues:
        parcourues.add(question.pk)
        if not _repond(valeurs.get(question.si_question_id), question.si_valeur):
            return False
        question = questions[question.si_question_id]
    return True


def _repond(valeur: Any, attendue: str) -> bool:
    if isinstance(valeur, list):
        return attendue in valeur
    if isinstance(valeur, bool):
        return valeur is (attendue.strip().lower() == "oui")
    return str(valeur or "") == attendue


def defaut(question: Any, valeur: Any) -> str:
    """Ce qui ne va pas avec une réponse, en une phrase courte ; vide quand tout va."""
    genre = question.type
    if est_vide(valeur):
        if not question.obligatoire:
            return ""
        if genre == TypeQuestion.DECLARATION:
            return "à cocher"
        return "document à joindre" if genre == TypeQuestion.PIECE else "réponse attendue"
    if genre in COMPOSEES:
        return (
            _defaut_cases(colonnes_de(question), valeur)
            or _defaut_personnes(genre, valeur)
            or _defaut_resultats(genre, valeur)
        )
    if genre in TABLEAUX:
        return _defaut_lignes(genre, valeur)
    if genre == TypeQuestion.PIECE:
        return ""
    if genre in A_CHOIX:
        choisis = valeur if isinstance(valeur, list) else [valeur]
        hors = any(choix not in question.choix for choix in choisis)
        return "choisissez dans la liste" if hors else ""
    mots = len(str(valeur).split())
    if question.mots_max and mots > question.mots_max:
        return f"{mots} mots, {question.mots_max} au plus"
    genre_de_case = {
        TypeQuestion.NOMBRE: "nombre",
        TypeQuestion.MONTANT: "nombre",
        TypeQuestion.DATE: "date",
    }
    return defaut_case(genre_de_case.get(genre, "texte"), valeur)


def defaut_case(genre: str, valeur: Any) -> str:
    """Ce qui ne va pas avec une case écrite : un nombre, une date ou un texte."""
    texte = str(valeur)
    if genre == "nombre" and nombre(texte) is None:
        return "écrivez un nombre de 0 ou plus"
    if genre == "entier" and entier(texte) is None:
        return "écrivez un nombre entier de 0 ou plus"
    if genre == "date" and _date(texte) is None:
        return "écrivez une date (AAAA-MM-JJ)"
    return ""


def nombre(texte: str) -> Decimal | None:
    """Le nombre écrit, virgule ou point, espaces permis ; None si ce n'en est pas un."""
    for espace in (" ", "\u00a0", "\u202f"):
        texte = texte.replace(espace, "")
    try:
        lu = Decimal(texte.replace(",", "."))
    except InvalidOperation:
        return None
    return lu if lu.is_finite() and lu >= 0 else None


def entier(texte: str) -> int | None:
    """Le compte écrit, entre 0 et ``COMPTE_MAX`` ; None si ce n'en est pas un."""
    lu = nombre(texte)
    return int(lu) if lu is not None and lu == int(lu) and lu <= COMPTE_MAX else None


def _date(texte: str) -> dt.date | None:
    try:
        return dt.date.fromisoformat(texte)
    except ValueError:
        return None


def _defaut_cases(colonnes: tuple[Colonne, ...], cases: Mapping[str, Any]) -> str:
    for colonne in colonnes:
        case = cases.get(colonne.nom, "")
        if est_vide(case):
            if colonne.obligatoire:
                return f"remplissez « {colonne.libelle_entier} »"
        elif phrase := defaut_case(colonne.genre, case):
            return f"« {colonne.libelle_entier} » : {phrase}"
    return ""


def _defaut_personnes(genre: str, cases: Mapping[str, Any]) -> str:
    if genre != TypeQuestion.PERSONNES:
        return ""
    total, immigrantes = nombre(str(cases["total"])), nombre(str(cases["immigrantes"]))
    return "plus de personnes immigrantes que de personnes en tout" if immigrantes > total else ""


def _defaut_resultats(genre: str, cases: Mapping[str, Any]) -> str:
    """Ce qui ne s'additionne pas dans le prévu, avec les règles des rapports."""
    if genre != TypeQuestion.RESULTATS:
        return ""
    comptes = {
        cle_de(nom): compte
        for nom, saisi in cases.items()
        if (compte := entier(str(saisi))) is not None
    }
    phrases = [phrase for _, phrase in incoherences(comptes)]
    return phrases[0].rstrip(".") if phrases else ""


def _defaut_lignes(genre: str, lignes: list[Mapping[str, Any]]) -> str:
    for rang, ligne in enumerate(lignes, start=1):
        phrase = _defaut_cases(TABLEAUX[genre], ligne)
        if not phrase and ligne.get("fin") and ligne.get("debut", "") > ligne["fin"]:
            phrase = "la fin précède le début"
        if not phrase and genre == TypeQuestion.REALISEES and not _dit_ce_qui_s_est_passe(ligne):
            phrase = "écrivez quand elle s'est tenue, ou ce qui a changé"
        if phrase:
            return f"{NOM_D_UNE_LIGNE[genre]} {rang} : {phrase}"
    return ""


def _dit_ce_qui_s_est_passe(ligne: Mapping[str, Any]) -> bool:
    return any(not est_vide(ligne.get(nom, "")) for nom in ("debut", "constat"))


def activites_a_rapporter(prevues: list[Mapping[str, str]]) -> list[dict[str, str]]:
    """Les lignes d'un tableau d'activités réalisées, d'après celles qui étaient prévues."""
    lignes = []
    for prevue in prevues:
        jours = (_case_lue("date", prevue.get(nom) or "") for nom in ("debut", "fin"))
        attendues = str(prevue.get("personnes") or "")
        prevu = [" au ".join(filter(None, jours)), prevue.get("lieu")]
        if attendues:
            prevu.append(f"{attendues} personne{'' if attendues in {'0', '1'} else 's'}")
        lignes.append({"nom": prevue.get("nom", ""), "prevu": ", ".join(filter(None, prevu))[:300]})
    return [{nom: case for nom, case in ligne.items() if case} for ligne in lignes]


def texte(genre: str, valeur: Any) -> str:
    """La réponse telle qu'elle se lit ; une ligne par ligne de tableau."""
    if isinstance(valeur, bool):
        return "Oui" if valeur else "Non"
    if genre in COMPOSEES and isinstance(valeur, dict):
        return "\n".join(_cases_lues(COMPOSEES[genre], valeur, libelles=True))
    if genre in TABLEAUX and isinstance(valeur, list):
        return "\n".join(" — ".join(_cases_lues(TABLEAUX[genre], ligne)) for ligne in valeur)
    if isinstance(valeur, list):
        return ", ".join(str(element) for element in valeur)
    return "" if valeur is None else _case_lue(genre, str(valeur))


def _case_lue(genre: str, case: str) -> str:
    """Une date en toutes lettres, un montant en dollars ; ce qui n'en est pas un, tel quel."""
    if genre == TypeQuestion.DATE and (jour := _date(case)) is not None:
        return date_longue(jour)
    if genre == TypeQuestion.MONTANT and (montant := nombre(case)) is not None:
        return dollars(montant)
    return case


def _cases_lues(
    colonnes: tuple[Colonne, ...], cases: Mapping[str, Any], *, libelles: bool = False
) -> list[str]:
    lues = []
    for colonne in colonnes:
        case = _case_lue(colonne.genre, str(cases.get(colonne.nom, "") or ""))
        if case:
            nommer = libelles or colonne.genre != "texte"
            lues.append(f"{colonne.libelle_entier} : {case}" if nommer else case)
    return lues
