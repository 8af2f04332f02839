"""Reconnaître ce qui ressemble à une personne dans un texte libre, pour prévenir.

Des indices simples, qui se disent à la personne : un courriel, un téléphone, un numéro d'assurance
sociale, « Madame » ou « Monsieur » suivi d'un nom, un prénom courant suivi d'un nom. La machine se
trompe parfois : rien n'est refusé, rien n'est effacé.
"""

import re
import unicodedata
from collections.abc import Iterator
from pathlib import Path
from typing import Any

# Des prénoms courants au Québec et chez les personnes immigrantes, sans accents. La liste n'a pas à
# être complète : elle sert à prévenir.
PRENOMS = frozenset(
    (Path(__file__).parent / "donnees" / "prenoms.txt").read_text(encoding="utf-8").split()
)
MONTRES_MAX = 3
COURRIEL = re.compile(r"[\w.+-]+@[\w-]+(?:\.[\w-]+)+")
TELEPHONE = re.compile(r"(?<![\d.])(?:\+?1[ .-]?)?\(?\d{3}\)?[ .-]\d{3}[ .-]?\d{4}(?![\d.]\d|\d)")
ASSURANCE_SOCIALE = re.compile(r"(?<!\d)\d{3}[ -]?\d{3}[ -]?\d{3}(?!\d)")
_NOM = r"[A-ZÀ-ÖØ-Þ][\w'’-]+"
CIVILITE = re.compile(rf"\b(?:Mme|Mlle|M\.|Monsieur|Madame|Dre?)\s+{_NOM}(?:\s+{_NOM})?")
DEUX_MOTS = re.compile(rf"(?=(?<![\w-])({_NOM})\s+((?:(?:de|du|da|el|al|ben|van)\s+)?{_NOM}))")
ESPACES = str.maketrans({"\u00a0": " ", "\u202f": " "})


def personnes_possibles(valeur: Any) -> list[str]:
    """Au plus trois extraits de ``valeur`` (texte, ou tableau de textes) qui nomment quelqu'un."""
    texte = _texte(valeur).translate(ESPACES)
    return list(dict.fromkeys(_extraits(texte)))[:MONTRES_MAX]


def _texte(valeur: Any) -> str:
    if isinstance(valeur, dict):
        return " ; ".join(_texte(case) for case in valeur.values())
    if isinstance(valeur, list):
        return " ; ".join(_texte(element) for element in valeur)
    return valeur if isinstance(valeur, str) else ""


def _extraits(texte: str) -> Iterator[str]:
    yield from COURRIEL.findall(texte)
    yield from (trouve[0].strip() for trouve in TELEPHONE.finditer(texte))
    for trouve in ASSURANCE_SOCIALE.finditer(texte):
        if _luhn(trouve[0]):
            yield trouve[0]
    yield from (" ".join(trouve[0].split()) for trouve in CIVILITE.finditer(texte))
    for trouve in DEUX_MOTS.finditer(texte):
        if all(_sans_accents(part) in PRENOMS for part in trouve[1].split("-")):
            yield f"{trouve[1]} {' '.join(trouve[2].split())}"


def _sans_accents(mot: str) -> str:
    decompose = unicodedata.normalize("NFD", mot.lower())
    return "".join(signe for signe in decompose if not unicodedata.combining(signe))


def _luhn(numero: str) -> bool:
    """La somme de contrôle d'un numéro d'assurance sociale : un compte ordinaire l'a rarement."""
    chiffres = [int(signe) for signe in numero if signe.isdigit()]
    doubles = [c if rang % 2 == 0 else sum(divmod(c * 2, 10)) for rang, c in enumerate(chiffres)]
    return sum(doubles) % 10 == 0 and any(chiffres)
