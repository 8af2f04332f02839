"""La liste des demandes de la Ville : chercher, filtrer, choisir ses colonnes, exporter."""

from io import BytesIO

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from openpyxl import load_workbook
from playwright.sync_api import expect

from appels.models import Reponse
from tests.factories import (
    AffectationFactory,
    BesoinFactory,
    DemandeFactory,
    OrganismeFactory,
    UtilisateurFactory,
)
from tests.parcours.gestes import ouvrir_session

pytestmark = pytest.mark.django_db
LISTE = "/ville/demandes/"


@pytest.fixture
def agente(client):
    agente = UtilisateurFactory(agent=True)
    client.force_login(agente)
    return agente


@pytest.fixture
def deux(agente):
    soupe = DemandeFactory(
        titre="Soupes du monde",
        secteur="Centre-ville",
        organisme=OrganismeFactory(nom="Maison Éphémère"),
    )
    autre = DemandeFactory(appel=soupe.appel, titre="Patins", secteur="Pointe-du-Lac")
    section = soupe.formulaire.sections.create(code="besoin", titre="Besoin")
    question = section.questions.create(code="q", libelle="Q")
    Reponse.objects.create(demande=autre, question=question, valeur="L'hiver québécois isole.")
    besoin = BesoinFactory(plan=soupe.appel.plan)
    soupe.besoins.add(besoin)
    return soupe, autre, besoin


@pytest.mark.parametrize(
    ("recherche", "trouvees"),
    [
        ("ephemere", ["Soupes du monde"]),
        ("SOUPES maison", ["Soupes du monde"]),
        ("quebecois", ["Patins"]),
        ("Québécois", ["Patins"]),
        ("introuvable", []),
        ("%", []),
    ],
)
def test_la_recherche_ignore_accents_et_casse_et_lit_les_reponses(
    deux, client, recherche, trouvees
):
    page = client.get(LISTE, {"recherche": recherche})
    assert [d.titre for d, _ in page.context["lignes"]] == trouvees


def test_les_filtres_restent_dans_l_adresse_et_se_combinent(deux, client):
    soupe, autre, besoin = deux
    for filtres, trouvees in (
        ({"secteur": "Pointe-du-Lac"}, [autre]),
        ({"besoin": besoin.code}, [soupe]),
        ({"appel": soupe.appel.code, "secteur": "Centre-ville"}, [soupe]),
        ({"besoin": besoin.code, "secteur": "Pointe-du-Lac"}, []),
    ):
        page = client.get(LISTE, filtres)
        assert [d for d, _ in page.context["lignes"]] == trouvees, filtres
    page = client.get(LISTE, {"secteur": "Centre-ville", "col": ["neq", "secteur"]}).text
    assert "secteur=Centre-ville&amp;col=neq&amp;col=secteur&amp;format=xlsx" in page


def test_les_filtres_replies_disent_ce_qui_est_choisi(deux, client):
    soupe, _, besoin = deux
    assert "Aucun filtre" in client.get(LISTE).text
    # Une valeur inventée ne se montre pas comme un choix.
    assert client.get(LISTE, {"etape": "99", "tri": "x"}).context["actifs"] == []
    choix = {"appel": soupe.appel.code, "etape": "3", "besoin": besoin.code, "tri": "-montant"}
    page = client.get(LISTE, {**choix, "recherche": "soupes"})
    assert page.context["actifs"] == [
        "Organisme, projet, numéro ou réponse : soupes",
        f"Appel : {soupe.appel}",
        "Étape : Au comité",
        f"Besoin visé : {besoin}",
        "Trier par : Montant (décroissant)",
    ]
    assert "Étape : Au comité · Besoin visé" in page.text


@pytest.mark.django_db(transaction=True)
def test_les_filtres_se_replient_au_telephone_et_s_ouvrent_d_un_toucher(live_server, ouvrir_page):
    DemandeFactory(titre="Soupes du monde")
    page = ouvrir_page(largeur=320)
    ouvrir_session(page, UtilisateurFactory(agent=True), live_server.url)
    page.goto(LISTE)
    etape = page.get_by_label("Étape")
    expect(etape).to_be_hidden()
    expect(page.get_by_text("1 demande", exact=True)).to_be_in_viewport()
    page.get_by_text("Filtrer et trier").click()
    etape.select_option("Brouillons")
    page.get_by_role("button", name="Filtrer").click()
    expect(page.get_by_text("Étape : Brouillons")).to_be_visible()
    expect(etape).to_be_hidden()
    page.set_viewport_size({"width": 1280, "height": 900})
    expect(etape).to_be_visible()


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize(("lignes", "reste_en_vue"), [(3, False), (14, True)])
def test_l_entete_d_une_longue_liste_reste_en_vue(live_server, ouvrir_page, lignes, reste_en_vue):
    premiere = DemandeFactory()
    DemandeFactory.create_batch(lignes - 1, appel=premiere.appel)
    page = ouvrir_page(largeur=1280)
    page.set_viewport_size({"width": 1280, "height": 320})
    ouvrir_session(page, UtilisateurFactory(agent=True), live_server.url)
    page.goto(LISTE)
    page.locator("tbody tr").last.scroll_into_view_if_needed()
    page.mouse.wheel(0, 200)
    entete = page.locator("thead th").first
    if reste_en_vue:
        expect(entete).to_be_in_viewport()
    else:
        expect(entete).not_to_be_in_viewport()


def test_les_colonnes_choisies_se_montrent_et_s_exportent(deux, client):
    soupe, _, besoin = deux
    choix = {"col": ["neq", "besoins", "inconnue"], "besoin": besoin.code}

    page = client.get(LISTE, choix)
    feuille = load_workbook(BytesIO(client.get(LISTE, {**choix, "format": "xlsx"}).content)).active

    assert [c.cle for c in page.context["colonnes"]] == ["neq", "besoins"]
    assert [[cellule.value for cellule in rangee] for rangee in feuille] == [
        ["Numéro", "Projet", "NEQ", "Besoins"],
        [soupe.reference, soupe.titre, soupe.organisme.neq, besoin.code],
    ]


def test_une_demande_dont_on_est_recuse_ne_se_trouve_pas(deux, agente, client):
    soupe, *_ = deux
    AffectationFactory(demande=soupe, membre__utilisateur=agente, recusee=True)
    assert "Soupes" not in client.get(LISTE).text
    export = client.get(LISTE, {"format": "xlsx"})
    feuille = load_workbook(BytesIO(export.content)).active
    assert [rangee[1].value for rangee in feuille] == ["Projet", "Patins"]


def test_la_liste_coute_autant_a_une_demande_qu_a_trois(agente, client):
    comptes = []
    for _ in range(2):
        demande = DemandeFactory()
        demande.besoins.add(BesoinFactory(plan=demande.appel.plan))
        if comptes:
            DemandeFactory(appel=demande.appel)
        with CaptureQueriesContext(connection) as requetes:
            client.get(LISTE, {"col": ["besoins", "volet", "organisme"], "recherche": "projet"})
        comptes.append(len(requetes))
    assert comptes[0] == comptes[1]
