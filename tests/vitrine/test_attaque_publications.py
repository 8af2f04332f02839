"""L'attaque du masquage, sur tout ce qui se publie à la fois.

Deux réalités qui ne diffèrent que par leurs cellules cachées, au même total, doivent donner
exactement les mêmes publications : rien de ce qui sort ne permet alors de choisir entre elles.
"""

import csv
import io
import json
import re

import pytest
from django.urls import reverse
from openpyxl import load_workbook

from appels.models import Demande
from financement.bilan import calculer_bilan
from financement.bilan_tableur import tableur
from tests.factories import RapportFactory
from tests.financement.test_attaque_masquage import trouvees
from tests.vitrine.objets import un_projet_annonce

pytestmark = pytest.mark.django_db
GENRES = ("femmes", "hommes", "autre_ou_non_declare")
# Deux rangées de même total dont les cellules montrées sont les mêmes.
CONFONDUES = (
    ((2, 12, 20), (3, 11, 20)),
    ((1, 3, 9), (2, 2, 9)),
    ((4, 6, 7), (3, 7, 7)),
)


def fermer(projet, nombres):
    """Ferme le projet sur ces nombres, ou les remplace s'il l'est déjà."""
    rapport = projet.rapports.first() or RapportFactory(demande=projet, accepte=True)
    rapport.valeurs.all().delete()
    for genre, nombre in zip(GENRES, nombres, strict=True):
        rapport.valeurs.create(indicateur="par_genre", modalite=genre, valeur=nombre)
    total = sum(nombres)
    rapport.valeurs.create(indicateur="personnes_immigrantes", modalite="", valeur=total)
    Demande.objects.filter(pk=projet.pk).update(etat="fermee")


def publications(client, projets):
    """Tout ce qui se lit de ces projets hors de la Ville : adresse → contenu."""
    appel = projets[0].appel
    adresses = [
        reverse("registre"),
        reverse("registre_points"),
        reverse("guide", args=["etudes"]),
        reverse("donnees"),
        reverse("donnees_360", args=[appel.code]),
        reverse("api_appels"),
        reverse("api_projets"),
        reverse("api_activites"),
        *(reverse("donnees_activites", args=[forme]) for forme in ("csv", "json", "geojson")),
        *(
            reverse(nom, args=[appel.code, forme])
            for nom in ("donnees_fichier", "donnees_resultats")
            for forme in ("csv", "json")
        ),
        *(
            reverse(nom, args=[projet.reference])
            for nom in ("projet", "api_projet")
            for projet in projets
        ),
    ]
    lues = {}
    for adresse in adresses:
        reponse = client.get(adresse)
        assert reponse.status_code == 200, adresse
        lues[adresse] = re.sub(r'(nonce|value)="[\w+/=-]{20,}"', "", reponse.content.decode())
    classeur = load_workbook(io.BytesIO(tableur(calculer_bilan([appel]), complet=True)))
    lues["bilan.xlsx"] = [list(feuille.values) for feuille in classeur]
    return lues


def cellules_de(lues, projet):
    """Les cellules d'un projet, selon chaque publication qui les donne."""
    en_csv = lues[reverse("donnees_resultats", args=[projet.appel.code, "csv"])]
    en_json = lues[reverse("donnees_resultats", args=[projet.appel.code, "json"])]
    api = lues[reverse("api_projet", args=[projet.reference])]
    for lignes in (
        csv.DictReader(io.StringIO(en_csv.removeprefix("\ufeff"))),
        json.loads(en_json)["resultats"],
        json.loads(api)["resultats"],
    ):
        yield {
            ligne["modalite"]: ligne["personnes"]
            for ligne in lignes
            if ligne["projet"] == projet.reference
        }


@pytest.mark.parametrize(("une", "autre"), CONFONDUES)
def test_deux_realites_confondues_donnent_les_memes_publications(client, une, autre):
    premier = un_projet_annonce()
    fermer(premier, une)
    avant = publications(client, [premier])
    fermer(premier, autre)
    assert publications(client, [premier]) == avant

    # Une seconde publication, un autre projet s'étant fermé : la différence ne dit rien de plus.
    second = un_projet_annonce(demande__appel=premier.appel, demande__volet=premier.volet)
    fermer(second, autre)
    apres = publications(client, [premier, second])
    fermer(premier, une)
    fermer(second, une)
    assert publications(client, [premier, second]) == apres
    page = reverse("api_projet", args=[premier.reference])
    assert apres[page] == avant[page]


@pytest.mark.parametrize("nombres", [rangee for paire in CONFONDUES for rangee in paire])
def test_chaque_publication_cache_les_memes_cellules_et_aucune_ne_se_retrouve(client, nombres):
    projet = un_projet_annonce()
    fermer(projet, nombres)
    lues = publications(client, [projet])
    premieres, *autres = cellules_de(lues, projet)
    assert all(cellules == premieres for cellules in autres)
    for texte in premieres.values():
        assert f">{texte.replace('<', '&lt;')}<" in lues[reverse("projet", args=[projet.reference])]
    assert set(premieres) == set(GENRES)
    assert trouvees(premieres, sum(nombres)) == {}
