"""Le tableur des appels passés : son modèle, et sa lecture ligne à ligne. Fonctions pures."""

import re
from collections.abc import Collection
from dataclasses import dataclass, field
from decimal import Decimal, InvalidOperation
from typing import Any

from financement.importation.tableur import TableurRefuse, rangees
from socle.exports import classeur

# Colonne → ce qu'elle contient. L'ordre est celui du modèle.
COLONNES: dict[str, str] = {
    "appel": "Code de l'appel, par exemple AP-2024-01. Obligatoire.",
    "année": "L'année de l'appel, de 1990 à l'an prochain. Obligatoire.",
    "organisme": "Son nom. Obligatoire.",
    "neq": "Dix chiffres, s'il est connu.",
    "projet": "Le titre du projet. Obligatoire.",
    "secteur": "Le secteur de la ville, s'il est connu.",
    "besoins": "Codes des besoins de la consultation, séparés par des espaces.",
    "demandé": "En dollars, s'il est connu.",
    "accordé": "En dollars. Obligatoire.",
    "versé": "En dollars, au plus l'accordé. Obligatoire.",
    "activités": "Activités réalisées, un nombre entier, s'il est connu.",
    "personnes": "Personnes différentes rejointes, s'il est connu.",
    "immigrantes": "Dont personnes immigrantes, s'il est connu.",
}
OBLIGATOIRES = ("appel", "année", "organisme", "projet", "accordé", "versé")
LIGNES_MAX = 5000
CASE_MAX = 60


@dataclass
class Lecture:
    """Ce qui a été lu : des lignes prêtes à écrire, et chaque refus avec son numéro de ligne."""

    lignes: list[dict[str, Any]] = field(default_factory=list)
    refus: list[tuple[int, str]] = field(default_factory=list)


def modele() -> bytes:
    """Le tableur à remplir : une feuille vide, et une feuille qui explique chaque colonne."""
    return classeur(
        [
            ("Projets", tuple(COLONNES), []),
            ("Explications", ("Colonne", "Ce qu'elle contient"), COLONNES.items()),
        ]
    )


def lire(octets: bytes, *, besoins: Collection[str], annee_max: int) -> Lecture:
    """Lit la première feuille. ``besoins`` : les codes connus. Chaque refus nomme sa ligne.

    Un fichier illisible est un refus à la ligne 1.
    """
    lecture = Lecture()
    try:
        _lire_feuille(lecture, octets, besoins=besoins, annee_max=annee_max)
    except TableurRefuse as refus:
        return Lecture(refus=[(1, str(refus))])
    return lecture


def _lire_feuille(
    lecture: Lecture, octets: bytes, *, besoins: Collection[str], annee_max: int
) -> None:
    feuille = rangees(octets, lignes_max=LIGNES_MAX + 2)
    entetes = [str(case or "").strip().lower() for case in next(feuille, ())]
    if manquantes := [nom for nom in OBLIGATOIRES if nom not in entetes]:
        lecture.refus += [(1, f"Il manque la colonne « {nom} ».") for nom in manquantes]
        return
    vues: dict[tuple[str, ...], int] = {}
    for numero, rangee in enumerate(feuille, start=2):
        cases = {nom: case for nom, case in zip(entetes, rangee, strict=False) if nom in COLONNES}
        if all(case in (None, "") for case in cases.values()):
            continue
        if numero > LIGNES_MAX + 1:
            lecture.refus.append((numero, f"Le fichier dépasse {LIGNES_MAX} lignes : coupez-le."))
            break
        ligne, problemes = _lire_ligne(cases, besoins=besoins, annee_max=annee_max)
        if not problemes:
            cle = (ligne["appel_code"], ligne["organisme"], ligne["titre"])
            if premiere := vues.get(cle):
                problemes = [f"Ce projet est déjà à la ligne {premiere}."]
            vues.setdefault(cle, numero)
        if problemes:
            lecture.refus += [(numero, probleme) for probleme in problemes]
        else:
            lecture.lignes.append(ligne)
    if not lecture.lignes and not lecture.refus:
        lecture.refus.append((2, "Le fichier ne contient aucun projet."))


