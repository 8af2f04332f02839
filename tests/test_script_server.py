"""Le lanceur : ce qu'il démarre, ce qu'il dit quand une chose manque, ce qu'il laisse (rien)."""

import contextlib
import http.client
import os
import random
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest

from config import embarque
from config.embarque import RACINE

DELAI = 90


def environnement(var: Path, port: int, **autres: str) -> dict[str, str]:
    """Celui d'une personne qui lance ``script/server``, sans rien de celui des tests."""
    a_oublier = {
        "CELERY_BROKER_URL",
        "DATABASE_POOL",
        "DATABASE_URL",
        "DEBUG",
        "DJANGO_ALLOW_ASYNC_UNSAFE",
        "SITE_URL",
    }
    garde = {nom: valeur for nom, valeur in os.environ.items() if nom not in a_oublier}
    return {
        **garde,
        "APPELS_VAR": str(var),
        "DEMONSTRATION": "0",
        "DJANGO_SETTINGS_MODULE": "config.settings",
        "PORT": str(port),
        # Un ouvrier web de plus ne dirait rien de plus, et charger Django coûte.
        "WEB_OUVRIERS": "1",
        **autres,
    }


def lancer(*module: str, env: dict[str, str]) -> subprocess.Popen:
    return subprocess.Popen(
        [sys.executable, *module],
        cwd=RACINE,
        env=env,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        start_new_session=True,
    )


def refus(*module: str, env: dict[str, str]) -> str:
    """Ce que dit une commande qui refuse : une phrase, un code 1, jamais une trace."""
    processus = lancer(*module, env=env)
    dit, _ = processus.communicate(timeout=DELAI)
    assert processus.returncode == 1, dit
    assert "Traceback" not in dit
    return dit


def processus_de(var: Path) -> list[str]:
    """Les commandes vivantes qui tiennent de ``var`` leur environnement ou leur dossier."""
    trouves = []
    for processus in psutil.process_iter():
        try:
            # Valkey écrit son titre par-dessus son environnement : il se trouve par son dossier.
            if processus.cwd() == str(var / "valkey") or (
                processus.environ().get("APPELS_VAR") == str(var)
            ):
                trouves.append(" ".join(processus.cmdline()))
        except (psutil.NoSuchProcess, psutil.AccessDenied, psutil.ZombieProcess):
            continue
    return [commande for commande in trouves if commande]


def en_vie(var: Path) -> list[str]:
    """Ce que le lanceur a démarré, hors les serveurs embarqués, qui peuvent lui survivre."""
    notres = ("gunicorn", "celery", "config.")
    return [commande for commande in processus_de(var) if any(nom in commande for nom in notres)]


def attendre(condition, delai: float = DELAI) -> None:
    limite = time.monotonic() + delai
    while not condition():
        assert time.monotonic() < limite, f"Rien en {delai} secondes."
        time.sleep(0.1)


def lire_jusqu_a(processus: subprocess.Popen, morceau: str) -> str:
    lu = ""
    for ligne in processus.stdout:
        lu += ligne
        if morceau in ligne:
            return lu
    pytest.fail(f"Le lanceur s'est arrêté sans dire « {morceau} » :\n{lu}")


def sante(port: int) -> int:
    liaison = http.client.HTTPConnection("127.0.0.1", port, timeout=10)
    try:
        liaison.request("GET", "/sante/")
        return liaison.getresponse().status
    finally:
        liaison.close()


def port_libre() -> int:
    """Sous ceux que le système prête aux liaisons : celles d'un autre test ne le prendront pas."""
    while True:
        with socket.socket() as prise, contextlib.suppress(OSError):
            port = random.randrange(20_000, 32_000)  # noqa: S311
            prise.bind(("127.0.0.1", port))
            return port


@pytest.fixture
def port() -> int:
    return port_libre()


