"""``pg_dump`` et ``pg_restore`` sur la base de Django : copie complète, reprise d'un seul bloc."""

import os
import re
import subprocess
from pathlib import Path

from django.db import DEFAULT_DB_ALIAS, DatabaseError, connections

from config.embarque import dossiers_des_programmes

# Le schéma vidé et repris dans la même transaction : un échec laisse la base comme elle était.
VIDER = """
SET lock_timeout = '20s';
DROP SCHEMA public CASCADE;
CREATE SCHEMA public;
GRANT USAGE ON SCHEMA public TO PUBLIC;
ALTER SCHEMA public OWNER TO pg_database_owner;
"""


class BaseRefusee(Exception):
    """Une phrase en français : la base ou ses outils refusent."""


def copier_la_base(fichier: Path, *, alias: str = DEFAULT_DB_ALIAS) -> None:
    """Écrit toute la base dans ``fichier``, au format de ``pg_dump`` ; lève ``BaseRefusee``."""
    _lancer(
        alias,
        "pg_dump",
        ["--format=custom", "--no-owner", "--no-privileges", f"--file={fichier}"],
    )


def preparer_la_reprise(fichier: Path, script: Path, *, alias: str = DEFAULT_DB_ALIAS) -> None:
    """Change la copie en un script SQL, sans toucher à la base ; lève ``BaseRefusee``.

    Un script entier, et non un tube vers ``psql`` : un tube coupé validerait la moitié faite.
    """
    corps = script.with_suffix(".corps")
    _lancer(
        alias,
        "pg_restore",
        ["--no-owner", "--no-privileges", f"--file={corps}", str(fichier)],
        joindre=False,
    )
    with script.open("wb") as sortie, corps.open("rb") as entree:
        sortie.write(VIDER.encode())
        while bloc := entree.read(1 << 20):
            sortie.write(bloc)
    corps.unlink()


def reprendre_la_base(script: Path, *, alias: str = DEFAULT_DB_ALIAS) -> None:
    """Remplace le contenu de la base par celui du script, en une transaction."""
    connections[alias].close()
    _lancer(
        alias,
        "psql",
        [
            "--no-psqlrc",
            "--quiet",
            "--single-transaction",
            "--set=ON_ERROR_STOP=1",
            f"--output={os.devnull}",
            f"--file={script}",
        ],
    )


def base_est_vide(*, alias: str = DEFAULT_DB_ALIAS) -> bool:
    """Vrai si aucune table n'y est ; lève ``BaseRefusee`` quand la base ne répond pas."""
    try:
        with connections[alias].cursor() as curseur:
            return not connections[alias].introspection.table_names(curseur)
    except DatabaseError as erreur:
        raise BaseRefusee(f"La base de données refuse : {_une_ligne(str(erreur))}") from None


def _lancer(alias: str, programme: str, options: list[str], *, joindre: bool = True) -> None:
    commande = [str(_dossier(alias) / programme), *options]
    environnement = {**os.environ, "PGCONNECT_TIMEOUT": "10", "LC_ALL": "C.UTF-8"}
    if joindre:
        adresse, mot_de_passe = _adresse(alias)
        commande.insert(1, f"--dbname={adresse}")
        if mot_de_passe:
            # Par l'environnement : la ligne de commande se lit par toute la machine.
            environnement["PGPASSWORD"] = mot_de_passe
    fini = subprocess.run(  # noqa: S603
        commande,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        env=environnement,
        check=False,
    )
    if fini.returncode:
        reproche = _une_ligne(fini.stderr.decode(errors="replace"))
        raise BaseRefusee(f"La base de données refuse ({programme}) : {reproche}")


def _adresse(alias: str) -> tuple[str, str]:
    """L'adresse que Django emploie, en termes de libpq, et le mot de passe à part."""
    from psycopg import pq
    from psycopg.conninfo import make_conninfo

    connus = {option.keyword.decode() for option in pq.Conninfo.get_defaults()}
    reglages = {
        nom: valeur
        for nom, valeur in connections[alias].get_connection_params().items()
        if nom in connus and valeur is not None
    }
    mot_de_passe = str(reglages.pop("password", "") or "")
    return make_conninfo(**reglages), mot_de_passe


def _dossier(alias: str) -> Path:
    """Les outils de la version du serveur ; à défaut, les moins récents qui le dépassent.

    ``pg_dump`` refuse un serveur plus récent que lui, et un serveur refuse parfois les réglages
    d'une copie faite par un outil plus récent.
    """
    try:
        connections[alias].ensure_connection()
        serveur = connections[alias].pg_version // 10000
    except DatabaseError as erreur:
        raise BaseRefusee(f"La base de données refuse : {_une_ligne(str(erreur))}") from None
    versions = {_version(dossier): dossier for dossier in reversed(dossiers_des_programmes())}
    convenables = sorted(version for version in versions if version >= serveur)
    if not convenables:
        raise BaseRefusee(
            f"Il manque pg_dump {serveur} ou plus récent : installez postgresql-client-{serveur}."
        )
    return versions[convenables[0]]


def _version(dossier: Path) -> int:
    """La version majeure des outils de ``dossier`` ; 0 s'ils n'y sont pas tous."""
    if not all((dossier / nom).exists() for nom in ("pg_dump", "pg_restore", "psql")):
        return 0
    sortie = subprocess.run(  # noqa: S603
        [dossier / "pg_dump", "--version"], capture_output=True, text=True, check=False
    ).stdout
    trouve = re.search(r"(\d+)(\.\d+|beta\d+|rc\d+|devel)", sortie)
    return int(trouve[1]) if trouve else 0


def _une_ligne(texte: str) -> str:
    """Le premier reproche, sans le nom du programme ni celui du fichier de travail."""
    lignes = [ligne for ligne in texte.splitlines() if ligne.strip()] or ["aucune explication"]
    ligne = next((ligne for ligne in lignes if re.search(r"error|FATAL|ERROR", ligne)), lignes[0])
    return " ".join(re.sub(r"^\S*(psql|pg_\w+):(\S+:\d+:)?\s*", "", ligne).split())[:300]
