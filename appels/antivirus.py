"""Demander à clamd si un fichier est sain (protocole INSTREAM)."""

import socket
import struct
from typing import BinaryIO
from urllib.parse import urlsplit

BLOC = 64 * 1024
DELAI = 60


class AntivirusIndisponible(OSError):
    """clamd ne répond pas, ou pas comme attendu ; on essaiera plus tard."""


def signature_trouvee(fichier: BinaryIO, adresse: str) -> str:
    """Le nom de ce que clamd a trouvé dans ``fichier`` ; vide quand il est sain.

    ``adresse`` : ``tcp://hote:3310`` ou ``unix:///chemin/clamd.sock``. Lève
    ``AntivirusIndisponible`` (une OSError) si l'analyse n'a pas pu se faire.
    """
    with _ouvrir(adresse) as prise:
        prise.sendall(b"zINSTREAM\0")
        while bloc := fichier.read(BLOC):
            prise.sendall(struct.pack("!I", len(bloc)) + bloc)
        prise.sendall(struct.pack("!I", 0))
        reponse = b""
        while not reponse.endswith(b"\0") and (recu := prise.recv(4096)):
            reponse += recu
    verdict = reponse.rstrip(b"\0").decode("utf-8", "replace").removeprefix("stream: ")
    if verdict == "OK":
        return ""
    if verdict.endswith(" FOUND"):
        return verdict.removesuffix(" FOUND")
    raise AntivirusIndisponible(f"Réponse de clamd : {verdict or 'aucune'}")


def _ouvrir(adresse: str) -> socket.socket:
    parties = urlsplit(adresse)
    if parties.scheme == "unix":
        prise = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        prise.settimeout(DELAI)
        try:
            prise.connect(parties.path)
        except OSError:
            prise.close()
            raise
        return prise
    return socket.create_connection((parties.hostname, parties.port or 3310), timeout=DELAI)
