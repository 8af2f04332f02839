"""Les pages publiques se gardent pour qui n'a pas de session, et se refont à une publication."""

import html

import pytest
from django.conf import settings
from django.contrib import messages
from django.contrib.messages.storage.cookie import CookieStorage
from django.core.cache import cache
from django.http import HttpResponse
from django.middleware.csrf import get_token
from django.test import Client, RequestFactory
from django.urls import reverse

from appels.models import Appel
from socle.cache_public import NUMERO, gardee, perimer
from socle.debit import trop_souvent
from tests.factories import AppelFactory, UtilisateurFactory, VersionActiviteFactory
from vitrine import filtres
from vitrine.forms import FiltresForm
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


def test_une_personne_connectee_lit_toujours_une_page_faite_pour_elle(client):
    adresse = reverse("services")
    Client().get(adresse)
    client.force_login(UtilisateurFactory(nom="Odile Personne"))
    assert "Odile Personne" in client.get(adresse).text
    assert "Odile Personne" not in Client().get(adresse).text
    assert "Se déconnecter" not in Client().get(adresse).text


def test_le_registre_se_garde_pour_tous_sans_le_menu_de_personne(
    client, django_assert_num_queries, django_capture_on_commit_callbacks
):
    """Ce qui est le même pour tous ne se refait pas : restent la session et la personne."""
    VersionActiviteFactory(titre="Comptoir")
    adresse = reverse("registre")
    client.force_login(UtilisateurFactory(nom="Odile Personne"))
    assert "Comptoir" in client.get(adresse).text
    with django_assert_num_queries(2):
        seconde = client.get(adresse)
    assert "Comptoir" in seconde.text
    assert "Odile Personne" in seconde.text
    assert "Odile Personne" not in Client().get(adresse).text
    VersionActivite.objects.filter(titre="Comptoir").update(etat="retiree", motif="Fermé.")
    with django_capture_on_commit_callbacks(execute=True):
        perimer()
    assert "Comptoir" not in client.get(adresse).text


def test_une_page_anonyme_n_est_pas_faite_d_une_part_deja_agee(client):
    """Deux durées de 45 secondes bout à bout passeraient la minute."""
    adresse = reverse("registre")
    client.force_login(UtilisateurFactory())
    client.get(adresse)
    VersionActiviteFactory(titre="Comptoir")
    assert "Comptoir" not in client.get(adresse).text
    assert "Comptoir" in Client().get(adresse).text


def test_sans_filtre_le_formulaire_ne_s_ecrit_qu_une_fois(client, monkeypatch):
    """D'une page de la liste à l'autre il est le même ; un filtre, juste ou faux, le refait."""
    client.force_login(UtilisateurFactory())
    premiere = client.get(reverse("registre"), {"page": "1"})
    assert 'name="secteur"' in premiere.text

    bati = []
    monkeypatch.setattr(filtres, "FiltresForm", _FormulaireCompte)
    monkeypatch.setattr(_FormulaireCompte, "batis", bati)
    assert 'name="secteur"' in client.get(reverse("registre"), {"page": "2"}).text
    assert not bati
    assert "Effacer" in client.get(reverse("registre"), {"secteur": "Centre-ville"}).text
    assert "Effacer" not in client.get(reverse("registre"), {"page": "3"}).text
    refusee = client.get(reverse("registre"), {"du": "2026-02-01", "au": "2026-01-01"}).text
    assert "Cette date vient avant l'autre." in html.unescape(refusee)
    assert len(bati) == 2


class _FormulaireCompte(FiltresForm):
    """Le formulaire des filtres, qui note chaque fois qu'il est bâti."""

    batis: list[int] = []

    def __init__(self, *arguments, **nommes):
        self.batis.append(1)
        super().__init__(*arguments, **nommes)


def test_un_debit_se_compte_a_la_demande_pres():
    assert [trop_souvent("essai", par_minute=3) for _ in range(5)] == [False] * 3 + [True] * 2
    assert trop_souvent("essai-ferme", par_minute=0)


def test_un_message_ne_se_garde_pas():
    """Un message attend dans un témoin : la page qui le dit n'est à personne d'autre."""
    adresse = reverse("registre")
    requete = RequestFactory().get(adresse)
    stock = CookieStorage(requete)
    stock.add(messages.SUCCESS, "Votre compte est supprimé.")
    reponse = HttpResponse()
    stock.update(reponse)
    visiteur = Client()
    visiteur.cookies["messages"] = reponse.cookies["messages"].value
    assert "Votre compte est supprimé." in visiteur.get(adresse).text
    assert "Votre compte est supprimé." not in Client().get(adresse).text


def test_un_jeton_de_formulaire_ne_se_garde_pas(rf):
    vue = gardee(lambda requete: HttpResponse(get_token(requete)))
    # Le second visiteur a déjà son témoin : rien ne se pose, et le jeton reste le sien.
    siens = {settings.CSRF_COOKIE_NAME: "a" * 32}
    for temoins in ({}, siens):
        requetes = [rf.get("/jeton/"), rf.get("/jeton/")]
        for requete in requetes:
            requete.COOKIES.update(temoins)
        premier, second = (vue(requete).content for requete in requetes)
        assert premier != second


def test_dix_mille_recherches_ne_remplissent_pas_le_cache(monkeypatch, django_assert_num_queries):
    monkeypatch.setattr("socle.cache_public.VARIANTES_PAR_MINUTE", 3)
    adresse = reverse("services")
    for rang in range(8):
        Client().get(adresse, {"utm_source": str(rang)})
    gardees = [cle for cle in cache._cache if NUMERO in cle and ":page:" in cle]
    assert len(gardees) == 3
    # Une adresse sans paramètre se garde toujours.
    Client().get(adresse)
    with django_assert_num_queries(0):
        Client().get(adresse)


def test_qui_a_deja_la_page_ne_la_recoit_pas_deux_fois(django_assert_num_queries):
    VersionActiviteFactory(titre="Comptoir")
    adresse = reverse("registre")
    premiere = Client().get(adresse)
    assert premiere["Cache-Control"] == "no-cache"
    with django_assert_num_queries(0):
        pareille = Client().get(adresse, headers={"If-None-Match": premiere["ETag"]})
        entete = Client().head(adresse)
    assert (pareille.status_code, pareille.content) == (304, b"")
    assert (entete.status_code, entete["ETag"]) == (200, premiere["ETag"])
    VersionActivite.objects.update(etat="retiree", motif="Fermé.")
    cache.clear()
    changee = Client().get(adresse, headers={"If-None-Match": premiere["ETag"]})
    assert changee.status_code == 200
    assert "Comptoir" not in changee.text


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
