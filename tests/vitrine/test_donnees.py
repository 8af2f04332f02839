"""Les données ouvertes : fichiers, dictionnaire, 360Giving, lieux ; rien avant la lettre."""

import csv
import io
import json
from pathlib import Path

import jsonschema
import pytest
from django.urls import reverse

from appels.models import Demande
from tests.factories import BesoinFactory, RapportFactory, VersionActiviteFactory
from tests.vitrine.objets import dans_jours, un_projet_annonce
from vitrine.ouvertes.colonnes import ACTIVITES, DICTIONNAIRE, LICENCE, PROJETS, RESULTATS

pytestmark = pytest.mark.django_db
SCHEMA_360 = json.loads((Path(__file__).parents[1] / "donnees" / "360giving.json").read_text())


def lire(client, nom, **arguments):
    """Le fichier, en lignes s'il est un CSV, sinon en JSON."""
    reponse = client.get(reverse(nom, kwargs=arguments))
    assert reponse.status_code == 200
    if reponse["Content-Type"].startswith("text/csv"):
        texte = reponse.content.decode("utf-8-sig")
        return list(csv.DictReader(io.StringIO(texte)))
    return json.loads(reponse.content)


def noms(colonnes):
    return [colonne.nom for colonne in colonnes]


def ferme(projet, **genres):
    """Le projet, fermé, avec son rapport accepté."""
    rapport = RapportFactory(demande=projet, accepte=True)
    for modalite, valeur in genres.items():
        rapport.valeurs.create(indicateur="par_genre", modalite=modalite, valeur=valeur)
    Demande.objects.filter(pk=projet.pk).update(etat="fermee")
    return projet


def test_un_appel_se_telecharge_en_csv_et_en_json_aux_memes_colonnes(client):
    projet = un_projet_annonce(demande__titre="=Accueillir")
    projet.besoins.add(BesoinFactory(code="B90"))
    en_csv = lire(client, "donnees_fichier", code=projet.appel.code, forme="csv")
    en_json = lire(client, "donnees_fichier", code=projet.appel.code, forme="json")

    assert list(en_csv[0]) == list(en_json["projets"][0]) == noms(PROJETS)
    assert en_json["licence"] == LICENCE
    assert en_csv[0]["projet"] == "'=Accueillir"
    assert en_json["projets"][0]["projet"] == "=Accueillir"
    assert en_csv[0]["besoins"] == "B90"
    assert en_csv[0]["date_decision"] == en_json["projets"][0]["date_decision"]
    mauvaise = reverse("donnees_fichier", kwargs={"code": projet.appel.code, "forme": "exe"})
    assert client.get(mauvaise).status_code == 404


def test_le_dictionnaire_et_la_page_disent_chaque_colonne(client):
    lignes = lire(client, "donnees_dictionnaire")
    assert [ligne["colonne"] for ligne in lignes] == [
        nom for _, _, colonnes in DICTIONNAIRE for nom in noms(colonnes)
    ]
    page = client.get(reverse("donnees"))
    for colonne in (*PROJETS, *RESULTATS, *ACTIVITES):
        assert colonne.sens
        assert f"<code>{colonne.nom}</code>" in page.text
    assert LICENCE in page.text
    assert "quand les décisions" in page.text


def test_les_aides_suivent_le_standard_360giving(client):
    projet = un_projet_annonce(demande__secteur="Pointe-du-Lac", demande__resume="")
    projet.besoins.add(BesoinFactory(code="B90"))
    un_projet_annonce(demande__appel=projet.appel, demande__volet=projet.volet)
    paquet = lire(client, "donnees_360", code=projet.appel.code)

    verifier = jsonschema.Draft202012Validator(
        SCHEMA_360, format_checker=jsonschema.Draft202012Validator.FORMAT_CHECKER
    )
    assert list(verifier.iter_errors(paquet)) == []
    assert {aide["id"].removeprefix("360G-trois-rivieres-") for aide in paquet["grants"]} == set(
        Demande.objects.values_list("reference", flat=True)
    )
    # Ce que le vérificateur de 360Giving relève en plus du schéma.
    for aide in paquet["grants"]:
        assert aide["description"] != aide["title"]
        assert aide["amountAwarded"] > 0
        assert aide["recipientOrganization"][0]["id"] != aide["fundingOrganization"][0]["id"]
    del paquet["grants"][0]["amountAwarded"]
    assert not verifier.is_valid(paquet)


