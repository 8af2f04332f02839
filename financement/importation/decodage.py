"""Les octets du fichier d'importation, rendus en JSON lu ou refusés en une phrase."""

import json
from decimal import Decimal
from typing import Any

from financement.importation.contenu import ImportRefuse
from financement.importation.lecture import Objet

# Au-delà, Python refuse de lire l'entier ; rien dans le fichier n'en demande autant.
CHIFFRES_MAX = 30


def decoder(octets: bytes) -> Any:
    """Le contenu JSON, sans en juger le sens. Lève ``ImportRefuse``."""
    try:
        texte = octets.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise ImportRefuse(["Le fichier n'est pas en UTF-8."]) from None
    try:
        return json.loads(texte, object_pairs_hook=Objet, parse_int=_entier)
    except json.JSONDecodeError as erreur:
        raise ImportRefuse(
            [f"Le fichier n'est pas du JSON : ligne {erreur.lineno}, colonne {erreur.colno}."]
        ) from None
    except RecursionError:
        raise ImportRefuse(["Le fichier s'emboîte trop profondément."]) from None


def _entier(chiffres: str) -> int | Decimal:
    """Un entier démesuré reste un nombre : qui le lit le refuse, avec sa place."""
    return int(chiffres) if len(chiffres) <= CHIFFRES_MAX else Decimal(chiffres)
