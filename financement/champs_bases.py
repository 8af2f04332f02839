"""Ce dont un champ de fusion est fait, et ce que les champs partagent pour s'écrire."""

import datetime as dt
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from django.template.loader import render_to_string
from django.utils.html import format_html
from django.utils.safestring import mark_safe

from socle.templatetags.affichage import date_courte
from socle.templatetags.documents import reponse

ACCEPTEES = frozenset({"acceptee", "acceptee_partielle"})
REFUS = frozenset({"refusee"})
ATTENTE = frozenset({"liste_attente"})
LETTRES = ACCEPTEES | REFUS | ATTENTE
CONVENTION = frozenset({"convention"})
AIDE = ACCEPTEES | CONVENTION
FERMETURES = frozenset({"fermeture", "remboursement"})
REOUVERTURE = frozenset({"reexamen_modifie"})
REEXAMENS = frozenset({"reexamen_maintenu"}) | REOUVERTURE
TOUS = LETTRES | CONVENTION | FERMETURES | REEXAMENS


@dataclass(frozen=True)
class Champ:
    """``sens`` dit ce qu'il met ; ``genres`` les modèles qui l'offrent ; ``bloc`` : un tableau, une
    liste ou des paragraphes."""

    nom: str
    sens: str
    lire: Callable[[Any], str]
    genres: frozenset[str] = TOUS
    bloc: bool = False


def jour(date: dt.date | None, ecrire: Callable[[dt.date], str] = date_courte) -> str:
    return ecrire(date) if date else ""


def gabarit(nom: str, **contexte: Any) -> str:
    return mark_safe(render_to_string(f"pdf/{nom}.html", contexte).strip())  # noqa: S308


def liste(elements: list[str]) -> str:
    return reponse(elements) if elements else ""


def paragraphes(texte: str) -> str:
    return reponse(texte) if texte.strip() else ""


def en_retrait(texte: str) -> str:
    return format_html('<div class="retrait">{}</div>', reponse(texte)) if texte.strip() else ""