def test_les_activites_ont_leurs_points_et_jamais_leur_contact(client):
    projet = un_projet_annonce()
    VersionActiviteFactory(
        projet=projet, titre="Atelier", latitude="46.35000", longitude="-72.54000", jours=[1],
        debut=dans_jours(-1), contact_nom="Amina Traoré", contact_consenti=True,
    )  # fmt: skip
    VersionActiviteFactory(titre="Comptoir", gratuit=False, cout="5 $")
    atelier, comptoir = lire(client, "donnees_activites", forme="csv")
    points = lire(client, "donnees_activites", forme="geojson")

    assert list(atelier) == noms(ACTIVITES)
    assert (atelier["projet"], atelier["jours"], atelier["gratuit"]) == (
        projet.reference, "mardi", "oui"
    )  # fmt: skip
    assert (comptoir["projet"], comptoir["gratuit"], comptoir["longitude"]) == ("", "non", "")
    assert atelier["longitude"] == "-72.54"
    assert [f["geometry"] for f in points["features"]] == [
        {"type": "Point", "coordinates": [-72.54, 46.35]},
        None,
    ]
    for forme in ("csv", "json", "geojson"):
        texte = client.get(reverse("donnees_activites", args=[forme])).content.decode()
        assert "Amina" not in texte


def test_les_resultats_paraissent_fermes_et_masques(client):
    projet = un_projet_annonce()
    code = projet.appel.code
    assert lire(client, "donnees_resultats", code=code, forme="csv") == []
    ferme(projet, femmes=2, hommes=12, autre_ou_non_declare=20)
    cellules = {
        ligne["modalite"]: ligne["personnes"]
        for ligne in lire(client, "donnees_resultats", code=code, forme="csv")
    }
    assert cellules == {"femmes": "<5", "hommes": "—", "autre_ou_non_declare": "20"}


def test_rien_d_un_projet_avant_sa_lettre(client):
    projet = un_projet_annonce(demande__titre="Secret")
    VersionActiviteFactory(projet=projet, titre="Secrète")
    Demande.objects.filter(pk=projet.pk).update(etat_annonce="")

    for nom in ("donnees_fichier", "donnees_resultats"):
        for forme in ("csv", "json"):
            adresse = reverse(nom, kwargs={"code": projet.appel.code, "forme": forme})
            assert client.get(adresse).status_code == 404
    assert client.get(reverse("donnees_360", args=[projet.appel.code])).status_code == 404
    assert client.get(reverse("api_projet", args=[projet.reference])).status_code == 404
    for adresse in (
        reverse("donnees"), reverse("api_projets"), reverse("api_appels"),
        reverse("api_activites"), reverse("donnees_activites", args=["json"]),
    ):  # fmt: skip
        texte = client.get(adresse).text
        assert "Secr" not in texte
        assert projet.appel.code not in texte, adresse


def test_autant_de_requetes_pour_une_ligne_que_pour_trois(client, django_assert_max_num_queries):
    projet = un_projet_annonce()
    ferme(projet, femmes=9, hommes=12)
    VersionActiviteFactory(projet=projet)
    code = projet.appel.code
    adresses = [
        reverse("donnees_fichier", args=[code, "csv"]),
        reverse("donnees_resultats", args=[code, "json"]),
        reverse("donnees_360", args=[code]),
        reverse("donnees_activites", args=["geojson"]),
        reverse("api_projets"),
        reverse("api_activites"),
        reverse("api_appels"),
    ]

    def compter():
        comptes = []
        for adresse in adresses:
            with django_assert_max_num_queries(30) as requetes:
                assert client.get(adresse).status_code == 200
            comptes.append(len(requetes))
        return comptes

    avant = compter()
    for _ in range(2):
        autre = un_projet_annonce(demande__appel=projet.appel, demande__volet=projet.volet)
        ferme(autre, femmes=9, hommes=12)
        VersionActiviteFactory(projet=autre)
        VersionActiviteFactory()
    assert compter() == avant
