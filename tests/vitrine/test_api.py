"""L'interface de programmation : décrite, par pages, gardée, au débit limité, en lecture seule."""

import datetime as dt
import json

import jsonschema
import pytest
from django.core.cache import cache
from django.test import Client
from django.urls import reverse

from tests.factories import VersionActiviteFactory
from tests.vitrine.objets import un_projet_annonce
from vitrine.ouvertes.colonnes import ACTIVITES, LICENCE, PROJETS

pytestmark = pytest.mark.django_db


def lire(client, nom, *arguments, **parametres):
    reponse = client.get(reverse(nom, args=arguments), parametres)
    assert reponse.status_code == 200, reponse.content
    return json.loads(reponse.content)


def test_chaque_reponse_suit_la_description_openapi(client):
    projet = un_projet_annonce()
    VersionActiviteFactory(projet=projet)
    description = lire(client, "api_schema")
    assert description["info"]["license"]["url"] == LICENCE
    modeles = description["components"]["schemas"]
    assert list(modeles["Projet"]["properties"]) == [c.nom for c in PROJETS]
    for nom, sens in ((c.nom, c.sens) for c in ACTIVITES):
        assert modeles["Activite"]["properties"][nom]["description"] == sens
    for chemin, verbes in description["paths"].items():
        assert set(verbes) == {"get"}
        reponse = client.get(chemin.replace("{reference}", projet.reference))
        schema = verbes["get"]["responses"]["200"]["content"]["application/json"]["schema"]
        contenu = json.loads(reponse.content)
        jsonschema.validate(contenu, {**schema, "components": description["components"]})
        assert contenu["licence"] == LICENCE


def test_la_page_de_reference_dit_chaque_adresse_sans_rien_charger_d_ailleurs(client):
    page = client.get(reverse("api"))
    for chemin in lire(client, "api_schema")["paths"]:
        assert chemin in page.text
    for colonne in (*PROJETS, *ACTIVITES):
        assert f"<code>{colonne.nom}</code>" in page.text
    assert 'src="http' not in page.text


def test_une_liste_se_lit_par_pages(client):
    for _ in range(3):
        VersionActiviteFactory(secteur="Pointe-du-Lac")
    VersionActiviteFactory(secteur="Centre-ville")
    premiere = lire(client, "api_activites", par_page=2, secteur="Pointe-du-Lac")
    assert (premiere["nombre"], premiere["pages"], len(premiere["elements"])) == (3, 2, 2)
    assert premiere["precedente"] is None
    seconde = json.loads(client.get(premiere["suivante"]).content)
    assert seconde["suivante"] is None
    assert len(seconde["elements"]) == 1
    lues = {e["cle"] for page in (premiere, seconde) for e in page["elements"]}
    assert len(lues) == 3


@pytest.mark.parametrize(
    ("parametres", "statut", "dit"),
    [
        ({"page": "deux"}, 422, "« page »"),
        ({"par_page": "101"}, 422, "« par_page »"),
        ({"page": "9"}, 404, "Rien n'est publié"),
    ],
)
def test_une_mauvaise_demande_se_dit_en_francais(client, parametres, statut, dit):
    reponse = client.get(reverse("api_projets"), parametres)
    assert reponse.status_code == statut
    assert dit in json.loads(reponse.content)["erreur"]


def test_on_ne_peut_que_lire(client):
    for verbe in (client.post, client.put, client.delete):
        assert verbe(reverse("api_projets")).status_code == 405


def test_trop_de_demandes_attendent_une_minute(settings):
    settings.DONNEES_PAR_MINUTE = 2
    adresse = reverse("api_projets")
    assert [Client().get(adresse).status_code for _ in range(3)] == [200, 200, 429]
    refus = Client().get(reverse("donnees_activites", args=["csv"]))
    assert refus.status_code == 429
    assert refus["Retry-After"] == "60"
    assert "Plus de 2 demandes" in json.loads(refus.content)["erreur"]
    assert Client(REMOTE_ADDR="192.0.2.7").get(adresse).status_code == 200


def test_le_debit_se_compte_par_adresse_vue_par_le_mandataire(settings):
    """Le client peut écrire ce qu'il veut à gauche de l'en-tête ; seul le mandataire se croit."""
    settings.DONNEES_PAR_MINUTE = 1
    adresse = reverse("donnees_dictionnaire")

    def demander(de):
        return Client().get(adresse, headers={"X-Forwarded-For": de}).status_code

    settings.ALLAUTH_TRUSTED_PROXY_COUNT = 1
    assert demander("198.51.100.1") == 200
    assert demander("192.0.2.50, 198.51.100.1") == 429
    assert demander("198.51.100.2") == 200
    # Sans mandataire, l'en-tête n'est que la parole du client.
    settings.ALLAUTH_TRUSTED_PROXY_COUNT = 0
    assert [demander("203.0.113.1"), demander("203.0.113.2")] == [200, 429]


def test_une_adresse_a_parametres_ne_laisse_rien_derriere_elle(settings):
    adresse = reverse("api_activites")
    avant = len(cache._cache)
    for rang in range(5):
        reponse = Client().get(adresse, {"page": 1, "utm_source": rang})
        assert "Last-Modified" not in reponse
        assert "ETag" in reponse
    # Les pages ne se gardent pas dans les essais : seul le compte du débit reste.
    assert len(cache._cache) <= avant + 1


def test_une_reponse_se_garde_et_ce_qui_n_a_pas_change_ne_se_renvoie_pas(
    settings, django_assert_num_queries
):
    settings.CACHE_PUBLIC_SECONDES = 45
    VersionActiviteFactory(titre="Comptoir")
    adresse = reverse("api_activites")
    premiere = Client().get(adresse)
    with django_assert_num_queries(0):
        seconde = Client().get(adresse)
        pareille = Client().get(adresse, headers={"If-None-Match": premiere["ETag"]})
    assert seconde.content == premiere.content
    assert (pareille.status_code, pareille.content) == (304, b"")
    assert premiere["Cache-Control"] == "no-cache"
    assert premiere["Access-Control-Allow-Origin"] == "*"
    assert premiere["Link"] == f'<{LICENCE}>; rel="license"'


def test_une_reponse_est_datee_du_moment_ou_son_contenu_a_change(settings):
    VersionActiviteFactory(titre="Comptoir")
    adresse = reverse("donnees_activites", args=["csv"])

    def recue(jour, **entetes):
        moment = dt.datetime(2026, 5, jour, 12, tzinfo=dt.UTC).timestamp()
        quand = {settings.ENTETE_HEURE_RECEPTION: f"t={moment}"}
        return Client().get(adresse, headers=entetes, **quand)

    premiere = recue(1)
    assert premiere["Last-Modified"] == "Fri, 01 May 2026 12:00:00 GMT"
    assert recue(2)["Last-Modified"] == premiere["Last-Modified"]
    renvoyee = recue(2, **{"If-Modified-Since": premiere["Last-Modified"]})
    assert (renvoyee.status_code, renvoyee.content) == (304, b"")
    VersionActiviteFactory(titre="Café")
    changee = recue(3, **{"If-Modified-Since": premiere["Last-Modified"]})
    assert changee.status_code == 200
    assert changee["Last-Modified"] == "Sun, 03 May 2026 12:00:00 GMT"
