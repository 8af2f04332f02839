"""Une ville qui met à jour : la base d'une version d'avant, reprise puis migrée, garde tout.

``tests/donnees/bases/<version>.dump`` est le ``base.dump`` d'une sauvegarde de la démonstration,
faite par cette version : de vraies lignes dans ce que les migrations suivantes transforment.
"""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from django.contrib.contenttypes.models import ContentType
from django.core.management import call_command
from django.db import connection
from django.db.migrations.executor import MigrationExecutor
from django.db.migrations.operations import AddConstraint, AlterField, CreateModel, RenameField
from django.test import Client
from django.urls import reverse

from appels.models import Appel
from financement.exportation import exporter
from financement.models import Convention, DepenseReelle, Rapport, ReponseRapport
from socle import outils_postgresql
from socle.models import Document, Utilisateur
from tests.financement.test_importation import ATTENDU, identiques

BASES = Path(__file__).parent / "donnees" / "bases"
VERSIONS = sorted(fichier.stem for fichier in BASES.glob("*.dump"))

# financement.0011 met à la convention ce que l'organisme prévoyait, puis l'efface du rapport.
RANGEES_AILLEURS = {"financement_valeurindicateur"}
# Ce que la démonstration de cette version n'avait pas : rien de neuf ne s'ajoute ici, sauf une
# contrainte qui s'élargit (financement.0016, les avenants) et que toute ligne d'avant respecte, ou
# un champ que seul Django voit changer (financement.0017, l'état des pages numérisées).
SANS_LIGNE = {
    "0.3.0": {
        *("appels_verdictdoute", "financement_recitbilan"),
        *("financement_avenant", "financement_pagenumerisee"),
    }
}


@dataclass
class MiseAJour:
    version: str
    lignes: dict[str, int]
    touchees: set[str]


@contextmanager
def une_base(nom: str) -> Iterator[None]:
    """Une base neuve à soi, où Django lit et écrit jusqu'à la sortie."""
    avant = connection.settings_dict["NAME"]
    with connection._nodb_cursor() as curseur:
        curseur.execute(f'DROP DATABASE IF EXISTS "{nom}" WITH (FORCE)')
        curseur.execute(f"CREATE DATABASE \"{nom}\" ENCODING 'UTF8' TEMPLATE template0")
    connection.close()
    connection.settings_dict["NAME"] = nom
    ContentType.objects.clear_cache()
    try:
        yield
    finally:
        connection.close()
        connection.settings_dict["NAME"] = avant
        ContentType.objects.clear_cache()
        with connection._nodb_cursor() as curseur:
            curseur.execute(f'DROP DATABASE IF EXISTS "{nom}" WITH (FORCE)')


def compter() -> dict[str, int]:
    """Le nombre de lignes de chaque table."""
    with connection.cursor() as curseur:
        tables = connection.introspection.table_names(curseur)
        curseur.execute(
            " UNION ALL ".join(f"SELECT '{nom}', count(*) FROM \"{nom}\"" for nom in tables)
        )
        return dict(curseur.fetchall())


def tables_touchees(plan: list[tuple[Any, bool]]) -> set[str]:
    """Les tables d'avant auxquelles les migrations à venir posent une condition nouvelle."""
    creees = {
        (migration.app_label, operation.name_lower)
        for migration, _ in plan
        for operation in migration.operations
        if isinstance(operation, CreateModel)
    }
    changees = {
        (migration.app_label, operation.model_name_lower)
        for migration, _ in plan
        for operation in migration.operations
        if isinstance(operation, AddConstraint | AlterField | RenameField)
    }
    return {f"{app}_{modele}" for app, modele in changees - creees}


@pytest.fixture(scope="module", params=VERSIONS)
def mise_a_jour(
    request: pytest.FixtureRequest,
    tmp_path_factory: pytest.TempPathFactory,
    django_db_blocker: Any,
) -> Iterator[MiseAJour]:
    """La base de cette version, reprise comme ``restaurer`` la reprend, puis migrée."""
    script = tmp_path_factory.mktemp("reprise") / "base.sql"
    avant = connection.settings_dict["NAME"]
    with django_db_blocker.unblock(), une_base(f"{avant}_mise_a_jour"):
        outils_postgresql.preparer_la_reprise(BASES / f"{request.param}.dump", script)
        outils_postgresql.reprendre_la_base(script)
        lignes = compter()
        executeur = MigrationExecutor(connection)
        plan = executeur.migration_plan(executeur.loader.graph.leaf_nodes())
        call_command("migrate", verbosity=0, interactive=False)
        yield MiseAJour(request.param, lignes, tables_touchees(plan))


def test_aucune_ligne_ne_se_perd(mise_a_jour: MiseAJour) -> None:
    apres = compter()
    moins = {
        table: (avant, apres.get(table))
        for table, avant in mise_a_jour.lignes.items()
        if table not in RANGEES_AILLEURS and apres.get(table, 0) < avant
    }
    assert moins == {}


def test_le_journal_et_le_grand_livre_tiennent(mise_a_jour: MiseAJour) -> None:
    call_command("verifier_journal")
    call_command("verifier_grand_livre")


def test_les_resultats_de_l_appel_sont_les_memes(mise_a_jour: MiseAJour) -> None:
    attendu = json.loads(ATTENDU.read_text(encoding="utf-8"))
    obtenu = json.loads(json.dumps(exporter(Appel.objects.get(code="AP-2026-01"))))
    par_code = {demande["code"]: demande for demande in obtenu["demandes"]}
    ecarts = []
    for demande in attendu["demandes"]:
        ecarts += identiques(par_code[demande["code"]], demande, demande["code"])
    for cle in ("classement_par_volet", "accorde_par_volet", "solde_par_volet"):
        ecarts += identiques(obtenu[cle], attendu[cle], cle)
    assert ecarts == []


def test_ce_que_les_migrations_ont_a_ecrire_l_est(mise_a_jour: MiseAJour) -> None:
    """Le récit d'un rapport à ses questions, un code par document, une clé par dépense."""
    rapports = Rapport.objects.all()
    assert rapports.exists()
    assert not rapports.filter(formulaire=None).exists()
    assert ReponseRapport.objects.filter(rapport__in=rapports).exclude(valeur="").exists()
    assert Convention.objects.filter(resultats_attendus__has_key="activites_realisees").exists()
    codes = list(Document.objects.values_list("code", flat=True))
    assert all(codes)
    assert len(set(codes)) == len(codes)
    cles = list(DepenseReelle.objects.values_list("cle", flat=True))
    assert len(set(cles)) == len(cles) > 0


def test_les_pages_s_ouvrent(mise_a_jour: MiseAJour) -> None:
    agente = Client()
    agente.force_login(Utilisateur.objects.get(email="agent@exemple.test"))
    rapport = Rapport.objects.select_related("demande").filter(depose_le__isnull=False).first()
    assert rapport is not None
    for adresse in (
        "/",
        "/projets/",
        "/ville/",
        "/ville/appels/AP-2026-01/",
        reverse("ville:demande", args=[rapport.demande.reference]),
        reverse("ville:rapport", args=[rapport.pk]),
    ):
        assert agente.get(adresse).status_code == 200, adresse


def test_chaque_table_que_les_migrations_contraignent_a_des_lignes(
    mise_a_jour: MiseAJour,
) -> None:
    """Une contrainte posée sur une table vide ne prouve rien : il y faut une ligne d'avant."""
    vides = {table for table in mise_a_jour.touchees if not mise_a_jour.lignes.get(table)}
    assert vides <= SANS_LIGNE[mise_a_jour.version]
