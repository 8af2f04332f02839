"""Ce que tous les tests partagent : de vrais serveurs, un vrai navigateur, une horloge."""

import gc
import os
import re
import shutil
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from celery import current_app
from django.conf import settings
from django.core.cache import cache
from django.db import connection

from config.embarque import RACINE
from tests.modele import assurer_le_modele, existe

# --- Deux processus -----------------------------------------------------------------------------
# Les plus longs partent d'abord : le dernier parti fait attendre l'autre processus.
LONGS = (
    "test_script_server.py",
    "test_chemin.py",
    "test_axe.py",
    "test_redaction_ecran.py",
    "test_acces.py",
    "test_saisies_hostiles.py",
    "test_attaque_publications.py",
    "test_recusation_partout.py",
    "test_navigateur.py",
    "test_sans_rien_perdre.py",
    "test_sans_souris_ni_script.py",
    "test_lots_lettres.py",
    "test_importation.py",
    "test_permissions.py",
)
# Ses tests ne partagent rien : chacun va au processus libre.
A_DISTRIBUER = "tests/parcours/test_axe.py"


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> Any:
    """Avec ``--dist loadfile``, un fichier reste entier dans un processus, sauf celui des pages."""
    if config.getvalue("dist") != "loadfile":
        return None
    from xdist.scheduler import LoadFileScheduling

    class ParFichier(LoadFileScheduling):
        def _split_scope(self, nodeid: str) -> str:
            return nodeid if nodeid.startswith(A_DISTRIBUER) else super()._split_scope(nodeid)

    return ParFichier(config, log)


@pytest.hookimpl(wrapper=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> Any:
    """Dans un processus de xdist, les longs d'abord (après le tri de pytest-django)."""
    rendu = yield
    if "PYTEST_XDIST_WORKER" in os.environ:
        rangs = {nom: rang for rang, nom in enumerate(LONGS)}
        items.sort(key=lambda item: rangs.get(item.path.name, len(LONGS)))
    return rendu


@pytest.hookimpl(trylast=True)
def pytest_collection_finish() -> None:
    """Ce qui est chargé reste jusqu'à la fin : le ramasse-miettes n'a plus à le reparcourir.

    Ses passages coûtaient un dixième du temps de calcul de la suite.
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(20_000, 20, 50)


@pytest.fixture(autouse=True)
def rien_de_garde() -> None:
    """Ni débit compté ni page gardée d'un test à l'autre, quel que soit leur ordre."""
    cache.clear()


# --- Base ---------------------------------------------------------------------------------------
def _declencheur_truncate(action: str) -> None:
    """Django vide les tables entre deux tests transactionnels : ce qui s'ajoute doit l'accepter."""
    with connection.cursor() as curseur:
        curseur.execute(
            "SELECT tgrelid::regclass, tgname FROM pg_trigger "
            "WHERE tgname LIKE 'pgtrigger_%_sans_truncate_%'"
        )
        for table, nom in curseur.fetchall():
            curseur.execute(f'ALTER TABLE {table} {action} TRIGGER "{nom}"')


@pytest.fixture(scope="session")
def django_db_modify_db_settings(
    django_db_modify_db_settings: None,
    django_db_use_migrations: bool,
    django_db_keepdb: bool,
    django_db_createdb: bool,
    django_db_blocker: Any,
) -> None:
    """La base du test, quand il faut la créer, est la copie d'un modèle déjà migré."""
    de_test = connection.settings_dict["TEST"]
    with django_db_blocker.unblock():
        gardee = django_db_keepdb and not django_db_createdb and existe(de_test["NAME"])
        if django_db_use_migrations and not gardee:
            de_test["TEMPLATE"] = assurer_le_modele(a_neuf=django_db_createdb)


@pytest.fixture(scope="session")
def django_db_setup(django_db_setup: None, django_db_blocker: Any) -> Iterator[None]:
    with django_db_blocker.unblock():
        _declencheur_truncate("DISABLE")
    yield
    # Un fil ou un ouvrier arrêté peut laisser une connexion : la base ne s'effacerait pas.
    with django_db_blocker.unblock(), connection.cursor() as curseur:
        curseur.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
            "WHERE datname = current_database() AND pid <> pg_backend_pid()"
        )


@pytest.fixture
def truncate_refuse(transactional_db: None) -> Iterator[None]:
    """Remet le déclencheur que les tests retirent d'ordinaire."""
    _declencheur_truncate("ENABLE")
    yield
    _declencheur_truncate("DISABLE")


# --- Sceau --------------------------------------------------------------------------------------
@pytest.fixture(scope="session")
def pkcs12_de_la_ville(tmp_path_factory: pytest.TempPathFactory) -> Path:
    from socle.sceau_demonstration import fabriquer_certificat

    chemin = tmp_path_factory.mktemp("sceau") / "ville.p12"
    chemin.write_bytes(fabriquer_certificat(nom="Ville de Trois-Rivières", mot_de_passe="secret"))
    return chemin


