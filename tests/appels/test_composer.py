"""Composer un appel : onglets, lignes qu'on ajoute, échelle décrite, sources, pourcentages."""

from decimal import Decimal

import pytest
from django.urls import reverse

from appels.models import Appel
from tests.factories import AppelFactory, UtilisateurFactory

pytestmark = pytest.mark.django_db

ECHELLE = "0 : Absent\n1 : Présent"


@pytest.fixture
def appel():
    return AppelFactory()


@pytest.fixture
def agente(client):
    agente = UtilisateurFactory(agent=True)
    client.force_login(agente)
    return agente


def adresse(appel, onglet):
    return reverse("ville:appel_modifier", kwargs={"code": appel.code, "onglet": onglet})


def lignes(*contenus, initiales=0, **reste):
    """Ce que la page envoie pour des lignes."""
    donnees = {
        "lignes-TOTAL_FORMS": len(contenus),
        "lignes-INITIAL_FORMS": initiales,
        "lignes-MIN_NUM_FORMS": 0,
        "lignes-MAX_NUM_FORMS": 60,
        **reste,
    }
    for rang, contenu in enumerate(contenus):
        donnees |= {f"lignes-{rang}-{nom}": valeur for nom, valeur in contenu.items()}
    return donnees


def critere(**champs):
    return {
        "code": "C1",
        "libelle": "Pertinence",
        "poids": "100",
        "note_min": 0,
        "note_max": 1,
        "echelle": ECHELLE,
    } | champs


def volet(**champs):
    return {
        "no": 1,
        "nom": "Projets",
        "plafond": "20 000,00",
        "bailleur_0": "MIFI",
        "montant_0": "75 000",
        "bailleur_1": "Ville",
        "montant_1": "25 000,50",
    } | champs


def test_un_critere_se_decrit_note_par_note(client, agente, appel):
    client.post(adresse(appel, "criteres"), lignes(critere()))

    assert appel.criteres.get().echelle == {"0": "Absent", "1": "Présent"}
    page = client.get(adresse(appel, "criteres")).text
    assert "0 : Absent\n1 : Présent" in page


def test_reenregistrer_les_criteres_garde_leur_echelle(client, agente, appel):
    """La page renvoie ce qu'elle montre : rien ne revient à l'échelle livrée."""
    client.post(adresse(appel, "criteres"), lignes(critere()))
    client.post(
        adresse(appel, "criteres"), lignes(critere(libelle="Pertinence du projet"), initiales=1)
    )

    enregistre = appel.criteres.get()
    assert enregistre.libelle == "Pertinence du projet"
    assert enregistre.echelle == {"0": "Absent", "1": "Présent"}


@pytest.mark.parametrize(
    ("champs", "phrase"),
    [
        ({"echelle": "0 : Absent"}, "Il manque les mots de : 1."),
        ({"echelle": ECHELLE + "\n2 : Trop"}, "Hors de l&#x27;échelle : 2."),
        ({"echelle": "0 : a\n0 : b"}, "est décrite deux fois"),
        ({"echelle": "Absent"}, "écrivez la note, deux-points"),
        ({"echelle": ""}, "Décrivez chaque note, de 0 à 1."),
        ({"note_max": 0}, "La note maximale doit dépasser"),
        ({"poids": "-3"}, "champ--erreur"),
        ({"libelle": ""}, "champ--erreur"),
    ],
)
def test_un_critere_fautif_est_dit_pres_de_son_champ_et_reste_a_l_ecran(
    client, agente, appel, champs, phrase
):
    avant = list(appel.criteres.values())
    page = client.post(adresse(appel, "criteres"), lignes(critere(code="NOUVEAU", **champs))).text

    assert phrase in page
    assert "NOUVEAU" in page
    assert list(appel.criteres.values()) == avant


def test_les_criteres_suivent_leur_rang(client, agente, appel):
    client.post(
        adresse(appel, "criteres"),
        lignes(critere(code="A", ORDER=2), critere(code="B", ORDER=1)),
    )
    assert list(appel.criteres.values_list("code", flat=True)) == ["B", "A"]


def test_ajouter_une_ligne_sans_javascript_garde_ce_qui_est_ecrit(client, agente, appel):
    donnees = lignes({"code": "", "libelle": "Ancrage dans le milieu"}, ajouter_lignes="1")
    reponse = client.post(adresse(appel, "criteres"), donnees)

    assert "Ancrage dans le milieu" in reponse.text
    assert 'name="lignes-1-code"' in reponse.text
    assert "champ--erreur" not in reponse.text


