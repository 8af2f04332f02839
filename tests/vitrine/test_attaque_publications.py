"""L'attaque du masquage, sur tout ce qui se publie à la fois.

Deux réalités qui ne diffèrent que par ce qui se cache doivent donner exactement les mêmes
publications : pages, données ouvertes, bilan en page, en PDF, en classeur et en document, projets
derrière chaque chiffre, années comparées. Rien de ce qui sort ne permet de choisir entre elles.
"""

import csv
import html
import io
import json
import re

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from docx import Document as Docx
from openpyxl import load_workbook

from appels.models import Demande
from financement.bilan_docx import document_modifiable
from financement.masquage import publier
from financement.portees import portee_d_un_appel, portee_d_un_plan, portee_d_une_annee
from financement.services.bilans import contexte_bilan
from socle.documents import rendre_html
from socle.models import Utilisateur
from tests.factories import RapportFactory, UtilisateurFactory
from tests.financement.test_attaque_masquage import trouvees
from tests.vitrine.objets import un_projet_annonce

pytestmark = pytest.mark.django_db
GENRES = ("femmes", "hommes", "autre_ou_non_declare")
# Deux rangées de même total dont les cellules montrées sont les mêmes ; les deux dernières cachent
# le total aussi, qui y diffère.
CONFONDUES = (
    ((2, 12, 20), (3, 11, 20)),
    ((1, 3, 9), (2, 2, 9)),
    ((4, 6, 7), (3, 7, 7)),
    ((1, 1, 0), (2, 1, 0)),
    ((3, 0, 0), (4, 0, 0)),
)


def fermer(projet, nombres):
    """Ferme le projet sur ces nombres, ou les remplace s'il l'est déjà."""
    rapport = projet.rapports.first() or RapportFactory(demande=projet, accepte=True)
    rapport.valeurs.all().delete()
    for genre, nombre in zip(GENRES, nombres, strict=True):
        rapport.valeurs.create(indicateur="par_genre", modalite=genre, valeur=nombre)
    for indicateur, valeur in (
        ("personnes_immigrantes", sum(nombres)),
        ("personnes_distinctes", 60),
        ("activites_realisees", 9),
        # Un petit total de personnes, qui diffère d'une réalité à l'autre.
        ("benevoles", nombres[0]),
    ):
        rapport.valeurs.create(indicateur=indicateur, modalite="", valeur=valeur)
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
    return {adresse: lire(client, adresse) for adresse in adresses} | du_bilan(appel)


def lire(client, adresse):
    reponse = client.get(adresse)
    assert reponse.status_code == 200, adresse
    if "spreadsheet" in reponse["Content-Type"]:
        return en_texte(load_workbook(io.BytesIO(reponse.content)))
    # Ce qui est à une seule réponse : les jetons.
    return re.sub(r'(nonce|value|Token)"?[=:] ?"[\w+/=-]{20,}"', "", reponse.content.decode())


def en_texte(classeur):
    return repr([[feuille.title, *feuille.values] for feuille in classeur])


def lecteur(role):
    """La même personne d'une lecture à l'autre : son nom est sur la page."""
    courriel = f"{role}@lecture.test"
    connue = Utilisateur.objects.filter(email=courriel).first()
    return connue or UtilisateurFactory(email=courriel, **{role: True})


def du_bilan(appel):
    """Le bilan d'un appel, de son année, du plan : chaque forme, et derrière chaque chiffre."""
    lues = {}
    portees = (
        portee_d_un_appel(appel),
        portee_d_une_annee(timezone.localtime(appel.ouverture).year),
        portee_d_un_plan(appel.plan),
    )
    for role in ("mifi", "agent"):
        # Les mêmes projets sont derrière l'appel, l'année et le plan : un chiffre s'ouvre une fois.
        ouverts = set()
        client = Client()
        client.force_login(lecteur(role))
        adresses = [reverse("bilan:annees"), f"{reverse('bilan:annees')}?format=xlsx"]
        for portee in portees:
            page = reverse("bilan:bilan", args=[portee.cle])
            adresses += [page, reverse("bilan:xlsx", args=[portee.cle])]
            for lien in re.findall(r'href="(/bilan/\S+?axe=[^"]+)"', lire(client, page)):
                _, chiffre = html.unescape(lien).split("?")
                if chiffre not in ouverts:
                    ouverts.add(chiffre)
                    adresses.append(html.unescape(lien))
        lues |= {f"{role} {adresse}": lire(client, adresse) for adresse in adresses}
    for portee in portees:
        contexte = contexte_bilan(portee)
        lues[f"PDF {portee.cle}"] = rendre_html("pdf/bilan.html", contexte)
        document = Docx(io.BytesIO(document_modifiable(contexte)))
        lues[f"DOCX {portee.cle}"] = document.element.xml
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
    code, reference = projet.appel.code, projet.reference
    adresses = (
        *(reverse("donnees_resultats", args=[code, forme]) for forme in ("csv", "json")),
        *(reverse(nom, args=[reference]) for nom in ("projet", "api_projet")),
    )
    lues = {adresse: lire(client, adresse) for adresse in adresses}
    premieres, *autres = cellules_de(lues, projet)
    assert all(cellules == premieres for cellules in autres)
    for texte in premieres.values():
        assert f">{texte.replace('<', '&lt;')}<" in lues[reverse("projet", args=[projet.reference])]
    assert set(premieres) == set(GENRES)
    total = publier(
        {("par_genre", g): n for g, n in zip(GENRES, nombres, strict=True)}
        | {("personnes_immigrantes", ""): sum(nombres)}
    ).totaux["personnes_immigrantes"]
    if total.isdecimal():
        assert trouvees(premieres, sum(nombres)) == {}


def test_l_attaque_voit_une_cellule_qui_se_dirait(client, monkeypatch):
    """L'attaque sait trouver : sans masquage, les deux réalités se distinguent partout."""
    projet = un_projet_annonce()
    monkeypatch.setattr(
        "financement.masquage.masquer",
        lambda cellules: {modalite: str(nombre) for modalite, nombre in cellules.items()},
    )
    une, autre = CONFONDUES[0]
    fermer(projet, une)
    avant = publications(client, [projet])
    fermer(projet, autre)
    differents = {ou for ou, texte in publications(client, [projet]).items() if texte != avant[ou]}
    code = projet.appel.code
    assert {
        reverse("projet", args=[projet.reference]),
        f"mifi /bilan/{code}/",
        f"agent /bilan/{code}/xlsx/",
        f"PDF {code}",
        f"DOCX {code}",
        reverse("donnees_resultats", args=[code, "csv"]),
        f"mifi /bilan/{code}/projets/?axe=ventilation&code=par_genre%7Cfemmes",
    } <= differents
