"""Les documents nomment ce qui existe : fichiers, liens, commandes, adresses, version du paquet."""

import re
import subprocess
import tomllib
from pathlib import Path

import pytest
from django.core.management import get_commands
from django.urls import Resolver404, resolve

from config.embarque import RACINE

DOCUMENTS = sorted(
    [RACINE / "README.md", RACINE / "CONTRIBUTING.md", *(RACINE / "docs").rglob("*.md")]
)
# Écrit par la sauvegarde dans le dossier qu'on lui donne.
HORS_DU_DEPOT = {"manifeste.json"}
LIEN = re.compile(r"\]\(([^)#\s]+)(?:#[^)]*)?\)")
COMMANDE = re.compile(r"manage\.py (\w+)")
CHEMIN = re.compile(r"`([\w.-]+(?:/[\w.-]+)*/?)(?:::\w+)?`")
EXTENSION = re.compile(r"\w\.(?:py|html|md|json|css|js|toml|txt|csv|png)$")
ADRESSE = re.compile(r"`(/[a-z][\w/.-]*)`")
MACHINE = ("/etc/", "/srv/", "/var/", "/usr/", "/run/", "/tmp/", "/static/", "/dev/")  # noqa: S108


def _fichiers() -> list[str]:
    git = ["git", "-C", str(RACINE), "ls-files", "--cached", "--others", "--exclude-standard"]
    return subprocess.run(git, capture_output=True, text=True, check=True).stdout.split("\n")


def _existe(chemin: str, fichiers: list[str]) -> bool:
    nu = chemin.rstrip("/")
    return any(
        fichier == nu or fichier.endswith(f"/{nu}") or fichier.startswith(f"{nu}/")
        for fichier in fichiers
    )


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda d: str(d.relative_to(RACINE)))
def test_ce_que_le_document_nomme_existe(document: Path) -> None:
    texte = document.read_text(encoding="utf-8")
    fichiers = _fichiers()
    dossiers = {fichier.split("/")[0] for fichier in fichiers if "/" in fichier}
    faux = [
        lien
        for lien in LIEN.findall(texte)
        if "://" not in lien and not (document.parent / lien).exists()
    ]
    faux += [nom for nom in COMMANDE.findall(texte) if nom not in get_commands()]
    for chemin in set(CHEMIN.findall(texte)) - HORS_DU_DEPOT:
        du_depot = "/" in chemin and chemin.split("/")[0] in dossiers
        if (du_depot or EXTENSION.search(chemin)) and not _existe(chemin, fichiers):
            faux.append(chemin)
    for adresse in set(ADRESSE.findall(texte)):
        if not adresse.startswith(MACHINE) and not _repond(adresse):
            faux.append(adresse)
    assert faux == []


def _repond(adresse: str) -> bool:
    try:
        resolve(adresse)
    except Resolver404:
        return False
    return True


def test_la_version_du_paquet_est_la_premiere_du_journal() -> None:
    paquet = tomllib.loads((RACINE / "pyproject.toml").read_text(encoding="utf-8"))
    journal = (RACINE / "CHANGELOG.md").read_text(encoding="utf-8")
    versions = re.findall(r"^## (\d+\.\d+\.\d+)", journal, flags=re.MULTILINE)
    assert versions[0] == paquet["project"]["version"]


def test_chaque_version_nomme_chaque_public_une_fois() -> None:
    journal = (RACINE / "CHANGELOG.md").read_text(encoding="utf-8")
    for section in re.split(r"^## ", journal, flags=re.MULTILINE)[1:]:
        publics = re.findall(r"^### (.+)$", section, flags=re.MULTILINE)
        assert len(publics) == len(set(publics)), section.split("\n")[0]
