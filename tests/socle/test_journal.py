"""Le journal ne fait que s'allonger, et chaque entrée tient à la précédente (regles.md, 16)."""

import pytest
from django.core.management import call_command
from django.db import DatabaseError, connection, transaction

from socle.journal import journaliser, verifier_chaine
from socle.models import EntreeJournal
from tests.factories import UtilisateurFactory

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def entrees():
    personne = UtilisateurFactory()
    for numero in range(3):
        journaliser(
            acteur=personne if numero else None,
            verbe="essai.ecrire",
            objet=personne,
            motif=f"Entrée n° {numero}, « accents »",
            details={"montant": "12,50 $", "n": numero},
        )
    return EntreeJournal.objects.order_by("rang")


def test_les_entrees_sont_chainees(entrees):
    premiere, deuxieme, troisieme = entrees

    assert premiere.precedente == ""
    assert deuxieme.precedente == premiere.empreinte
    assert troisieme.precedente == deuxieme.empreinte
    assert verifier_chaine() == (3, None)


@pytest.mark.parametrize(
    "sql",
    [
        "UPDATE socle_entreejournal SET motif = 'autre'",
        "UPDATE socle_entreejournal SET empreinte = repeat('0', 64)",
        "DELETE FROM socle_entreejournal",
        "TRUNCATE socle_entreejournal",
    ],
)
def test_la_base_refuse_de_reecrire_le_journal(entrees, sql, truncate_refuse):
    with pytest.raises(DatabaseError, match="journal"), connection.cursor() as curseur:
        curseur.execute(sql)

    assert verifier_chaine() == (3, None)


@pytest.mark.parametrize(
    ("sql", "rang", "cause"),
    [
        ("UPDATE socle_entreejournal SET motif = 'autre' WHERE rang = 2", 2, "modifié"),
        ("DELETE FROM socle_entreejournal WHERE rang = 2", 2, "manque"),
        ("UPDATE socle_entreejournal SET precedente = repeat('0', 64) WHERE rang = 3", 3, "suit"),
    ],
)
def test_une_falsification_se_voit(entrees, sql, rang, cause, capsys):
    """Un administrateur de la base retire les déclencheurs : la chaîne le dit."""
    with transaction.atomic(), connection.cursor() as curseur:
        curseur.execute("SET LOCAL session_replication_role = replica")
        curseur.execute(sql)

    _, rupture = verifier_chaine()

    assert rupture.rang == rang
    assert cause in rupture.cause
    with pytest.raises(SystemExit) as sortie:
        call_command("verifier_journal")
    assert sortie.value.code == 1
    assert f"entrée {rang}" in capsys.readouterr().err


def test_une_transaction_annulee_ne_laisse_pas_de_trou():
    personne = UtilisateurFactory()
    with transaction.atomic():
        journaliser(acteur=personne, verbe="essai.annule", objet=personne)
        transaction.set_rollback(True)
    journaliser(acteur=personne, verbe="essai.garde", objet=personne)

    assert list(EntreeJournal.objects.values_list("rang", flat=True)) == [1]
    assert verifier_chaine() == (1, None)


def test_la_commande_dit_que_la_chaine_tient(entrees, capsys):
    call_command("verifier_journal")

    assert "3 entrées vérifiées" in capsys.readouterr().out
