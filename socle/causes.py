"""Pourquoi le système, la base ou Python refuse, en français : ils ne le disent qu'en anglais."""

import errno
import re

SYSTEME = {
    errno.EACCES: "accès refusé",
    errno.EPERM: "accès refusé",
    errno.EROFS: "en lecture seule",
    errno.ENOTDIR: "un fichier en occupe le chemin",
    errno.EISDIR: "c'est un dossier",
    errno.ENOENT: "introuvable",
    errno.ENOSPC: "le disque est plein",
}
BASE = (
    (r"connection refused|no such file", "aucun serveur n'y répond"),
    (r"password", "le compte ou le mot de passe n'est pas le bon"),
    (r"role .* does not exist", "ce compte n'existe pas"),
    (r"database .* does not exist", "cette base n'existe pas"),
    (r"host name|name or service", "ce serveur est inconnu"),
    (r"timeout|timed out", "le serveur ne répond pas à temps"),
    (r"too many", "le serveur a trop de connexions"),
    (r"permission denied", "le compte n'en a pas le droit"),
)


def cause(erreur: BaseException) -> str:
    """La cause en quelques mots ; celle qu'on ne connaît pas se cite, sur une ligne."""
    if isinstance(erreur, ModuleNotFoundError):
        return f"le paquet Python « {erreur.name} » manque, retirez le dossier .venv et recommencez"
    if isinstance(erreur, OSError) and erreur.errno in SYSTEME:
        return SYSTEME[erreur.errno]
    dit = " ".join(str(erreur).split())
    connue = (phrase for motif, phrase in BASE if re.search(motif, dit, re.IGNORECASE))
    return next(connue, dit[:300] or type(erreur).__name__)
