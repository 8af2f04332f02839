"""Une session expire pendant la saisie : rien de ce qui est écrit ne se perd."""

from urllib.parse import parse_qs, urlsplit

import pytest
from django.contrib.sessions.models import Session
from django.test import Client
from django.urls import reverse

from socle.saisies import CLE, TAILLE_MAX
from tests.factories import MOT_DE_PASSE, AdhesionFactory, DemandeFactory

pytestmark = pytest.mark.django_db


@pytest.fixture
def demande():
    return DemandeFactory(titre="Avant")


@pytest.fixture
def personne(demande):
    personne = AdhesionFactory(organisme=demande.organisme).utilisateur
    personne.emailaddress_set.create(email=personne.email, verified=True, primary=True)
    return personne


def adresse(demande, partie="projet") -> str:
    return reverse("organisme:rediger", kwargs={"reference": demande.reference, "partie": partie})


def se_connecter(client, personne, suite):
    """La page où mène la connexion, et son POST-redirection s'il y en a une."""
    reponse = client.post(
        reverse("account_login"),
        {"login": personne.email, "password": MOT_DE_PASSE, "next": suite},
    )
    reponse = client.get(reponse.url)
    return client.get(reponse.url) if reponse.status_code == 302 else reponse


def test_ce_qui_etait_envoye_sans_session_s_enregistre_apres_la_connexion(
    demande, personne, client
):
    reponse = client.post(adresse(demande), {"titre": "Écrit trop tard", "resume": "Longue nuit"})
    assert reponse.url.startswith(reverse("account_login"))
    demande.refresh_from_db()
    assert demande.titre == "Avant"

    reponse = se_connecter(client, personne, adresse(demande))

    demande.refresh_from_db()
    assert (demande.titre, demande.resume) == ("Écrit trop tard", "Longue nuit")
    assert "ce que vous aviez écrit a été repris" in reponse.content.decode()
    assert CLE not in client.session


def test_une_saisie_refusee_revient_dans_ses_champs(demande, personne, client):
    client.post(adresse(demande, "budget"), {"montant_demande": "douze", "postes-TOTAL_FORMS": "0"})

    reponse = se_connecter(client, personne, adresse(demande, "budget"))

    assert reponse.status_code == 200
    assert 'value="douze"' in reponse.content.decode()


def test_la_saisie_ne_se_rejoue_qu_une_fois(demande, personne, client):
    client.post(adresse(demande), {"titre": "Une fois"})
    se_connecter(client, personne, adresse(demande))
    type(demande).objects.update(titre="Depuis")
    client.get(adresse(demande))
    demande.refresh_from_db()
    assert demande.titre == "Depuis"


def test_une_autre_personne_n_ecrit_rien(demande, client):
    autre = AdhesionFactory().utilisateur
    autre.emailaddress_set.create(email=autre.email, verified=True, primary=True)
    client.post(adresse(demande), {"titre": "Pas à elle"})

    reponse = se_connecter(client, autre, adresse(demande))

    assert reponse.status_code == 404
    demande.refresh_from_db()
    assert demande.titre == "Avant"


@pytest.mark.parametrize(
    ("partie", "donnees"),
    [
        ("relecture", {"signataire": "Marie", "exactitude": "on"}),
        ("pieces", {"piece_exigee": "1"}),
        ("projet", {"resume": "é" * TAILLE_MAX}),
    ],
)
def test_un_depot_un_fichier_ou_un_envoi_enorme_ne_se_garde_pas(demande, client, partie, donnees):
    client.post(adresse(demande, partie), donnees)
    assert CLE not in client.session


def test_sans_jeton_csrf_rien_n_est_garde(demande):
    client = Client(enforce_csrf_checks=True)
    assert client.post(adresse(demande), {"titre": "Forgé"}).status_code == 403
    assert not Session.objects.exists()


def test_une_action_sans_session_ramene_a_la_page_de_son_bouton(client):
    """L'action ne se lit pas (405) : la connexion mène à la page qui l'offrait."""
    action = reverse("ville:versement_agir", kwargs={"pk": 1, "action": "proposer"})
    page = reverse("ville:versements")

    venu_de = {"HTTP_REFERER": f"http://testserver{page}?etat=prevu"}
    reponse = client.post(action, **venu_de)
    assert parse_qs(urlsplit(reponse.url).query)["next"] == [f"{page}?etat=prevu"]

    # Une adresse d'ailleurs n'est pas suivie.
    for ailleurs in ("https://ailleurs.example/ville/versements/", "//ailleurs.example/", ""):
        reponse = client.post(action, HTTP_REFERER=ailleurs)
        assert parse_qs(urlsplit(reponse.url).query)["next"] == [action]
    lue = client.get(page, HTTP_REFERER="http://testserver/ailleurs/")
    assert parse_qs(urlsplit(lue.url).query)["next"] == [page]