def test_un_volet_garde_toutes_ses_sources(client, agente, appel):
    client.post(
        adresse(appel, "volets"),
        lignes(volet(bailleur_2="Fondation", montant_2="5000")),
    )

    enregistre = appel.volets.get()
    assert enregistre.enveloppe == Decimal("105000.50")
    assert enregistre.plafond == Decimal("20000.00")
    page = client.get(adresse(appel, "volets")).text
    assert 'value="Fondation"' in page
    # Une place de plus pour une source de plus.
    assert 'name="lignes-0-bailleur_3"' in page


@pytest.mark.parametrize(
    ("champs", "phrase"),
    [
        ({"montant_0": "beaucoup"}, "Écrivez un montant"),
        ({"montant_0": "-1"}, "Le montant ne peut pas être négatif."),
        ({"montant_0": "9" * 20}, "Ce montant est trop grand."),
        ({"bailleur_1": "MIFI"}, "Cette source est déjà dans le volet."),
        ({"bailleur_0": ""}, "Écrivez d&#x27;où vient ce montant."),
        ({"plafond": ""}, "champ--erreur"),
    ],
)
def test_un_volet_fautif_ne_s_ecrit_pas(client, agente, appel, champs, phrase):
    avant = list(appel.volets.values())

    page = client.post(adresse(appel, "volets"), lignes(volet(nom="Essai", **champs))).text

    assert phrase in page
    assert 'value="Essai"' in page
    assert list(appel.volets.values()) == avant


def test_deux_volets_du_meme_numero_sont_refuses_en_entier(client, agente, appel):
    page = client.post(adresse(appel, "volets"), lignes(volet(), volet(nom="Autre")), follow=True)

    assert "Deux volets portent le même numéro." in page.text
    assert appel.volets.count() == 1


REGLES = {
    "taux_aide_max": "75",
    "cumul_public_max": "87,5",
    "contribution_milieu_min": "10",
    "frais_administration_max": "10",
    "ecart_poste_sans_avenant": "15",
    "seuil_passage": "60",
    "seuil_alerte_ecart": "20",
    "quorum": "4",
    "evaluations_min": "3",
    "reexamen_jours": "30",
    "plan_versements": "jusqu'à 5 000 : 100\njusqu’à 20 000 : 70, 30\nau-delà : 40, 40, 20",
}


def test_les_regles_s_ecrivent_en_pourcentages_et_en_paliers(client, agente, appel):
    client.post(adresse(appel, "regles"), REGLES)

    appel.refresh_from_db()
    assert (appel.taux_aide_max, appel.cumul_public_max) == (Decimal("0.75"), Decimal("0.875"))
    assert appel.plan_versements == [
        {"jusqu_a": 5000, "tranches": [100]},
        {"jusqu_a": 20000, "tranches": [70, 30]},
        {"jusqu_a": None, "tranches": [40, 40, 20]},
    ]
    page = client.get(adresse(appel, "regles")).text
    assert 'value="87,5"' in page
    assert "au-delà : 40, 40, 20" in page


@pytest.mark.parametrize(
    ("champ", "valeur"),
    [
        ("taux_aide_max", "101"),
        ("taux_aide_max", "-1"),
        ("taux_aide_max", "beaucoup"),
        ("plan_versements", "jusqu'à 5000 : 100"),
        ("plan_versements", "au-delà : 60, 50"),
        ("plan_versements", "au-delà : 99,5, 0,5"),
        ("plan_versements", "jusqu'à 9 : 100\njusqu'à 5 : 100\nau-delà : 100"),
        ("plan_versements", "n'importe quoi"),
        ("quorum", "-1"),
        ("seuil_passage", "1000"),
    ],
)
def test_une_regle_fautive_ne_s_ecrit_pas(client, agente, appel, champ, valeur):
    reponse = client.post(adresse(appel, "regles"), REGLES | {champ: valeur})

    assert champ in reponse.context["form"].errors
    assert valeur.split("\n")[0].replace("'", "&#x27;") in reponse.text
    assert Appel.objects.get(pk=appel.pk).taux_aide_max == appel.taux_aide_max


def test_publie_ces_onglets_sont_geles_meme_en_forcant(client, agente):
    appel = AppelFactory(ouvert=True)
    avant = list(appel.criteres.values())

    page = client.post(adresse(appel, "criteres"), lignes(critere()), follow=True)

    assert "cette partie est gelée" in page.text
    assert list(appel.criteres.values()) == avant
    assert "Enregistrer et continuer" not in client.get(adresse(appel, "criteres")).text


def test_un_autre_role_ne_compose_pas(client, appel):
    client.force_login(UtilisateurFactory(tresorerie=True))
    assert client.get(adresse(appel, "volets")).status_code == 404
