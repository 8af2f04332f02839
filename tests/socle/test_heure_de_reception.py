"""Ce qui compte à la clôture est l'heure où la demande est reçue (regles.md, 4)."""

import datetime as dt
import http.client
import os
import socket
import subprocess
import sys
import time

import pytest
from django.http import HttpResponse
from django.test import RequestFactory

from socle import horloge
from socle.middleware import HeureDeReceptionMiddleware

RECUE = dt.datetime(2026, 6, 12, 20, 0, 0, tzinfo=dt.UTC)


def heure_vue(entete, settings, *, sure=True):
    settings.ENTETE_HEURE_RECEPTION = "HTTP_X_REQUEST_START" if sure else ""
    vues = []

    def vue(request):
        vues.append(horloge.maintenant())
        return HttpResponse()

    HeureDeReceptionMiddleware(vue)(RequestFactory().get("/", HTTP_X_REQUEST_START=entete))
    return vues[0]


def test_l_heure_vient_de_l_en_tete_du_serveur(settings):
    assert heure_vue(f"t={RECUE.timestamp()}", settings) == RECUE


def test_un_en_tete_venu_du_client_n_est_pas_cru(settings):
    vue = heure_vue(f"t={RECUE.timestamp()}", settings, sure=False)

    assert abs(vue - dt.datetime.now(dt.UTC)) < dt.timedelta(seconds=5)


@pytest.mark.parametrize("entete", ["", "t=", "t=abc", "t=nan", "t=1e300", "t=inf"])
def test_un_en_tete_illisible_laisse_l_heure_du_serveur(entete, settings):
    assert abs(heure_vue(entete, settings) - dt.datetime.now(dt.UTC)) < dt.timedelta(seconds=5)


def test_une_heure_a_venir_est_ramenee_a_maintenant(settings):
    demain = dt.datetime.now(dt.UTC) + dt.timedelta(days=1)

    assert heure_vue(f"t={demain.timestamp()}", settings) <= dt.datetime.now(dt.UTC)


def test_l_horloge_revient_apres_la_demande(settings):
    heure_vue(f"t={RECUE.timestamp()}", settings)

    assert abs(horloge.maintenant() - dt.datetime.now(dt.UTC)) < dt.timedelta(seconds=5)


APPLICATION = """
import time
def application(environ, start_response):
    if environ["PATH_INFO"] == "/lente":
        time.sleep(1.5)
    start_response("200 OK", [("Content-Type", "text/plain")])
    return [environ.get("HTTP_X_REQUEST_START", "absente").encode()]
"""


@pytest.fixture
def gunicorn(tmp_path):
    """Le vrai serveur Web, un seul ouvrier à un seul fil : la deuxième demande attend."""
    (tmp_path / "lente.py").write_text(APPLICATION)
    with socket.socket() as prise:
        prise.bind(("127.0.0.1", 0))
        port = prise.getsockname()[1]
    options = ["-c", "config/serveur_web.py", "--bind", f"127.0.0.1:{port}"]
    processus = subprocess.Popen(
        [sys.executable, "-m", "gunicorn", *options, "--pythonpath", tmp_path, "lente:application"],
        env={**os.environ, "WEB_OUVRIERS": "1", "WEB_FILS": "1"},
    )
    for _ in range(100):
        try:
            socket.create_connection(("127.0.0.1", port), timeout=1).close()
            break
        except OSError:
            time.sleep(0.1)
    yield port
    processus.terminate()
    processus.wait(timeout=10)


def test_une_demande_recue_a_temps_et_servie_en_retard_est_a_temps(gunicorn):
    """Pendant qu'une demande occupe le seul fil, une autre arrive : son heure est son arrivée."""
    lente, rapide = (http.client.HTTPConnection("127.0.0.1", gunicorn) for _ in range(2))
    lente.request("GET", "/lente")
    time.sleep(0.3)
    arrivee = time.time()
    rapide.request("GET", "/", headers={"X-Request-Start": "t=1"})
    notee = float(rapide.getresponse().read().decode().removeprefix("t="))
    servie = time.time()

    assert servie - arrivee > 0.8
    assert abs(notee - arrivee) < 0.4
    lente.getresponse().read()
    lente.close()
    rapide.close()
