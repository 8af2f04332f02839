"""Déposer dans Chromium : à la dernière seconde, au clavier seul, sans JavaScript."""

import datetime as dt

import pytest
from django.conf import settings
from django.test import Client

from appels.models import Demande
from tests.appels.conftest import (
    a_l_heure,
    accuses_confies,
    adresse,
    brouillon_complet,
    toronto,
)
from tests.parcours.gestes import regarder

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("accuses_confies")]
__all__ = ["a_l_heure", "accuses_confies"]

# Le changement d'heure d'automne 2026 est le 1er novembre : la clôture tombe après.
CLOTURE = toronto(2026, 11, 2, 16)
SECONDE = dt.timedelta(seconds=1)


@pytest.fixture
def entrer(live_server):
    """Ouvre la session d'une personne dans une page."""

    def ouvrir(page, personne):
        client = Client()
        client.force_login(personne)
        temoin = client.cookies[settings.SESSION_COOKIE_NAME].value
        page.context.add_cookies(
            [{"name": settings.SESSION_COOKIE_NAME, "value": temoin, "url": live_server.url}]
        )

    return ouvrir


@pytest.mark.parametrize("javascript", [True, False], ids=["avec", "sans JavaScript"])
@pytest.mark.parametrize(
    ("retard", "depose"), [(dt.timedelta(0), True), (SECONDE, False)], ids=["à temps", "trop tard"]
)
def test_a_la_derniere_seconde(ouvrir_page, entrer, a_l_heure, retard, depose, javascript):
    """L'horloge réglée sur la clôture, puis une seconde après."""
    a_l_heure(CLOTURE - dt.timedelta(minutes=5))
    monde = brouillon_complet(cloture=CLOTURE)
    page = ouvrir_page(largeur=320, javascript=javascript)
    entrer(page, monde.responsable)
    page.goto(adresse(monde.demande))
    page.locator("[name=exactitude]").check()

    a_l_heure(CLOTURE + retard)
    page.get_by_role("button", name="Déposer la demande").click()

    if depose:
        page.get_by_role("heading", name="Votre demande est déposée").wait_for()
    else:
        page.get_by_text("L'appel est clos : le dépôt n'est plus possible.").first.wait_for()
    demande = Demande.objects.get(pk=monde.demande.pk)
    assert demande.etat == ("deposee" if depose else "brouillon")
    assert demande.depot_refuse == (None if depose else "hors_delai")


def test_tout_se_fait_au_clavier(ouvrir_page, entrer, verifier_axe):
    monde = brouillon_complet()
    page = ouvrir_page()
    entrer(page, monde.responsable)
    page.goto("/organisme/")

    def aller(trouve):
        """Tabule jusqu'à ce que l'élément actif réponde à ``trouve`` (une expression)."""
        for _ in range(150):
            page.keyboard.press("Tab")
            if page.evaluate(f"(() => {{ const e = document.activeElement; return {trouve}; }})()"):
                return
        raise AssertionError(f"Le clavier n'atteint pas : {trouve} ({page.url})")

    def texte(attendu):
        return f"e.textContent.trim().startsWith({attendu!r})"

    aller(texte("Continuer la demande"))
    page.keyboard.press("Enter")
    page.wait_for_url("**/projet/")
    aller("e.name === 'titre'")
    page.keyboard.press("Control+A")
    page.keyboard.type("Écrit au clavier")
    aller("e.name === 'besoins'")
    page.keyboard.press("Space")
    page.keyboard.press("Space")
    aller(texte("Enregistrer et continuer"))
    page.keyboard.press("Enter")
    page.wait_for_url("**/budget/")
    aller("e.name === 'montant_demande'")
    page.keyboard.press("Control+A")
    page.keyboard.type("16000")
    aller(texte("Enregistrer et continuer"))
    page.keyboard.press("Enter")
    page.wait_for_url("**/pieces/")
    aller(texte("Continuer vers la relecture"))
    page.keyboard.press("Enter")
    page.wait_for_url("**/relecture/")
    aller("e.name === 'exactitude'")
    page.keyboard.press("Space")
    aller(texte("Déposer la demande"))
    # Le repère du clavier se voit.
    assert page.evaluate("getComputedStyle(document.activeElement).outlineStyle") != "none"
    page.keyboard.press("Enter")
    page.get_by_role("heading", name="Votre demande est déposée").wait_for()

    regarder(page, verifier_axe)
    demande = Demande.objects.get(pk=monde.demande.pk)
    assert (demande.etat, demande.titre) == ("deposee", "Écrit au clavier")
