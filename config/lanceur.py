"""``script/server`` : tout ce qui tourne, démarré dans l'ordre et arrêté dans l'ordre inverse.

Le lanceur ne sert que cette machine (127.0.0.1). Chaque processus meurt avec lui, même s'il est
tué : le noyau s'en charge (``PR_SET_PDEATHSIG``). Les serveurs embarqués lui survivent alors, et
le démarrage suivant s'y joint.
"""

import contextlib
import ctypes
import errno
import fcntl
import http.client
import os
import signal
import socket
import subprocess
import sys
import threading
import time
from pathlib import Path
from typing import IO
from urllib.parse import urlsplit

from config.embarque import RACINE, ServeurIndisponible, assurer_serveurs, dossier_var
from socle.causes import cause

DELAI_PORT = 3
DELAI_DEMARRAGE = 60
DELAI_ARRET = 15
SERVEUR_WEB = ["gunicorn", "--config", "config/serveur_web.py", "config.wsgi"]
OUI = {"true", "on", "ok", "y", "yes", "1"}

COMPTES = """\
Comptes de démonstration (mot de passe : demo-appels-2026)
  organisme@exemple.test             responsable de Café Parlures
  redaction@exemple.test             rédaction, même organisme
  comite1@ … comite6@exemple.test    membres M1 à M6 du comité
  agent@exemple.test                 agente de programme de la Ville
  approbation@exemple.test           décisions et autorisations
  tresorerie@exemple.test            paiements
  administration@exemple.test        comptes et journal
  mifi@exemple.test                  reddition de comptes, en lecture
"""


def principal() -> int:
    """Démarre tout ; rend 0 après un arrêt demandé, 1 quand quelque chose manque ou tombe."""
    # SIGINT aussi : un interpréteur de commandes le fait ignorer à ce qu'il lance en arrière-plan.
    signal.signal(signal.SIGINT, _interrompre)
    signal.signal(signal.SIGTERM, _interrompre)
    if signal.getsignal(signal.SIGHUP) != signal.SIG_IGN:  # nohup
        signal.signal(signal.SIGHUP, _interrompre)
    lanceur = Lanceur()
    try:
        lanceur.preparer()
        lanceur.demarrer()
        lanceur.annoncer()
        lanceur.veiller()
    except ServeurIndisponible as erreur:
        _dire(str(erreur), sys.stderr)
        return 1
    except KeyboardInterrupt:
        _dire("\nArrêt…")
        return 0
    finally:
        lanceur.arreter()


