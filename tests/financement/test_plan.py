"""Le plan d'action : ce qui répond à chaque besoin, et ce à quoi rien ne répond."""

from decimal import Decimal
from io import BytesIO

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from openpyxl import load_workbook

from financement.couverture import couverture
from tests.factories import (
    AffectationFactory,
    BesoinFactory,
    DecisionFactory,
    RapportFactory,
    UtilisateurFactory,
)

pytestmark = pytest.mark.django_db


@pytest.fixture
def agente():
    return UtilisateurFactory(agent=True)


def projet(besoin, *, personnes=None, **champs):
    """Un projet financé qui répond à ``besoin``, avec un rapport accepté s'il a des résultats."""
    demande = DecisionFactory(
        demande__etat="conventionnee", demande__appel__plan=besoin.plan, **champs
    ).demande
    demande.besoins.add(besoin)
    if personnes is not None:
        rapport = RapportFactory(demande=demande, accepte=True)
        rapport.valeurs.create(indicateur="personnes_distinctes", valeur=personnes)
        rapport.valeurs.create(indicateur="activites_realisees", valeur=3)
    return demande


def test_un_besoin_dit_ses_projets_ses_dollars_et_ses_resultats(agente):
    besoin = BesoinFactory()
    projet(besoin, personnes=40, montant_accorde=Decimal(9000))
    projet(besoin, personnes=12, montant_accorde=Decimal(5000))
    projet(besoin, montant_accorde=Decimal("0.50"))

    (reponse,) = couverture(besoin.plan, agente).reponses

    assert len(reponse.projets) == 3
    assert reponse.accorde == Decimal("14000.50")
    assert (reponse.personnes, reponse.activites) == (52, 6)


def test_sans_rapport_accepte_le_resultat_est_inconnu_pas_zero(agente):
    besoin = BesoinFactory()
    projet(besoin)
    assert couverture(besoin.plan, agente).reponses[0].personnes is None


def test_ce_qui_n_a_pas_de_reponse_est_nomme_et_la_matrice_le_montre(agente, client):
    repondu = BesoinFactory(libelle="Isolement")
    oublie = BesoinFactory(
        libelle="Transport", plan=repondu.plan, theme=repondu.theme, objectif=repondu.objectif
    )
    projet(repondu)
    client.force_login(agente)

    vue = couverture(repondu.plan, agente)
    page = client.get("/ville/plan/").text

    assert [r.besoin for r in vue.sans_reponse] == [oublie]
    ((theme, cases),) = vue.matrice
    ((objectif, case),) = cases
    assert (theme, objectif) == (repondu.theme, repondu.objectif)
    assert (case.repondus, len(case.reponses)) == (1, 2)
    assert "Transport : rien encore" in page
    assert "Isolement : 1 projet" in page
    assert page.count("matrice__besoin--repondu") == 1


def test_une_demande_dont_on_est_recuse_n_y_compte_pas(agente, client):
    besoin = BesoinFactory()
    demande = projet(besoin)
    AffectationFactory(demande=demande, membre__utilisateur=agente, recusee=True)
    client.force_login(agente)

    assert couverture(besoin.plan, agente).reponses[0].projets == []
    assert demande.titre not in client.get(f"/ville/plan/besoins/{besoin.code}/").text


def test_le_tableur_dit_les_memes_nombres(agente, client):
    besoin = BesoinFactory(libelle="=Isolement")
    projet(besoin, personnes=40, montant_accorde=Decimal(9000))
    client.force_login(agente)

    feuille = load_workbook(BytesIO(client.get("/ville/plan/?format=xlsx").content)).active
    ligne = [cellule.value for cellule in feuille[2]]

    assert ligne[0] == besoin.code
    assert ligne[1] == "=Isolement"
    assert feuille["B2"].data_type == "s"
    assert ligne[4:] == [0, 1, 9000, 3, 40]


def test_la_page_coute_autant_de_requetes_a_un_projet_qu_a_trois(agente, client):
    besoin = BesoinFactory()
    client.force_login(agente)
    comptes = []
    for nombre in (1, 2):
        for _ in range(nombre):
            projet(besoin, personnes=5)
            BesoinFactory(plan=besoin.plan, theme=besoin.theme, objectif=besoin.objectif)
        with CaptureQueriesContext(
            connection,
        ) as requetes:
            assert client.get("/ville/plan/").status_code == 200
        comptes.append(len(requetes))
    assert comptes[0] == comptes[1]
