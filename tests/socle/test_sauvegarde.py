"""Sauvegarde et reprise, sur un vrai PostgreSQL et une base neuve à soi."""

import os
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest
from django.conf import settings
from django.core.files.base import ContentFile
from django.core.files.storage import FileSystemStorage
from django.core.management import CommandError, call_command
from django.db import connection

from socle.journal import journaliser
from socle.models import EntreeJournal
from tests.factories import OrganismeFactory, UtilisateurFactory

pytestmark = pytest.mark.django_db(transaction=True)
BASE = f"essai_reprise_{os.getpid()}"


def adresse(base: str) -> str:
    return re.sub(r"/[^/?]+(?=\?|$)", f"/{base}", os.environ["DATABASE_URL"], count=1)


@pytest.fixture
def fichiers(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> FileSystemStorage:
    """Le stockage de la ville, avec deux pièces."""
    stockage = FileSystemStorage(location=tmp_path / "stockage")
    stockage.save("pieces/2030/budget.xlsx", ContentFile(b"budget" * 1000))
    stockage.save("documents/lettre é.pdf", ContentFile(b"%PDF-1.7"))
    monkeypatch.setattr("socle.sauvegarde.sauvegarder.__kwdefaults__", {"stockage": stockage})
    return stockage


@pytest.fixture
def sauvegarde(fichiers: FileSystemStorage, tmp_path: Path) -> Path:
    agente = UtilisateurFactory(agent=True)
    organisme = OrganismeFactory(nom="Café « Parlures »")
    journaliser(acteur=agente, verbe="organisme.verifier", objet=organisme)
    dossier = tmp_path / "sauvegarde"
    call_command("sauvegarder", dossier, verbosity=0)
    return dossier


@pytest.fixture
def base_neuve() -> Iterator[str]:
    with psycopg.connect(adresse("postgres"), autocommit=True) as administration:
        administration.execute(f"DROP DATABASE IF EXISTS {BASE} WITH (FORCE)")
        administration.execute(f"CREATE DATABASE {BASE}")
        yield adresse(BASE)
        administration.execute(f"DROP DATABASE {BASE} WITH (FORCE)")


def restaurer(
    dossier: Path, base: str, stockage: Path, *options: str
) -> subprocess.CompletedProcess:
    """La vraie commande, dans son processus, sur une autre base et un autre dossier."""
    return subprocess.run(
        [sys.executable, "manage.py", "restaurer", str(dossier), *options],
        cwd=settings.BASE_DIR,
        env={
            **os.environ,
            "DJANGO_SETTINGS_MODULE": "config.settings",
            "DATABASE_URL": base,
            "MEDIA_STORAGE": str(stockage),
        },
        capture_output=True,
        text=True,
        check=False,
    )


def contenu(base: str) -> dict[str, list]:
    """Chaque table de la base, triée, et ses déclencheurs.

    Moins les battements : la sauvegarde y inscrit sa fin, donc après la copie de la base.
    """
    with psycopg.connect(base) as connexion:
        tables = connexion.execute(
            "SELECT tablename FROM pg_tables WHERE schemaname = 'public' ORDER BY 1"
        ).fetchall()
        rendu = {
            nom: connexion.execute(
                f'SELECT to_jsonb(t)::text FROM public."{nom}" t ORDER BY 1'
            ).fetchall()
            for (nom,) in tables
            if nom != "socle_battement"
        }
        rendu["déclencheurs"] = connexion.execute(
            "SELECT tgname FROM pg_trigger WHERE NOT tgisinternal ORDER BY 1"
        ).fetchall()
        return rendu


def test_aller_retour(sauvegarde: Path, base_neuve: str, tmp_path: Path) -> None:
    fini = restaurer(sauvegarde, base_neuve, tmp_path / "ailleurs")

    assert fini.returncode == 0, fini.stderr
    assert "2 fichier(s)" in fini.stdout
    repris = contenu(base_neuve)
    assert repris == contenu(adresse(connection.settings_dict["NAME"]))
    assert len(repris["socle_entreejournal"]) == EntreeJournal.objects.count() == 1
    assert repris["déclencheurs"]
    assert (tmp_path / "ailleurs/pieces/2030/budget.xlsx").read_bytes() == b"budget" * 1000
    assert (tmp_path / "ailleurs/documents/lettre é.pdf").read_bytes() == b"%PDF-1.7"


def test_base_occupee_refusee_sauf_ecraser(
    sauvegarde: Path, base_neuve: str, tmp_path: Path
) -> None:
    with psycopg.connect(base_neuve) as connexion:
        connexion.execute("CREATE TABLE ancienne (n int)")
    stockage = tmp_path / "ailleurs"

    refus = restaurer(sauvegarde, base_neuve, stockage)
    assert refus.returncode == 1
    assert "n'est pas vide : rien n'a été touché" in refus.stderr
    assert list(contenu(base_neuve)) == ["ancienne", "déclencheurs"]
    assert not stockage.exists()

    ancien = stockage / "documents/lettre é.pdf"
    ancien.parent.mkdir(parents=True)
    ancien.write_bytes(b"une autre lettre")
    fini = restaurer(sauvegarde, base_neuve, stockage, "--ecraser")
    assert fini.returncode == 0, fini.stderr
    assert contenu(base_neuve) == contenu(adresse(connection.settings_dict["NAME"]))
    assert ancien.read_bytes() == b"%PDF-1.7"
    assert [f.name for f in ancien.parent.iterdir()] == ["lettre é.pdf"]


def test_un_autre_fichier_du_meme_nom_refuse(
    sauvegarde: Path, base_neuve: str, tmp_path: Path
) -> None:
    ancien = tmp_path / "ailleurs/documents/lettre é.pdf"
    ancien.parent.mkdir(parents=True)
    ancien.write_bytes(b"une autre lettre")
    refus = restaurer(sauvegarde, base_neuve, tmp_path / "ailleurs")
    assert refus.returncode == 1
    assert "a déjà un autre fichier nommé documents/lettre é.pdf" in refus.stderr
    assert list(contenu(base_neuve)) == ["déclencheurs"]
    assert ancien.read_bytes() == b"une autre lettre"


def abimer_piece(dossier: Path) -> None:
    fichier = dossier / "fichiers/pieces/2030/budget.xlsx"
    octets = bytearray(fichier.read_bytes())
    octets[5] ^= 1
    fichier.write_bytes(octets)


def abimer_base(dossier: Path) -> None:
    with (dossier / "base.dump").open("ab") as fichier:
        fichier.write(b"x")


def abimer_manifeste(dossier: Path) -> None:
    fichier = dossier / "manifeste.json"
    fichier.write_text(fichier.read_text().replace("budget.xlsx", "budget.xls"))


@pytest.mark.parametrize(
    ("abimer", "phrase"),
    [
        (abimer_piece, "budget.xlsx de la sauvegarde est abîmé"),
        (abimer_base, "base.dump de la sauvegarde est abîmé"),
        (abimer_manifeste, "manifeste.json est abîmé"),
        (lambda d: (d / "base.dump").unlink(), "base.dump de la sauvegarde ne se lit pas"),
        (lambda d: (d / "manifeste.json").unlink(), "n'a pas de manifeste.json"),
        (lambda d: (d / "manifeste.json").write_text("[]"), "manifeste.json est abîmé"),
    ],
)
def test_sauvegarde_abimee_refusee_avant_tout(
    sauvegarde: Path, abimer, phrase: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Même avec --ecraser : la base et les fichiers ne sont pas touchés."""
    abimer(sauvegarde)
    monkeypatch.setattr("socle.sauvegarde.reprendre_la_base", lambda *_: pytest.fail("touchée"))
    monkeypatch.setattr("socle.sauvegarde._rendre", lambda *_: pytest.fail("touché"))
    with pytest.raises(CommandError, match=re.escape(phrase)):
        call_command("restaurer", sauvegarde, ecraser=True)


def test_dossiers_refuses(sauvegarde: Path, tmp_path: Path) -> None:
    with pytest.raises(CommandError, match="n'est pas vide"):
        call_command("sauvegarder", sauvegarde)
    with pytest.raises(CommandError, match="n'existe pas"):
        call_command("restaurer", tmp_path / "rien")
    (tmp_path / "fichier").touch()
    with pytest.raises(CommandError, match="ne s'écrit pas"):
        call_command("sauvegarder", tmp_path / "fichier")


def test_nom_qui_sort_du_dossier_refuse(sauvegarde: Path) -> None:
    from socle.sauvegarde import SauvegardeRefusee, _sur

    for nom in ("../ailleurs", "/etc/passwd", "a/../../b", ""):
        with pytest.raises(SauvegardeRefusee, match="n'est pas permis"):
            _sur(nom)


def test_base_qui_refuse(sauvegarde: Path, tmp_path: Path) -> None:
    fini = restaurer(sauvegarde, adresse("base_absente"), tmp_path / "ailleurs")
    assert fini.returncode == 1
    assert "refuse" in fini.stderr
    assert "Traceback" not in fini.stderr
    assert len(fini.stderr.strip().splitlines()) == 1


def test_reprise_interrompue_laisse_la_base(base_neuve: str, tmp_path: Path, monkeypatch) -> None:
    """Une erreur au milieu du script : la transaction rend la base comme elle était."""
    from socle import outils_postgresql

    with psycopg.connect(base_neuve) as connexion:
        connexion.execute("CREATE TABLE ancienne (n int)")
    script = tmp_path / "base.sql"
    script.write_text(outils_postgresql.VIDER + "CREATE TABLE neuve (n int);\nSELECT 1/0;\n")
    monkeypatch.setattr(outils_postgresql, "_adresse", lambda _: (base_neuve, ""))
    with pytest.raises(outils_postgresql.BaseRefusee, match="division by zero"):
        outils_postgresql.reprendre_la_base(script)
    assert list(contenu(base_neuve)) == ["ancienne", "déclencheurs"]


def test_un_stockage_sans_dossier(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Rien que l'interface de Django : un stockage sans chemins (S3) va et revient."""
    from django.core.files.storage import InMemoryStorage

    from socle import sauvegarde as module

    monkeypatch.setattr(module, "copier_la_base", lambda fichier: fichier.write_bytes(b"base"))
    monkeypatch.setattr(module, "base_est_vide", lambda: True)
    monkeypatch.setattr(module, "preparer_la_reprise", lambda *_: None)
    monkeypatch.setattr(module, "reprendre_la_base", lambda *_: None)
    source, cible = InMemoryStorage(), InMemoryStorage()
    source.save("pieces/a/b.pdf", ContentFile(b"b"))
    source.save("vide.txt", ContentFile(b""))

    module.sauvegarder(tmp_path / "s", stockage=source)
    bilan = module.restaurer(tmp_path / "s", stockage=cible)

    assert bilan.fichiers == 2
    assert cible.open("pieces/a/b.pdf").read() == b"b"
    assert cible.open("vide.txt").read() == b""
    # Une deuxième reprise retrouve les mêmes fichiers et ne les double pas.
    module.restaurer(tmp_path / "s", stockage=cible)
    assert cible.listdir("pieces/a") == ([], ["b.pdf"])
