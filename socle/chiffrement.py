"""Chiffrer ce que la base ne doit pas pouvoir lire : les coordonnées bancaires.

La clé vient de ``CLE_CHIFFREMENT`` (ou de ``SECRET_KEY``) et n'est jamais dans la base : une copie
de la base seule ne dit rien.
"""

import base64
import json
from functools import lru_cache
from typing import Any

from cryptography.fernet import Fernet, InvalidToken
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from django.conf import settings


class DechiffrementImpossible(Exception):
    """Le texte n'a pas été chiffré avec la clé d'aujourd'hui, ou il a été altéré."""


@lru_cache(maxsize=4)
def _fernet(secret: str, usage: str) -> Fernet:
    derive = HKDF(algorithm=SHA256(), length=32, salt=None, info=usage.encode())
    return Fernet(base64.urlsafe_b64encode(derive.derive(secret.encode())))


def chiffrer(valeurs: dict[str, Any], *, usage: str) -> str:
    """``valeurs`` chiffrées et signées ; ``usage`` sépare les clés de deux usages."""
    contenu = json.dumps(valeurs, sort_keys=True).encode()
    return _fernet(settings.CLE_CHIFFREMENT, usage).encrypt(contenu).decode()


def dechiffrer(texte: str, *, usage: str) -> dict[str, Any]:
    """L'inverse de ``chiffrer``. Lève ``DechiffrementImpossible``."""
    try:
        return json.loads(_fernet(settings.CLE_CHIFFREMENT, usage).decrypt(texte.encode()))
    except InvalidToken as erreur:
        raise DechiffrementImpossible(
            "Ces renseignements ont été chiffrés avec une autre clé (CLE_CHIFFREMENT)."
        ) from erreur