@pytest.fixture(scope="module")
def var(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """Un dossier pour tout le module : le premier démarrage y prépare ce que les autres gardent."""
    dossier = tmp_path_factory.mktemp("lanceur")
    yield dossier
    assert processus_de(dossier) == []


@pytest.fixture
def en_marche(var: Path, port: int) -> Iterator[subprocess.Popen]:
    lanceur = lancer("-m", "config.lanceur", env=environnement(var, port))
    try:
        yield lanceur
    finally:
        if lanceur.poll() is None:
            lanceur.send_signal(signal.SIGTERM)
        lanceur.communicate(timeout=DELAI)


# --- Marche -------------------------------------------------------------------------------------
def test_tout_demarre_se_partage_et_s_arrete_sans_rien_laisser(en_marche, var, port):
    dit = lire_jusqu_a(en_marche, "Ctrl-C arrête tout")
    assert f"http://localhost:{port}/" in dit
    assert sante(port) == 200
    commandes = "\n".join(processus_de(var))
    for programme in ("gunicorn", "worker", "beat", "postgres", "valkey"):
        assert programme in commandes

    # Une commande se joint aux serveurs, et les laisse à qui les a démarrés.
    commande = lancer("manage.py", "migrate", "--check", env=environnement(var, port))
    dit, _ = commande.communicate(timeout=DELAI)
    assert commande.returncode == 0, dit
    assert sante(port) == 200

    # Un second lanceur enverrait tout en double.
    dit = refus("-m", "config.lanceur", env=environnement(var, port_libre()))
    assert "L'application tourne déjà" in dit

    en_marche.send_signal(signal.SIGINT)
    dit, _ = en_marche.communicate(timeout=DELAI)
    assert en_marche.returncode == 0, dit
    assert processus_de(var) == []


def test_un_lanceur_tue_n_empeche_pas_le_suivant_et_un_processus_tombe_arrete_tout(
    en_marche, var, port
):
    lire_jusqu_a(en_marche, "Ctrl-C arrête tout")
    en_marche.kill()
    en_marche.communicate(timeout=DELAI)
    # L'ouvrier finit sa tâche après le serveur web : il se retrouverait parmi les suivants.
    attendre(lambda: not en_vie(var))

    suivant = lancer("-m", "config.lanceur", env=environnement(var, port))
    lire_jusqu_a(suivant, "Ctrl-C arrête tout")
    assert sante(port) == 200
    enfants = psutil.Process(suivant.pid).children()
    (horloge,) = [enfant for enfant in enfants if "beat" in enfant.cmdline()]

    horloge.kill()

    dit, _ = suivant.communicate(timeout=DELAI)
    assert suivant.returncode == 1
    assert "Le processus « horloge » s'est arrêté" in dit
    assert processus_de(var) == []


# --- Refus --------------------------------------------------------------------------------------
def test_port_pris(tmp_path, port):
    with socket.socket() as prise:
        prise.bind(("127.0.0.1", port))
        prise.listen()
        dit = refus("-m", "config.lanceur", env=environnement(tmp_path, port))

    assert dit.startswith(f"Le port {port} est déjà pris")
    assert processus_de(tmp_path) == []


@pytest.mark.parametrize("valeur", ["huit mille", "0", "65536", "-1", ""])
def test_port_qui_n_en_est_pas_un(tmp_path, valeur):
    dit = refus("-m", "config.lanceur", env=environnement(tmp_path, 0, PORT=valeur))

    assert dit.startswith("PORT doit être un nombre")


@pytest.mark.parametrize("commande", [("-m", "config.lanceur"), ("manage.py", "check")])
def test_dossier_sans_ecriture(tmp_path, port, commande):
    fichier = tmp_path / "fichier"
    fichier.touch()

    dit = refus(*commande, env=environnement(fichier / "var", port))

    assert "n'accepte pas d'écriture" in dit
    assert len(dit.splitlines()) == 1


def test_base_qui_refuse(tmp_path, port):
    ferme = f"postgresql://personne@127.0.0.1:{port}/rien"
    env = environnement(tmp_path, port, DATABASE_URL=ferme, CELERY_BROKER_URL="memory://")

    assert "La base de données de DATABASE_URL refuse" in refus("-m", "config.lanceur", env=env)
    dit = refus("manage.py", "migrate", "--check", env=env)
    assert dit == "La base de données refuse : aucun serveur n'y répond.\n"


def test_courtier_qui_refuse(tmp_path, port):
    env = environnement(
        tmp_path,
        port,
        DATABASE_URL=os.environ["DATABASE_URL"],
        CELERY_BROKER_URL=f"redis://127.0.0.1:{port}/0",
    )

    assert "CELERY_BROKER_URL ne répond pas" in refus("-m", "config.lanceur", env=env)


def test_un_chemin_a_espaces_se_dit_pour_postgresql_et_convient_a_valkey(tmp_path):
    var = tmp_path / "mes projets"
    var.mkdir()
    with pytest.raises(embarque.ServeurIndisponible, match="n'accepte pas d'espace"):
        embarque._joindre_postgresql(var, rapide=True)
    try:
        assert embarque._joindre_valkey(var, rapide=True).startswith("redis://")
    finally:
        embarque._arreter_valkey(var)
