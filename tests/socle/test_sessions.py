"""Ce que gagne qui vole une session, devine un compte ou tend un lien : rien."""

import pytest
from django.contrib.auth import get_user
from django.core.cache import cache
from django.test import Client
from django.urls import reverse

from tests.factories import UtilisateurFactory

pytestmark = pytest.mark.django_db

MOT = "un-mot-de-passe-long-2026"
NEUF = "un-autre-mot-de-passe-2027"


@pytest.fixture
def personne():
    cache.clear()
    personne = UtilisateurFactory()
    personne.set_password(MOT)
    personne.save()
    personne.emailaddress_set.create(email=personne.email, verified=True, primary=True)
    return personne


def entrer(client, courriel, mot=MOT, **suite):
    donnees = {"login": courriel, "password": mot, **suite}
    return client.post(reverse("account_login"), donnees)


def connecte_a(client):
    return client.get(reverse("mes_renseignements")).status_code == 200


def test_la_cle_de_session_change_a_la_connexion(personne):
    client = Client()
    session = client.session
    session["laissee"] = "par un autre"
    session.save()
    avant = session.session_key
    client.cookies["sessionid"] = avant

    entrer(client, personne.email)

    assert client.session.session_key != avant
    assert not type(session)().exists(avant)
    assert connecte_a(client)


def test_un_nouveau_mot_de_passe_ferme_les_autres_sessions(personne):
    ici, ailleurs = Client(), Client()
    for client in (ici, ailleurs):
        entrer(client, personne.email)
        assert connecte_a(client)

    envoi = {"oldpassword": MOT, "password1": NEUF, "password2": NEUF}
    ici.post(reverse("account_change_password"), envoi)

    personne.refresh_from_db()
    assert personne.check_password(NEUF)
    assert not connecte_a(ailleurs)


def test_un_compte_desactive_perd_ses_sessions_sur_le_champ(personne):
    client = Client()
    entrer(client, personne.email)
    type(personne).objects.filter(pk=personne.pk).update(is_active=False)

    assert not connecte_a(client)


@pytest.mark.parametrize(
    "suite", ["https://ailleurs.exemple/", "//ailleurs.exemple/", "javascript:alert(1)", "/\\a.b/"]
)
def test_la_suite_ne_mene_pas_ailleurs(personne, suite):
    reponse = entrer(Client(), personne.email, next=suite)

    assert reponse.status_code == 302
    assert reponse["Location"] == reverse("mon_espace")


def test_un_compte_inconnu_ne_se_distingue_pas_d_un_mauvais_mot_de_passe(personne):
    reponses = [entrer(Client(), qui, "faux") for qui in (personne.email, "rien@exemple.test")]

    connue, inconnue = (list(reponse.context["form"].non_field_errors()) for reponse in reponses)
    assert connue == inconnue
    assert connue


def test_l_oubli_repond_pareil_pour_un_compte_inconnu(personne):
    adresse = reverse("account_reset_password")
    reponses = [
        Client().post(adresse, {"email": qui}) for qui in (personne.email, "rien@exemple.test")
    ]

    assert len({(reponse.status_code, reponse["Location"]) for reponse in reponses}) == 1


def test_l_inscription_repond_pareil_pour_un_compte_deja_pris(personne):
    adresse = reverse("account_signup")
    envoi = {"nom": "Quelqu'un", "password1": NEUF, "password2": NEUF}
    reponses = [
        Client().post(adresse, {**envoi, "email": qui})
        for qui in (personne.email, "rien@exemple.test")
    ]

    issues = {(reponse.status_code, reponse.headers.get("Location")) for reponse in reponses}
    assert len(issues) == 1
    assert not get_user(reponses[0].wsgi_request).is_authenticated


def test_deviner_un_mot_de_passe_se_ralentit(personne):
    for _ in range(6):
        entrer(Client(), personne.email, "faux")

    client = Client()
    entrer(client, personne.email)
    assert not connecte_a(client)
    cache.clear()
