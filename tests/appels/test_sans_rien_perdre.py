"""Rien de tapé ne se perd dans Chromium : coupure, session expirée, serveur tué, page rechargée."""

import os
import re
import signal
import socket
import subprocess
import sys
import time
from decimal import Decimal

import pytest
from django.conf import settings
from django.db import connection
from playwright.sync_api import expect

from appels.models import Demande, Reponse
from config.embarque import RACINE
from tests.appels.conftest import adresse
from tests.parcours.gestes import confirmer, connecter, ouvrir_session

pytestmark = pytest.mark.django_db(transaction=True)
ETAT = "#etat-enregistrement"


@pytest.fixture
def page(questionnaire, ouvrir_page, live_server):
    page = ouvrir_page()
    ouvrir_session(page, questionnaire.redacteur, live_server.url)
    return page


def remplir_le_budget(page):
    """Un montant, une ligne nommée qui attend le sien, et une ligne de plus."""
    page.get_by_label("Montant demandé à la Ville").fill("812,50")
    page.locator('[name="postes-2-libelle"]').fill("Crayons")
    page.get_by_role("button", name="Ajouter une dépense").click()
    page.locator('[name="postes-3-libelle"]').fill("Soupe")
    page.locator('[name="postes-3-montant"]').fill("120")


@pytest.mark.parametrize("coupure", ["reseau", "session"])
def test_le_budget_reste_dans_l_onglet_et_repart(questionnaire, page, coupure):
    demande = questionnaire.demande
    page.goto(adresse(demande, "budget"))
    temoins = page.context.cookies()
    if coupure == "reseau":
        page.context.set_offline(True)
    else:
        page.context.clear_cookies(name=settings.SESSION_COOKIE_NAME)

    remplir_le_budget(page)
    expect(page.locator(ETAT)).to_contain_text("gardé dans cet onglet")
    if coupure == "session":
        lien = page.get_by_role("link", name="Reconnectez-vous ici")
        assert lien.get_attribute("href") == adresse(demande, "budget")
    assert demande.postes.count() == 2

    page.context.set_offline(False)
    page.context.add_cookies(temoins)
    page.reload()

    expect(page.locator('[name="postes-2-libelle"]')).to_have_value("Crayons")
    expect(page.locator('[name="postes-3-montant"]')).to_have_value("120")
    expect(page.locator(ETAT)).to_contain_text("Enregistré à")
    assert [p.libelle for p in demande.postes.filter(montant=120)] == ["Soupe"]
    assert Demande.objects.get(pk=demande.pk).montant_demande == Decimal("812.50")
    # La ligne sans montant n'est pas enregistrée : l'onglet la garde encore.
    page.reload()
    expect(page.locator('[name$="-libelle"]').filter(visible=True).nth(2)).to_have_value("Crayons")


def test_ce_qui_etait_garde_ne_recouvre_pas_le_budget_d_une_collegue(questionnaire, page):
    demande = questionnaire.demande
    page.goto(adresse(demande, "budget"))
    page.context.set_offline(True)
    page.get_by_label("Montant demandé à la Ville").fill("700")
    expect(page.locator(ETAT)).to_contain_text("Hors ligne")
    Demande.objects.filter(pk=demande.pk).update(montant_demande=900)

    page.context.set_offline(False)
    page.reload()

    expect(page.locator("[data-conflit]")).to_contain_text("900,00")
    expect(page.get_by_label("Montant demandé à la Ville")).to_have_value("700")
    page.get_by_role("link", name="Reprendre l'autre").click()
    expect(page.get_by_label("Montant demandé à la Ville")).to_have_value("900,00")
    assert Demande.objects.get(pk=demande.pk).montant_demande == 900


