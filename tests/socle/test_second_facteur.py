"""Le second facteur : un code refusé dit quoi faire."""

import pytest
from allauth.account.models import EmailAddress
from allauth.mfa.totp.internal.auth import TOTP, generate_totp_secret
from django.urls import reverse

from tests.factories import UtilisateurFactory

pytestmark = pytest.mark.django_db


def test_un_code_refuse_dit_quoi_faire(client):
    personne = UtilisateurFactory(email="amina@ville.example")
    personne.set_password("un long mot de passe")
    personne.save()
    EmailAddress.objects.update_or_create(
        user=personne, email=personne.email, defaults={"verified": True, "primary": True}
    )
    TOTP.activate(personne, generate_totp_secret())
    client.post(
        reverse("account_login"),
        {"login": personne.email, "password": "un long mot de passe"},
    )
    refus = client.post(reverse("mfa_authenticate"), {"code": "000000"}).text
    assert "recopiez celui qui s&#x27;affiche maintenant" in refus
    assert "_auth_user_id" not in client.session
