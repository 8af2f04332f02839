"""Le mot de passe de la démonstration n'ouvre rien quand elle n'est pas en marche."""

import pytest
from django.conf import settings as reglages
from django.contrib.auth import authenticate
from django.test import Client
from django.urls import reverse

from socle.models import Utilisateur
from tests.factories import MOT_DE_PASSE, UtilisateurFactory

pytestmark = pytest.mark.django_db


@pytest.fixture
def compte() -> Utilisateur:
    utilisateur = UtilisateurFactory(
        email="agent@exemple.test", mot_de_passe=reglages.MOT_DE_PASSE_DEMONSTRATION
    )
    utilisateur.emailaddress_set.create(email=utilisateur.email, verified=True, primary=True)
    return utilisateur


def se_connecter(client: Client, mot_de_passe: str):
    return client.post(
        reverse("account_login"), {"login": "agent@exemple.test", "password": mot_de_passe}
    )


def test_refuse_sans_demonstration(compte: Utilisateur, client: Client, settings) -> None:
    settings.DEMONSTRATION = False
    reponse = se_connecter(client, settings.MOT_DE_PASSE_DEMONSTRATION)
    assert reponse.status_code == 200
    assert reponse.context["form"].errors
    assert "_auth_user_id" not in client.session
    assert authenticate(email=compte.email, password=settings.MOT_DE_PASSE_DEMONSTRATION) is None


def test_accepte_avec_demonstration(compte: Utilisateur, client: Client, settings) -> None:
    settings.DEMONSTRATION = True
    reponse = se_connecter(client, settings.MOT_DE_PASSE_DEMONSTRATION)
    assert reponse.status_code == 302
    assert client.session["_auth_user_id"] == str(compte.pk)


def test_un_autre_mot_de_passe_entre_sans_demonstration(
    compte: Utilisateur, client: Client, settings
) -> None:
    settings.DEMONSTRATION = False
    compte.set_password(MOT_DE_PASSE)
    compte.save()
    assert se_connecter(client, MOT_DE_PASSE).status_code == 302
    assert client.session["_auth_user_id"] == str(compte.pk)


def test_personne_ne_le_choisit(client: Client, settings) -> None:
    reponse = client.post(
        reverse("account_signup"),
        {
            "nom": "Marie Essai",
            "email": "marie@exemple.test",
            "password1": settings.MOT_DE_PASSE_DEMONSTRATION,
            "password2": settings.MOT_DE_PASSE_DEMONSTRATION,
        },
    )
    assert reponse.status_code == 200
    assert "celui de la démonstration" in str(reponse.context["form"].errors)
    assert not Utilisateur.objects.exists()