@pytest.fixture
def sceau_de_la_ville(pkcs12_de_la_ville: Path, settings: Any) -> Path:
    """Le certificat de la Ville, configuré : sans cette fixture, rien n'est scellé."""
    settings.SCEAU_PKCS12 = str(pkcs12_de_la_ville)
    settings.SCEAU_MOT_DE_PASSE = "secret"
    return pkcs12_de_la_ville


# --- Ouvrier ------------------------------------------------------------------------------------
def _adresse_de_la_base_du_test() -> str:
    return re.sub(
        r"/[^/?]+(?=\?|$)",
        f"/{connection.settings_dict['NAME']}",
        os.environ["DATABASE_URL"],
        count=1,
    )


@pytest.fixture
def ouvrier(transactional_db: None) -> Iterator[subprocess.Popen]:
    """Un vrai ouvrier Celery, sur la base et la file du test, vidée de ce qu'on y a laissé."""
    with current_app.connection_for_write() as courtier:
        courtier.default_channel.queue_purge(settings.CELERY_TASK_DEFAULT_QUEUE)
    with lancer_un_ouvrier() as processus:
        yield processus


@contextmanager
def lancer_un_ouvrier() -> Iterator[subprocess.Popen]:
    """Un ouvrier de plus, arrêté à la sortie."""
    commande = [sys.executable, "-m", "celery", "--app", "config", "--quiet", "worker"]
    processus = subprocess.Popen(
        [*commande, "--pool", "solo", "--loglevel", "warning", "--without-gossip"],
        cwd=RACINE,
        env={
            **os.environ,
            "DATABASE_URL": _adresse_de_la_base_du_test(),
            "PYTHONWARNINGS": "ignore:You're running the worker",
        },
    )
    yield processus
    processus.terminate()
    try:
        processus.wait(timeout=10)
    except subprocess.TimeoutExpired:
        processus.kill()
        processus.wait()


# --- Navigateur ---------------------------------------------------------------------------------
OPTIONS_CHROMIUM = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]


@pytest.fixture(scope="session")
def navigateur() -> Iterator[Any]:
    """Le Chromium de Debian, sans écran ; sa version sans fenêtre, plus légère, si elle est là."""
    from playwright.sync_api import sync_playwright

    chemin = shutil.which("chromium-headless-shell") or shutil.which("chromium")
    assert chemin, "Chromium manque : script/setup --test"
    with sync_playwright() as pilote:
        chromium = pilote.chromium.launch(executable_path=chemin, args=OPTIONS_CHROMIUM)
        yield chromium
        chromium.close()


@pytest.fixture
def ouvrir_page(navigateur: Any, live_server: Any) -> Iterator[Callable[..., Any]]:
    """``ouvrir_page(largeur=1280, javascript=True)`` : une page neuve, sans session."""
    contextes = []

    def ouvrir(*, largeur: int = 1280, javascript: bool = True) -> Any:
        contexte = navigateur.new_context(
            base_url=live_server.url,
            viewport={"width": largeur, "height": 900},
            java_script_enabled=javascript,
            locale="fr-CA",
            timezone_id="America/Toronto",
        )
        contexte.set_default_timeout(15_000)
        contextes.append(contexte)
        return contexte.new_page()

    yield ouvrir
    for contexte in contextes:
        contexte.close()
    _attendre_les_requetes_en_route()


def _attendre_les_requetes_en_route() -> None:
    """Une page fermée laisse finir sa requête : vider les tables pendant ce temps se bloquerait.

    Le serveur a un fil par connexion, qui finit avec elle. Sans fil deux fois de suite : une
    connexion que le noyau tenait encore prête a eu le temps d'avoir le sien.
    """
    limite = time.monotonic() + 30
    calmes = 0
    while calmes < 2:
        fils = [fil for fil in threading.enumerate() if "(process_request_thread)" in fil.name]
        calmes = 0 if fils else calmes + 1
        assert time.monotonic() < limite, f"Le serveur n'a pas fini de répondre : {fils}"
        time.sleep(0.02)


@pytest.fixture
def verifier_axe() -> Callable[[Any], None]:
    """Aucune violation axe (WCAG 2.2 A et AA) sur la page ouverte."""
    from axe_playwright_python.base import AXE_SCRIPT

    def verifier(page: Any) -> None:
        # Le script pèse un demi-mégaoctet : une fois par page, quelle que soit sa largeur.
        if not page.evaluate("'axe' in window"):
            page.evaluate(AXE_SCRIPT)
        trouvees = page.evaluate(
            "axe.run({resultTypes: ['violations']}).then(resultat => resultat.violations)"
        )
        violations = [
            f"{v['id']} : {v['help']}\n    "
            + "\n    ".join(re.sub(r"\s+", " ", n["html"])[:200] for n in v["nodes"][:5])
            for v in trouvees
        ]
        assert not violations, f"{page.url}\n" + "\n".join(violations)

    return verifier