def _court(valeur: Any) -> str:
    """La case comme un refus peut la citer : une seule, longue, se répète à chaque ligne."""
    ecrit = str(valeur)
    return ecrit if len(ecrit) <= CASE_MAX else f"{ecrit[:CASE_MAX]}…"


def _lire_ligne(
    cases: dict[str, Any], *, besoins: Collection[str], annee_max: int
) -> tuple[dict[str, Any], list[str]]:
    problemes: list[str] = []

    def texte(nom: str, maximum: int) -> str:
        # Une case de tableur peut tenir plusieurs lignes ; ces textes n'en ont qu'une.
        valeur = " ".join(str(cases.get(nom) or "").split())
        if nom in OBLIGATOIRES and not valeur:
            problemes.append(f"« {nom} » est vide.")
        if len(valeur) > maximum:
            problemes.append(f"« {nom} » dépasse {maximum} caractères.")
            return ""
        return valeur

    def dollars(nom: str) -> Decimal | None:
        valeur = cases.get(nom)
        if valeur in (None, ""):
            if nom in OBLIGATOIRES:
                problemes.append(f"« {nom} » est vide.")
            return None
        ecrit = re.sub(r"[\s\u00a0\u202f$]", "", _court(valeur)).replace(",", ".")
        try:
            montant = Decimal(ecrit)
            if not montant.is_finite() or not 0 <= montant < 10**10:
                raise InvalidOperation
        except InvalidOperation:
            problemes.append(f"« {nom} » : « {_court(valeur)} » n'est pas un montant.")
            return None
        return montant.quantize(Decimal("0.01"))

    def entier(nom: str) -> int | None:
        valeur = cases.get(nom)
        if valeur in (None, ""):
            return None
        try:
            nombre = Decimal(_court(valeur))
            # La borne d'abord : l'entier de « 1e999999999 » a un milliard de chiffres.
            if not 0 <= nombre < 10**7 or nombre != int(nombre):
                raise InvalidOperation
        except (InvalidOperation, ValueError, OverflowError):
            problemes.append(f"« {nom} » : « {_court(valeur)} » n'est pas un nombre entier.")
            return None
        return int(nombre)

    ligne = {
        "appel_code": texte("appel", 40),
        "annee": entier("année"),
        "organisme": texte("organisme", 160),
        "neq": re.sub(r"\s|\.0$", "", texte("neq", 20)),
        "titre": texte("projet", 200),
        "secteur": texte("secteur", 80),
        "besoins": texte("besoins", 400).upper().replace(",", " ").split(),
        "montant_demande": dollars("demandé"),
        "montant_accorde": dollars("accordé"),
        "montant_verse": dollars("versé"),
        "activites": entier("activités"),
        "personnes": entier("personnes"),
        "immigrantes": entier("immigrantes"),
    }
    annee = ligne["annee"]
    if annee is None and cases.get("année") in (None, ""):
        problemes.append("« année » est vide.")
    elif annee is not None and not 1990 <= annee <= annee_max:
        problemes.append(f"« année » : {annee} n'est pas entre 1990 et {annee_max}.")
    if ligne["neq"] and not re.fullmatch(r"\d{10}", ligne["neq"]):
        problemes.append(f"« neq » : « {ligne['neq']} » n'a pas dix chiffres.")
    problemes += [
        f"« besoins » : le besoin « {code} » n'existe pas."
        for code in ligne["besoins"]
        if code not in besoins
    ]
    accorde, verse = ligne["montant_accorde"], ligne["montant_verse"]
    if accorde is not None and verse is not None and verse > accorde:
        problemes.append("Le versé dépasse l'accordé.")
    personnes, immigrantes = ligne["personnes"], ligne["immigrantes"]
    if personnes is not None and immigrantes is not None and immigrantes > personnes:
        problemes.append("Les personnes immigrantes dépassent les personnes différentes.")
    return ligne, problemes