def test_les_lignes_ajoutees_a_un_tableau_reviennent(questionnaire, page):
    page.goto(adresse(questionnaire.demande, "besoin"))
    temoins = page.context.cookies()
    page.context.clear_cookies()
    for rang in range(4):
        page.get_by_label("Partenaire", exact=True).nth(rang).fill(f"P{rang}")
    expect(page.locator(ETAT)).to_contain_text("session a expiré")

    page.context.add_cookies(temoins)
    page.reload()

    expect(page.get_by_label("Partenaire", exact=True).nth(3)).to_have_value("P3")
    expect(page.locator(ETAT)).to_contain_text("Enregistré à")
    with page.expect_response("**/reponses/**"):
        page.get_by_label("Partenaire", exact=True).nth(0).fill("P0 bis")
    assert Reponse.objects.get().valeur == [{"nom": n} for n in ("P0 bis", "P1", "P2", "P3")]


def test_se_reconnecter_dans_un_autre_onglet_suffit(questionnaire, page):
    """La connexion change le jeton de la page restée ouverte : elle prend le nouveau."""
    page.goto(adresse(questionnaire.demande, "besoin"))
    page.context.clear_cookies()
    champ = page.get_by_label("Question texte_court")
    champ.fill("Avant")
    expect(page.locator(ETAT)).to_contain_text("session a expiré")

    connecter(page.context.new_page(), confirmer(questionnaire.redacteur))

    expect(page.locator(ETAT)).to_contain_text("Enregistré à")
    assert Reponse.objects.get().valeur == "Avant"


# --- Le serveur tué -----------------------------------------------------------------------------
class Serveur:
    """Le vrai gunicorn, sur la base du test ; ``tuer`` ne le laisse rien finir."""

    def __init__(self) -> None:
        with socket.socket() as prise:
            prise.bind(("127.0.0.1", 0))
            self.port = prise.getsockname()[1]
        self.processus: subprocess.Popen | None = None

    def demarrer(self) -> None:
        base = re.sub(
            r"/[^/?]+(?=\?|$)",
            f"/{connection.settings_dict['NAME']}",
            os.environ["DATABASE_URL"],
            count=1,
        )
        commande = ["-m", "gunicorn", "-c", "config/serveur_web.py", "config.wsgi"]
        self.processus = subprocess.Popen(
            [sys.executable, *commande, "--bind", f"127.0.0.1:{self.port}"],
            cwd=RACINE,
            env={
                **os.environ,
                "DATABASE_URL": base,
                "DJANGO_SETTINGS_MODULE": "tests.settings",
                "WEB_OUVRIERS": "1",
            },
            start_new_session=True,
        )
        limite = time.monotonic() + 30
        while time.monotonic() < limite:
            try:
                return socket.create_connection(("127.0.0.1", self.port), timeout=1).close()
            except OSError:
                time.sleep(0.1)
        raise AssertionError("gunicorn ne démarre pas")

    def tuer(self) -> None:
        if self.processus and self.processus.poll() is None:
            os.killpg(self.processus.pid, signal.SIGKILL)
            self.processus.wait()


@pytest.fixture
def serveur():
    serveur = Serveur()
    serveur.demarrer()
    yield serveur
    serveur.tuer()


def test_le_serveur_tue_entre_deux_enregistrements(questionnaire, navigateur, serveur):
    """Ce qui était enregistré l'est ; ce qui vient d'être tapé attend et part à son retour."""
    site = f"http://127.0.0.1:{serveur.port}"
    contexte = navigateur.new_context(base_url=site)
    page = contexte.new_page()
    ouvrir_session(page, questionnaire.redacteur, site)
    page.goto(adresse(questionnaire.demande, "besoin"))
    champ = page.get_by_label("Question texte_court")
    champ.fill("Premier")
    expect(page.locator(ETAT)).to_contain_text("Enregistré à")

    serveur.tuer()
    champ.fill("Premier, puis second")
    expect(page.locator(ETAT)).to_contain_text("Le serveur ne répond pas")
    assert Reponse.objects.get().valeur == "Premier"
    serveur.demarrer()

    # Personne ne touche à rien : la page réessaie d'elle-même.
    expect(page.locator(ETAT)).to_contain_text("Enregistré à", timeout=20_000)
    assert Reponse.objects.get().valeur == "Premier, puis second"
    contexte.close()
