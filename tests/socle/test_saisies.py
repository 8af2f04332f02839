"""Une session expire pendant la saisie : rien de ce qui est écrit ne se perd."""

from urllib.parse import parse_qs, urlsplit
from uuid import uuid4

import pytest
from django.contrib.messages.storage.cookie import CookieStorage
from django.contrib.sessions.models import Session
from django.test import Client
from django.urls import reverse

from appels.models import MessageAppel
from appels.services.messages import ETATS
from socle.saisies import CLE, TAILLE_MAX, relire
from tests.factories import (
    MOT_DE_PASSE,
    AdhesionFactory,
    AppelFactory,
    DemandeFactory,
    UtilisateurFactory,
)
from tests.financement.objets import un_projet

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


def test_un_envoi_enorme_ne_se_garde_pas(demande, client):
    client.post(adresse(demande), {"resume": "é" * TAILLE_MAX})
    assert CLE not in client.session


def test_un_depot_se_relit_sans_se_faire(demande, personne, client):
    client.post(
        adresse(demande, "relecture"), {"signataire": "Marie des Neiges", "exactitude": "on"}
    )

    reponse = se_connecter(client, personne, adresse(demande, "relecture"))

    assert "Marie des Neiges" in reponse.content.decode()
    demande.refresh_from_db()
    assert demande.etat == "brouillon"


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


# --- Les vues qui n'enregistrent rien d'elles-mêmes : la saisie se relit, puis s'envoie ----------
@pytest.fixture
def versement():
    return un_projet().versements[0]


def retenir(versement) -> str:
    return reverse("ville:versement_agir", kwargs={"pk": versement.pk, "action": "retenir"})


def test_ce_qui_decide_revient_dans_ses_champs_sans_s_executer(client):
    appel = AppelFactory(ouvert=True)
    AdhesionFactory(organisme=DemandeFactory(appel=appel).organisme)
    agente = UtilisateurFactory(agent=True)
    adresse = reverse("ville:messages", kwargs={"code": appel.code})
    message = {
        "etats": list(ETATS), "objet": "Rappel", "texte": "Écrit sans session",
        "cle": str(uuid4()), "envoyer": "1",
    }  # fmt: skip
    client.post(adresse, message)
    client.force_login(agente)

    reponse = client.get(adresse)

    texte = reponse.content.decode()
    assert "Écrit sans session" in texte
    assert "rien n&#x27;a été envoyé" in texte
    assert not MessageAppel.objects.exists()
    assert "Écrit sans session" not in client.get(adresse).content.decode()
    # Le même envoi, avec une session, part bien : c'est la relecture qui l'a retenu.
    client.post(adresse, message)
    assert MessageAppel.objects.get().texte == "Écrit sans session"


def test_une_action_sans_page_remontre_sa_saisie_a_qui_en_a_le_droit(versement, client):
    page = reverse("ville:versements")
    venu_de = {"HTTP_REFERER": f"http://testserver{page}"}
    client.post(retenir(versement), {"motif": "Un reçu manque"}, **venu_de)
    client.force_login(UtilisateurFactory(agent=True))

    reponse = client.get(retenir(versement))

    assert "Un reçu manque" in reponse.content.decode()
    versement.refresh_from_db()
    assert versement.etat == "prevu"
    # Une autre personne n'en lit rien.
    client.logout()
    client.post(retenir(versement), {"motif": "Un reçu manque"}, **venu_de)
    client.force_login(AdhesionFactory().utilisateur)
    assert client.get(retenir(versement)).status_code == 404


def test_sans_formulaire_a_remontrer_on_revient_a_la_page_quittee(versement, client):
    demande = versement.convention.demande
    page = reverse("ville:fermeture", kwargs={"reference": demande.reference})
    regler = reverse(
        "ville:fermeture_agir", kwargs={"reference": demande.reference, "action": "regler"}
    )
    client.post(regler, {"note": "x"}, HTTP_REFERER=f"http://testserver{page}")
    client.force_login(UtilisateurFactory(agent=True))

    reponse = client.get(regler)

    assert reponse.status_code == 302
    assert reponse.url == page
    assert "rien n&#x27;a été envoyé" in client.get(page).content.decode()


def test_une_vue_qui_ecrirait_elle_meme_en_est_empechee_par_la_base(rf, demande, client):
    def ecrire(request):
        type(demande).objects.update(titre="Forgé")

    requete = rf.get("/la/")
    requete.session = client.session
    requete.session[CLE] = {
        "adresse": "/la/", "contenu": "titre=x", "page": "/ici/", "s_enregistre": False,
    }  # fmt: skip
    requete._messages = CookieStorage(requete)

    assert relire(requete, ecrire, (), {}).url == "/ici/"
    demande.refresh_from_db()
    assert demande.titre == "Avant"
    # Le test lui-même peut encore écrire.
    type(demande).objects.update(titre="Après")


def test_un_compte_de_banque_ne_se_garde_pas(demande, client):
    adresse = reverse("organisme:coordonnees", kwargs={"pk": demande.organisme_id})
    client.post(adresse, {"compte": "1234567"})
    assert CLE not in client.session


def test_ce_qu_une_page_enregistre_d_elle_meme_ne_se_garde_pas(demande, client):
    for entetes in ({"HTTP_ACCEPT": "application/json"}, {"HTTP_HX_REQUEST": "true"}):
        client.post(reverse("ville:versements"), {"texte": "x"}, **entetes)
        assert CLE not in client.session
