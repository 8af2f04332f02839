"""Les pages publiques se gardent pour qui n'a pas de session, et se refont à une publication."""

import pytest
from django.core.cache import cache
from django.test import Client
from django.urls import reverse

from appels.models import Appel
from socle.cache_public import perimer
from tests.factories import AppelFactory, UtilisateurFactory, VersionActiviteFactory
from vitrine.models import TempsFort, VersionActivite
from vitrine.services import activites

pytestmark = pytest.mark.django_db
PAGES = ("accueil", "registre", "registre_points", "services", "calendrier", "calendrier_ics")


@pytest.fixture(autouse=True)
def cache_allume(settings):
    settings.CACHE_PUBLIC_SECONDES = 45
    cache.clear()
    yield
    cache.clear()


@pytest.mark.parametrize("nom", PAGES)
def test_la_deuxieme_lecture_ne_demande_rien_a_la_base(nom, django_assert_num_queries):
    VersionActiviteFactory(titre="Comptoir")
    adresse = reverse(nom)
    premiere = Client().get(adresse)
    with django_assert_num_queries(0):
        seconde = Client().get(adresse)

    assert seconde.content == premiere.content
    assert seconde["Content-Type"] == premiere["Content-Type"]
    assert "Content-Security-Policy" in seconde
    assert "Cookie" in seconde["Vary"]
    assert not seconde.cookies


def test_une_publication_se_lit_aussitot(django_capture_on_commit_callbacks, settings):
    version = VersionActiviteFactory(titre="Comptoir")
    adresse = reverse("registre")
    assert "Comptoir" in Client().get(adresse).text
    agent = UtilisateurFactory(agent=True)
    # Les guides partent à un ouvrier : ici, seul le numéro des pages compte.
    with django_capture_on_commit_callbacks() as suites:
        activites.retirer(acteur=agent, activite=version.activite, motif="Fermé.")
    assert "Comptoir" in Client().get(adresse).text
    for suite in suites:
        if suite.__module__ == "socle.cache_public":
            suite()
    assert "Comptoir" not in Client().get(adresse).text


def test_une_personne_connectee_lit_toujours_une_page_neuve(client):
    adresse = reverse("registre")
    Client().get(adresse)
    VersionActiviteFactory(titre="Comptoir")
    client.force_login(UtilisateurFactory())
    assert "Comptoir" in client.get(adresse).text
    assert "Comptoir" not in Client().get(adresse).text
    assert "Se déconnecter" not in Client().get(adresse).text


def test_chaque_filtre_a_sa_page(client):
    VersionActiviteFactory(titre="Comptoir", secteur="Pointe-du-Lac")
    adresse = reverse("registre")
    assert "Comptoir" in client.get(adresse).text
    assert "Comptoir" not in client.get(adresse, {"secteur": "Centre-ville"}).text


def test_un_brouillon_d_appel_et_une_page_absente_ne_se_gardent_pas(client):
    appel = AppelFactory()
    adresse = reverse("appel_public", args=[appel.code])
    assert client.get(adresse).status_code == 404
    Appel.objects.filter(pk=appel.pk).update(etat="publie", publie_le=appel.ouverture)
    assert client.get(adresse).status_code == 200


def test_une_page_commencee_avant_le_changement_n_est_pas_gardee_apres(
    django_capture_on_commit_callbacks, monkeypatch
):
    """Lue dans la base juste avant une publication, rendue juste après : elle est déjà périmée."""
    TempsFort.objects.create(titre="Avant", debut="2999-01-01", fin="2999-01-02")
    from vitrine.views import services

    choisir = services.choisir

    def choisir_pendant_un_changement(**criteres):
        with django_capture_on_commit_callbacks(execute=True):
            perimer()
        return choisir(**criteres)

    monkeypatch.setattr(services, "choisir", choisir_pendant_un_changement)
    Client().get(reverse("calendrier"))
    monkeypatch.setattr(services, "choisir", choisir)
    TempsFort.objects.update(titre="Après")
    assert "Après" in Client().get(reverse("calendrier")).text
    assert not VersionActivite.objects.exists()
