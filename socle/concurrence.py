"""Deux personnes écrivent la même chose : qui l'emporte, et quand le demander.

La page garde l'empreinte de ce qu'elle montrait (sa base). À l'enregistrement, trois valeurs se
comparent : la base, ce que la personne a saisi, ce que la base de données contient maintenant.
"""

import hashlib
import json
from dataclasses import dataclass
from enum import Enum
from typing import Any

from django.core.serializers.json import DjangoJSONEncoder

from socle.exceptions import RegleViolee


class Issue(Enum):
    RIEN = "rien"
    ECRIRE = "écrire"
    CONFLIT = "conflit"


@dataclass(frozen=True)
class SaisieActuelle:
    """Ce que la base contient, tel qu'il se lit, qui l'a écrit et quand."""

    valeur: Any
    texte: str
    auteur: str
    le: Any


class SaisieConcurrente(RegleViolee):
    """Une autre personne a écrit au même endroit entre-temps. ``actuel`` est ce qu'elle a écrit."""

    def __init__(self, message: str, *, actuel: SaisieActuelle, champ: str = "") -> None:
        super().__init__(message, champ=champ, code="concurrence")
        self.actuel = actuel


def empreinte(valeur: Any) -> str:
    """Douze caractères qui changent quand ``valeur`` change ; vide et absent se valent."""
    if valeur in (None, "", [], {}, False):
        valeur = None
    texte = json.dumps(valeur, ensure_ascii=False, sort_keys=True, cls=DjangoJSONEncoder)
    return hashlib.sha256(texte.encode()).hexdigest()[:12]


def comparer(*, base: str, saisi: Any, actuel: Any) -> Issue:
    """Écrire, ne rien faire ou demander. Sans ``base``, la dernière écriture l'emporte."""
    if empreinte(saisi) == empreinte(actuel) or (base and empreinte(saisi) == base):
        return Issue.RIEN
    if not base or empreinte(actuel) == base:
        return Issue.ECRIRE
    return Issue.CONFLIT
