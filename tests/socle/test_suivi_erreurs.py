"""Une erreur part au service configuré, sans rien de ce que la personne écrivait."""

import gzip
import http.server
import subprocess
import sys
import threading

import brotli
import pytest
from django.conf import settings

SCRIPT = """
import sys
import sentry_sdk
from config import suivi_erreurs
suivi_erreurs.demarrer(sys.argv[1])
def calculer(montant):
    note_privee = chr(115) * 9
    return 1 / montant
try:
    calculer(0)
except ZeroDivisionError:
    sentry_sdk.capture_exception()
sentry_sdk.flush(5)
"""


@pytest.fixture
def service():
    recus: list[str] = []

    class Service(http.server.BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            corps = self.rfile.read(int(self.headers["Content-Length"]))
            deplier = {"gzip": gzip.decompress, "br": brotli.decompress}
            corps = deplier.get(self.headers.get("Content-Encoding"), bytes)(corps)
            recus.append(corps.decode())
            self.send_response(200)
            self.end_headers()

        def log_message(self, *_: object) -> None: ...

    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Service) as serveur:
        threading.Thread(target=serveur.serve_forever, daemon=True).start()
        yield f"http://cle@127.0.0.1:{serveur.server_address[1]}/1", recus
        serveur.shutdown()


def lancer(dsn: str) -> None:
    subprocess.run(
        [sys.executable, "-c", SCRIPT, dsn], cwd=settings.BASE_DIR, check=True, timeout=60
    )


def test_l_erreur_part_sans_ce_que_la_personne_ecrivait(service):
    dsn, recus = service
    lancer(dsn)
    assert "ZeroDivisionError" in recus[0]
    assert "calculer" in recus[0]
    # La valeur d'une variable ne se lit nulle part dans l'envoi.
    assert "s" * 9 not in "".join(recus)


def test_sans_adresse_rien_ne_part(service):
    lancer("")
    assert service[1] == []
