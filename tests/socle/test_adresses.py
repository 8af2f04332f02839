"""Une adresse forgée reçoit une page d'erreur écrite, jamais une panne."""

import pytest
from django.test import Client

from tests.factories import UtilisateurFactory

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize(
    "adresse",
    ["/projets/?q=%00", "/projets/?theme=a%00b", "/projets/%00/", "/?x=%00"],
)
def test_un_octet_nul_dans_l_adresse_est_refuse_par_une_page(adresse):
    reponse = Client().get(adresse)
    assert reponse.status_code == 400
    assert "Nous n'avons pas compris" in reponse.text.replace("&#x27;", "'")


def test_il_l_est_aussi_dans_les_listes_de_la_ville(client):
    client.force_login(UtilisateurFactory(agent=True))
    for page in ("demandes", "versements", "rapports", "organismes"):
        assert client.get(f"/ville/{page}/?etat=%00&q=a%00").status_code == 400


def test_une_recherche_ordinaire_passe_avec_ses_zeros_et_ses_pourcents():
    assert Client().get("/projets/?q=100%25+00+%2500").status_code == 200
