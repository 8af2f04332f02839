"""Cacher dans un texte de qui il vient : l'organisme, ses personnes, leurs coordonnées. Pur.

On cache trop plutôt que pas assez : un prénom de l'organisme qui est aussi un mot commun disparaît
là où il porte une majuscule.
"""

import re
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass

ORGANISME = "[l'organisme]"
PERSONNE = "[une personne]"
COORDONNEES = "[coordonnées]"

_MOTS_VIDES = frozenset(
    ("a", "au", "aux", "d", "de", "des", "du", "en", "et", "l", "la", "le", "les", "pour")
)
_ARTICLES = re.compile(r"^(?:l['’]|les?\b|la\b)\s*", re.IGNORECASE)
_PARTIE_MIN = 3
_SIGLE_MIN = 3
# Adresses de courriel, sites et téléphones : ils identifient, quel que soit leur propriétaire.
_COORDONNEES = re.compile(
    r"[\w.+-]+@[\w-]+(?:\.[\w-]+)+"
    r"|(?:https?://|www\.)\S+"
    r"|(?<!\d)(?:\+?1[\s.-]?)?\(?\d{3}\)?[\s\u00a0.-]?\d{3}[\s.-]\d{4}(?!\d)",
    re.IGNORECASE,
)


@dataclass(frozen=True)
class Identite:
    """Ce qui trahirait l'auteur d'une demande : noms, personnes, repères exacts (NEQ, adresse)."""

    organisme: str
    personnes: tuple[str, ...] = ()
    reperes: tuple[str, ...] = ()


def _plier(texte: str) -> str:
    """Sans accents, lettre pour lettre : les positions restent celles du texte (NFC)."""
    return "".join(unicodedata.normalize("NFD", lettre)[0] for lettre in texte)


def _mots(nom: str) -> list[str]:
    return re.findall(r"\w+", _plier(unicodedata.normalize("NFC", nom)))


def _expression(mots: Iterable[str]) -> str:
    """Ces mots à la suite, quels que soient les espaces, tirets et apostrophes entre eux."""
    return r"(?<!\w)" + r"[\W_]{1,3}".join(map(re.escape, mots)) + r"(?!\w)"


def _sigles(nom: str) -> set[str]:
    """Les sigles d'un nom : ceux qu'il écrit, et ses initiales s'il en a au moins trois."""
    initiales = "".join(m[0] for m in _mots(nom) if m.lower() not in _MOTS_VIDES).upper()
    ecrits = {mot for mot in _mots(nom) if mot.isupper() and len(mot) >= _SIGLE_MIN}
    return ecrits | ({initiales} if len(initiales) >= _SIGLE_MIN else set())


class Masque:
    """Remplace, dans un texte, tout ce qui dit de qui il vient."""

    def __init__(self, identite: Identite) -> None:
        sans_article = _ARTICLES.sub("", identite.organisme)
        entiers = [
            (ORGANISME, [nom, sans_article])
            for nom in [identite.organisme]
            if _mots(nom) and len("".join(_mots(sans_article))) >= _PARTIE_MIN
        ]
        entiers += [(PERSONNE, [nom]) for nom in identite.personnes if _mots(nom)]
        entiers += [(COORDONNEES, [repere]) for repere in identite.reperes if _mots(repere)]
        self._regles = [
            (re.compile(_expression(_mots(nom)), re.IGNORECASE), par)
            for par, noms in entiers
            for nom in noms
            if _mots(nom)
        ]
        self._regles += [
            (re.compile(_expression([sigle])), ORGANISME) for sigle in _sigles(identite.organisme)
        ]
        # Un prénom ou un nom seul : avec sa majuscule seulement.
        parties = {
            partie
            for nom in identite.personnes
            for partie in _mots(nom)
            if len(partie) >= _PARTIE_MIN and partie.lower() not in _MOTS_VIDES
        }
        self._regles += [
            (re.compile(_expression([partie[0].upper() + partie[1:]])), PERSONNE)
            for partie in sorted(parties)
        ]

    def cacher(self, texte: str) -> str:
        """``texte`` sans rien de l'identité ; les longueurs changent, le sens reste."""
        texte = _COORDONNEES.sub(COORDONNEES, unicodedata.normalize("NFC", texte))
        for regle, par in self._regles:
            texte = _remplacer(regle, par, texte)
        return texte


def _remplacer(regle: re.Pattern[str], par: str, texte: str) -> str:
    """Cherche dans le texte plié, remplace dans le texte vrai."""
    morceaux, fin = [], 0
    for trouve in regle.finditer(_plier(texte)):
        morceaux += [texte[fin : trouve.start()], par]
        fin = trouve.end()
    return "".join([*morceaux, texte[fin:]]) if morceaux else texte


class SansMasque:
    """La lecture ordinaire : le texte tel qu'il est écrit."""

    def cacher(self, texte: str) -> str:
        return texte
