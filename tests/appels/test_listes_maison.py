"""Les listes de la maison : organismes et courriels se filtrent, et ce qui s'exporte est montré."""

import csv
import datetime as dt
from io import BytesIO, StringIO

import pytest
from django.db import transaction
from django.urls import reverse
from openpyxl import load_workbook
from post_office.models import STATUS, Email

from socle import horloge
from socle.journal import journaliser
from socle.models import Organisme
from tests.factories import OrganismeFactory, UtilisateurFactory

pytestmark = pytest.mark.django_db


@pytest.fixture
def agent(client):
    client.force_login(UtilisateurFactory(agent=True))
    return client


def test_les_organismes_se_filtrent_par_admissibilite_et_s_exportent(agent) -> None:
    OrganismeFactory(nom="Café Admis", statut="admissible")
    OrganismeFactory(nom="Logis Inconnu", statut="a_verifier")
    choix = {"statut": "admissible"}
    texte = agent.get(reverse("ville:organismes"), choix).text
    assert "Café Admis" in texte
    assert "Logis Inconnu" not in texte
    export = agent.get(reverse("ville:organismes"), {**choix, "format": "xlsx"})
    lignes = list(load_workbook(BytesIO(export.content)).active.values)
    assert [(ligne[0], ligne[3]) for ligne in lignes[1:]] == [("Café Admis", "Admissible")]


@pytest.mark.parametrize(("etat", "montre"), [(STATUS.failed, True), (STATUS.sent, False)])
def test_les_courriels_echoues_se_trouvent(agent, etat: int, montre: bool) -> None:
    Email.objects.create(
        to="a@exemple.test", from_email="v@exemple.test", subject="Perdu", status=STATUS.failed
    )
    texte = agent.get(reverse("ville:courriels"), {"etat": str(etat)}).text
    assert ("Perdu" in texte) is montre
    assert ("Rien ne répond à ce choix" in texte) is not montre


@pytest.mark.parametrize("forge", [{"etat": "x"}, {"etat": "9" * 30}, {"etat": "77"}])
def test_un_etat_forge_montre_tout(agent, forge: dict[str, str]) -> None:
    assert agent.get(reverse("ville:courriels"), forge).status_code == 200


@pytest.fixture
def administration(client):
    client.force_login(UtilisateurFactory(administration=True, nom="Karim Essai"))
    return client


def test_le_journal_se_filtre_par_jour_et_s_exporte_avec_son_empreinte(administration) -> None:
    OrganismeFactory(nom="Café Inscrit")
    organisme = Organisme.objects.get(nom="Café Inscrit")
    with transaction.atomic():
        journaliser(acteur=None, verbe="organisme.inscrire", objet=organisme)
    jour = horloge.aujourdhui()
    adresse = reverse("ville:journal")
    assert "Café Inscrit" in administration.get(adresse, {"du": jour.isoformat()}).text
    hier = (jour - dt.timedelta(days=1)).isoformat()
    assert "Café Inscrit" not in administration.get(adresse, {"au": hier}).text
    export = administration.get(adresse, {"recherche": "Café", "format": "csv"})
    lignes = list(csv.reader(StringIO(export.content.decode("utf-8-sig")), delimiter=";"))
    assert lignes[0][:3] == ["Rang", "Quand", "Qui"]
    assert [ligne[4] for ligne in lignes[1:]] == ["Café Inscrit"]


def test_un_jour_impossible_se_dit_pres_de_lui(administration) -> None:
    page = administration.get(reverse("ville:journal"), {"du": "2026-02-31"})
    assert page.status_code == 200
    assert page.context["filtre"].errors["du"]
    assert 'id="id_du_erreur"' in page.text or "champ--erreur" in page.text