class Lanceur:
    def __init__(self) -> None:
        self.processus: dict[str, subprocess.Popen] = {}
        self.lecteurs: list[threading.Thread] = []
        self.port = 8000
        self.var = Path()

    # --- Préparer
    def preparer(self) -> None:
        self.var = dossier_var()
        self.port = _port_demande()
        _attendre_port_libre(self.port)
        self._prendre_le_dossier()
        os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
        os.environ.setdefault("DEMONSTRATION", "1")
        os.environ.setdefault("SITE_URL", f"http://localhost:{self.port}")
        os.environ.setdefault("NIVEAU_JOURNAL", "WARNING")
        # Celery déconseille le compte root parce que sa file pourrait porter du code (pickle) ; la
        # nôtre ne porte que du JSON.
        os.environ.setdefault("PYTHONWARNINGS", "ignore:You're running the worker")
        _dire("Démarrage…")
        assurer_serveurs()
        _verifier_base(os.environ["DATABASE_URL"])
        _verifier_courtier(os.environ["CELERY_BROKER_URL"])
        self.processus["préparation"] = self._ouvrir("config.preparation")
        if self.processus["préparation"].wait():
            raise ServeurIndisponible("La préparation a échoué ; rien n'a été démarré.")
        del self.processus["préparation"]

    def _prendre_le_dossier(self) -> None:
        """Deux horloges sur la même file enverraient tout en double."""
        self.verrou = (self.var / "lanceur.verrou").open("a")
        try:
            fcntl.flock(self.verrou, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise ServeurIndisponible(
                f"L'application tourne déjà sur le dossier {self.var} : arrêtez-la, ou donnez un "
                "autre dossier avec APPELS_VAR."
            ) from None

    # --- Démarrer
    def demarrer(self) -> None:
        celery = ["celery", "--app", "config", "--quiet"]
        self._lancer(
            "ouvrier",
            [*celery, "worker", "--concurrency", "2", "--loglevel", "warning", "--without-mingle"],
        )
        calendrier = str(self.var / "celerybeat-schedule")
        self._lancer(
            "horloge",
            [*celery, "beat", "--loglevel", "warning", "--schedule", calendrier, "--pidfile="],
        )
        self._lancer("web", [*SERVEUR_WEB, "--bind", f"127.0.0.1:{self.port}"])
        self._attendre_sante()

    def _lancer(self, nom: str, module: list[str]) -> None:
        processus = self._ouvrir(*module, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
        self.processus[nom] = processus
        lecteur = threading.Thread(target=_relayer, args=(nom, processus.stdout), daemon=True)
        lecteur.start()
        self.lecteurs.append(lecteur)

    @staticmethod
    def _ouvrir(*module: str, **options: object) -> subprocess.Popen:
        return subprocess.Popen(  # noqa: S603
            [sys.executable, "-m", *module],
            cwd=RACINE,
            stdin=subprocess.DEVNULL,
            # Une session à part : le Ctrl-C du terminal ne l'atteint pas, il s'arrête en son tour.
            start_new_session=True,
            preexec_fn=_mourir_avec_le_lanceur,
            **options,
        )

    def _attendre_sante(self) -> None:
        limite = time.monotonic() + DELAI_DEMARRAGE
        reponse = "aucune réponse"
        while time.monotonic() < limite:
            self._verifier_vivants()
            with contextlib.suppress(OSError, http.client.HTTPException):
                code, ailleurs = self._demander_sante()
                # Avec une SITE_URL en https, tout passe par le mandataire à installer devant.
                if code == 200 or ailleurs.startswith("https://"):
                    return
                reponse = f"réponse {code}"
            time.sleep(0.1)
        raise ServeurIndisponible(
            f"L'application n'est pas en état après {DELAI_DEMARRAGE} secondes ({reponse} à "
            "/sante/) : voir les lignes ci-dessus."
        )

    def _demander_sante(self) -> tuple[int, str]:
        liaison = http.client.HTTPConnection("127.0.0.1", self.port, timeout=5)
        with contextlib.closing(liaison):
            hote = urlsplit(os.environ["SITE_URL"]).netloc
            liaison.request("GET", "/sante/", headers={"Host": hote})
            reponse = liaison.getresponse()
            return reponse.status, reponse.headers.get("Location", "")

    def _verifier_vivants(self) -> None:
        for nom, processus in self.processus.items():
            if processus.poll() is not None:
                raise ServeurIndisponible(
                    f"Le processus « {nom} » s'est arrêté (code {processus.returncode}) : "
                    "voir ses lignes ci-dessus. Tout s'arrête."
                )

    def annoncer(self) -> None:
        _dire(f"\nL'application est prête : {os.environ['SITE_URL'].rstrip('/')}/\n")
        if os.environ["DEMONSTRATION"].lower() in OUI:
            _dire(COMPTES)
        _dire("Ctrl-C arrête tout.")

    # --- Veiller et arrêter
    def veiller(self) -> None:
        """Ne rend jamais la main : un signal ou la chute d'un processus l'interrompt."""
        while True:
            time.sleep(0.5)
            self._verifier_vivants()

    def arreter(self) -> None:
        for signe in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            signal.signal(signe, signal.SIG_IGN)
        for processus in reversed(self.processus.values()):
            if processus.poll() is None:
                processus.terminate()
            try:
                processus.wait(timeout=DELAI_ARRET)
            except subprocess.TimeoutExpired:
                pass
            finally:
                # Ce qui resterait de son groupe : les enfants d'un processus tombé d'un coup.
                with contextlib.suppress(ProcessLookupError):
                    os.killpg(processus.pid, signal.SIGKILL)
                processus.wait()
        for lecteur in self.lecteurs:
            lecteur.join(timeout=2)


def _interrompre(*_: object) -> None:
    raise KeyboardInterrupt


def _mourir_avec_le_lanceur() -> None:
    """Dans l'enfant : à la mort du lanceur, le noyau lui envoie SIGTERM."""
    pr_set_pdeathsig = 1
    ctypes.CDLL(None).prctl(pr_set_pdeathsig, signal.SIGTERM)


def _relayer(nom: str, sortie: IO[bytes]) -> None:
    """Chaque ligne d'un processus, précédée de son nom."""
    for ligne in sortie:
        if ligne.strip():
            _dire(f"{nom:>8} | {ligne.decode(errors='replace').rstrip()}")


def _dire(texte: str, ou: IO[str] | None = None) -> None:
    """Une sortie fermée (``script/server | head``) n'empêche pas d'arrêter proprement."""
    with contextlib.suppress(BrokenPipeError):
        print(texte, file=ou or sys.stdout, flush=True)


# --- Vérifier -----------------------------------------------------------------------------------
def _port_demande() -> int:
    brut = os.environ.get("PORT", "8000")
    if not brut.isdecimal() or not 0 < int(brut) < 65536:
        raise ServeurIndisponible(f"PORT doit être un nombre de 1 à 65535, pas « {brut} ».")
    return int(brut)


def _attendre_port_libre(port: int) -> None:
    """Un serveur qu'on vient de tuer met un instant à rendre son port."""
    limite = time.monotonic() + DELAI_PORT
    while True:
        with socket.socket() as prise:
            prise.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                prise.bind(("127.0.0.1", port))
                return
            except OSError as erreur:
                if erreur.errno in {errno.EACCES, errno.EPERM}:
                    raise ServeurIndisponible(
                        f"Le port {port} est réservé à l'administrateur : PORT=8000 script/server."
                    ) from None
                if time.monotonic() > limite:
                    raise ServeurIndisponible(
                        f"Le port {port} est déjà pris : arrêtez ce qui l'occupe, ou choisissez-en "
                        f"un autre (PORT={port % 65535 + 1} script/server)."
                    ) from None
        time.sleep(0.2)


def _verifier_base(adresse: str) -> None:
    import psycopg

    try:
        psycopg.connect(adresse, connect_timeout=5).close()
    except psycopg.Error as erreur:
        raise ServeurIndisponible(
            f"La base de données de DATABASE_URL refuse la connexion : {cause(erreur)}."
        ) from None


def _verifier_courtier(adresse: str) -> None:
    from kombu import Connection

    try:
        with Connection(adresse, connect_timeout=5) as connexion:
            connexion.ensure_connection(max_retries=1, timeout=5)
    except Exception as erreur:
        raise ServeurIndisponible(
            f"Le courtier de CELERY_BROKER_URL ne répond pas : {cause(erreur)}."
        ) from None


if __name__ == "__main__":
    sys.exit(principal())
