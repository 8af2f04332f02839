"""La forme des fichiers échangés avec le service des finances (docs/paiements.md).

Écrire le fichier d'un lot, lire le fichier de ce qui a été payé : fonctions pures.
"""

import csv
import datetime as dt
import io
from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from typing import Any

from socle.exports import sans_formule
from socle.textes import lire_entier

ENTETES = (
    "lot",
    "paiement",
    "beneficiaire",
    "neq",
    "montant",
    "mode",
    "institution",
    "transit",
    "compte",
    "reference",
    "libelle",
)
ENTETES_RETOUR = ("paiement", "montant", "date", "reference")


@dataclass(frozen=True)
class LignePaiement:
    """Un paiement à faire ; sans coordonnées bancaires, il se fait par chèque."""

    lot: str
    paiement: int
    beneficiaire: str
    neq: str
    montant: Decimal
    reference: str
    libelle: str
    institution: str = ""
    transit: str = ""
    compte: str = ""

    @property
    def mode(self) -> str:
        return "virement" if self.compte else "cheque"

    def cellules(self) -> list[Any]:
        return [getattr(self, nom) for nom in ENTETES]


@dataclass(frozen=True)
class PaiementFait:
    """Une ligne d'un fichier de retour."""

    ligne: int
    paiement: int
    montant: Decimal
    date: dt.date
    reference: str


class FichierIllisible(ValueError):
    """Le fichier entier est refusé ; ``problemes`` dit chaque ligne fautive."""

    def __init__(self, problemes: list[str]) -> None:
        super().__init__(" ".join(problemes))
        self.problemes = problemes


def ecrire_csv(lignes: Iterable[LignePaiement]) -> bytes:
    """UTF-8 avec marque d'ordre, point-virgule, point décimal : Excel en français l'ouvre juste.

    Un texte qui commencerait une formule est précédé d'une apostrophe.
    """
    sortie = io.StringIO(newline="")
    ecrivain = csv.writer(sortie, delimiter=";", lineterminator="\r\n")
    ecrivain.writerow(ENTETES)
    for ligne in lignes:
        ecrivain.writerow([_cellule(cellule) for cellule in ligne.cellules()])
    return sortie.getvalue().encode("utf-8-sig")


def _cellule(valeur: Any) -> Any:
    return f"{valeur:.2f}" if isinstance(valeur, Decimal) else sans_formule(valeur)


def lire_retour(octets: bytes) -> list[PaiementFait]:
    """Les paiements faits. Lève ``FichierIllisible`` avec chaque ligne fautive et pourquoi."""
    try:
        texte = octets.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise FichierIllisible(["Le fichier n'est pas un texte CSV en UTF-8."]) from None
    separateur = ";" if texte.partition("\n")[0].count(";") else ","
    lecteur = csv.DictReader(io.StringIO(texte, newline=""), delimiter=separateur)
    presentes = [(nom or "").strip().lower() for nom in lecteur.fieldnames or []]
    if manquantes := [nom for nom in ENTETES_RETOUR if nom not in presentes]:
        raise FichierIllisible(
            [f"Il manque la colonne « {nom} » à la première ligne." for nom in manquantes]
        )
    lecteur.fieldnames = presentes
    faits, problemes, vus = [], [], set()
    for numero, ligne in enumerate(lecteur, start=2):
        if not any(valeur for valeur in ligne.values() if isinstance(valeur, str)):
            continue
        try:
            fait = _lire_ligne(numero, ligne)
        except ValueError as erreur:
            problemes.append(f"Ligne {numero} : {erreur}")
            continue
        if fait.paiement in vus:
            problemes.append(f"Ligne {numero} : le paiement {fait.paiement} y est deux fois.")
        vus.add(fait.paiement)
        faits.append(fait)
    if not faits and not problemes:
        problemes.append("Le fichier ne contient aucun paiement.")
    if problemes:
        raise FichierIllisible(problemes)
    return faits


def _lire_ligne(numero: int, ligne: dict[str, Any]) -> PaiementFait:
    paiement = (ligne["paiement"] or "").strip()
    if lire_entier(paiement) is None:
        raise ValueError(f"le numéro de paiement « {paiement} » n'est pas un nombre.")
    montant = (ligne["montant"] or "").strip().replace("\u00a0", "").replace(" ", "")
    try:
        valeur = Decimal(montant.replace(",", "."))
    except InvalidOperation:
        raise ValueError(f"le montant « {montant} » n'est pas un nombre.") from None
    if not valeur.is_finite() or valeur != round(valeur, 2):
        raise ValueError(f"le montant « {montant} » n'est pas en dollars et cents.")
    date = (ligne["date"] or "").strip()
    try:
        jour = dt.date.fromisoformat(date)
    except ValueError:
        raise ValueError(f"la date « {date} » ne s'écrit pas AAAA-MM-JJ.") from None
    reference = (ligne["reference"] or "").strip()
    if not reference:
        raise ValueError("il manque la référence du paiement.")
    return PaiementFait(numero, int(paiement), valeur, jour, reference[:60])
