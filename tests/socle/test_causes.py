"""Ce qui refuse se dit en français, même quand le système parle anglais."""

import errno

import psycopg
import pytest

from socle.causes import cause


@pytest.mark.parametrize(
    ("erreur", "phrase"),
    [
        (PermissionError(errno.EACCES, "Permission denied"), "accès refusé"),
        (NotADirectoryError(errno.ENOTDIR, "Not a directory"), "un fichier en occupe le chemin"),
        (OSError(errno.ENOSPC, "No space left on device"), "le disque est plein"),
        (ModuleNotFoundError("No module named 'x'", name="x"), "le paquet Python « x » manque"),
        (psycopg.OperationalError("port 1 failed: Connection refused"), "aucun serveur"),
        (psycopg.OperationalError('FATAL: password authentication failed for "x"'), "mot de passe"),
        (psycopg.OperationalError('FATAL: database "x" does not exist'), "cette base n'existe pas"),
        (ValueError("une cause\n inconnue"), "une cause inconnue"),
        (ValueError(), "ValueError"),
    ],
)
def test_la_cause_se_lit_en_francais(erreur, phrase):
    assert phrase in cause(erreur)
    assert "\n" not in cause(erreur)
