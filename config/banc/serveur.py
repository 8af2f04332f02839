"""Les processus du banc : gunicorn à deux ouvriers, ouvriers Celery, bases d'un moment."""

import contextlib
import http.client
import os
import re
import secrets
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator

from django.conf import settings
from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY
from django.contrib.sessions.backends.db import SessionStore
from django.core.management import call_command
from django.db import connection

from config.banc.mesures import Demande
from config.banc.temoins import ENTETE
from config.embarque import RACINE
from socle.models import Utilisateur

MODELE = "banc_modele"
DELAI = 60


class BancImpossible(Exception):
    """Une phrase en français, à montrer telle quelle."""


# --- Bases --------------------------------------------------------------------------------------
def ouvrir_base(nom: str) -> None:
    """Branche Django sur une autre base du même serveur, pour ce processus et ses enfants."""
    connection.close()
    connection.settings_dict["NAME"] = nom
    os.environ["DATABASE_URL"] = re.sub(
        r"/[^/?]+(?=\?|$)", f"/{nom}", os.environ["DATABASE_URL"], count=1
    )


def preparer_modele() -> None:
    """Une base migrée et vide, copiée ensuite en une fraction de seconde."""
    _sur_le_serveur(f"DROP DATABASE IF EXISTS {MODELE} WITH (FORCE)", f"CREATE DATABASE {MODELE}")
    ouvrir_base(MODELE)
    call_command("migrate", interactive=False, verbosity=0)


@contextlib.contextmanager
def base_d_un_moment(nom: str) -> Iterator[None]:
    ouvrir_base(nom)
    _sur_le_serveur(
        f"DROP DATABASE IF EXISTS {nom} WITH (FORCE)", f"CREATE DATABASE {nom} TEMPLATE {MODELE}"
    )
    try:
        yield
    finally:
        connection.close()
        _sur_le_serveur(f"DROP DATABASE IF EXISTS {nom} WITH (FORCE)")


def _sur_le_serveur(*ordres: str) -> None:
    import psycopg

    connection.close()
    adresse = re.sub(r"/[^/?]+(?=\?|$)", "/postgres", os.environ["DATABASE_URL"], count=1)
    with psycopg.connect(adresse, autocommit=True) as administration:
        for ordre in ordres:
            administration.execute(ordre)


# --- Processus ----------------------------------------------------------------------------------
@contextlib.contextmanager
def processus(*module: str) -> Iterator[subprocess.Popen]:
    """``python -m module`` avec les réglages du banc ; lui et ses enfants finissent avec nous."""
    with (settings.VAR_DIR / "banc.log").open("ab") as journal:
        lance = subprocess.Popen(  # noqa: S603
            [sys.executable, "-m", *module],
            cwd=RACINE,
            stdin=subprocess.DEVNULL,
            stdout=journal,
            stderr=journal,
            start_new_session=True,
        )
        try:
            yield lance
        finally:
            lance.terminate()
            with contextlib.suppress(subprocess.TimeoutExpired):
                lance.wait(timeout=15)
            with contextlib.suppress(ProcessLookupError):
                os.killpg(lance.pid, signal.SIGKILL)
            lance.wait()


@contextlib.contextmanager
def gunicorn() -> Iterator["Client"]:
    """L'application servie comme en exploitation : deux ouvriers, ``DEBUG`` éteint."""
    with socket.socket() as prise:
        prise.bind(("127.0.0.1", 0))
        port = prise.getsockname()[1]
    commande = ["gunicorn", "--config", "config/serveur_web.py", "--bind", f"127.0.0.1:{port}"]
    with processus(*commande, "config.wsgi") as serveur:
        client = Client(port)
        limite = time.monotonic() + DELAI
        while not client.repond():
            if serveur.poll() is not None or time.monotonic() > limite:
                raise BancImpossible(
                    f"gunicorn ne démarre pas : voir {settings.VAR_DIR / 'banc.log'}."
                )
            time.sleep(0.1)
        yield client


class Client:
    """Demande des pages, une connexion chacune, et dit en combien de temps."""

    def __init__(self, port: int) -> None:
        self.port = port
        self.temoins: dict[int, str] = {}
        self.jeton = secrets.token_hex(16)

    def repond(self) -> bool:
        try:
            with socket.create_connection(("127.0.0.1", self.port), timeout=1):
                return True
        except OSError:
            return False

    def demander(self, demande: Demande, rang: int = 1) -> tuple[float, int]:
        """Millisecondes et nombre de requêtes SQL ; lève ``BancImpossible`` sur une erreur."""
        entetes = self._entetes(demande)
        debut = time.perf_counter()
        liaison = http.client.HTTPConnection("127.0.0.1", self.port, timeout=DELAI)
        with contextlib.closing(liaison):
            liaison.request(demande.methode, demande.adresse(rang), demande.corps, entetes)
            reponse = liaison.getresponse()
            reponse.read()
        duree = (time.perf_counter() - debut) * 1000
        if reponse.status not in {200, 204}:
            raise BancImpossible(
                f"{demande.methode} {demande.chemin} répond {reponse.status} "
                f"{reponse.getheader('Location') or ''}: voir {settings.VAR_DIR / 'banc.log'}."
            )
        return duree, int(reponse.getheader(ENTETE))

    def _entetes(self, demande: Demande) -> dict[str, str]:
        entetes = {"Host": f"localhost:{self.port}"}
        if demande.compte is not None:
            entetes["Cookie"] = f"sessionid={self._session(demande.compte)}"
        if demande.corps is not None:
            entetes["Content-Type"] = demande.type_corps
            entetes["X-CSRFToken"] = self.jeton
            entetes["Cookie"] = f"{entetes.get('Cookie', '')}; csrftoken={self.jeton}".strip("; ")
        return {**entetes, **demande.entetes}

    def _session(self, compte: Utilisateur) -> str:
        if compte.pk not in self.temoins:
            session = SessionStore()
            session[SESSION_KEY] = str(compte.pk)
            session[BACKEND_SESSION_KEY] = settings.AUTHENTICATION_BACKENDS[0]
            session[HASH_SESSION_KEY] = compte.get_session_auth_hash()
            session.save()
            self.temoins[compte.pk] = session.session_key
        return self.temoins[compte.pk]
