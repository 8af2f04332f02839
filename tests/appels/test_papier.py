"""Une demande arrivée sur papier : la Ville la saisit, l'heure du comptoir fait foi."""

import datetime as dt

import pytest

from appels.models import Demande
from appels.services import depot, papier
from socle.exceptions import PermissionRefusee, RegleViolee
from socle.models import EntreeJournal, Organisme
from tests.appels.conftest import adresse, toronto
from tests.factories import (
    AffectationFactory,
    AppelFactory,
    BesoinFactory,
    OrganismeFactory,
    UtilisateurFactory,
)

pytestmark = pytest.mark.django_db
CLOTURE = toronto(2031, 6, 12, 16)
SECONDE = dt.timedelta(seconds=1)


@pytest.fixture
def monde(a_l_heure, accuses_confies, client):
    """Le lendemain de la clôture, une agente au comptoir."""
    a_l_heure(CLOTURE + dt.timedelta(days=1))
    appel = AppelFactory(ouvert=True, ouverture=CLOTURE - dt.timedelta(days=20), cloture=CLOTURE)
    agente = UtilisateurFactory(agent=True)
    client.force_login(agente)
    return appel, agente


def saisir(agente, appel, **champs):
    return papier.saisir_papier(
        acteur=agente,
        appel=appel,
        **{
            "neq": "1170000001",
            "nom": "Le Comptoir",
            "recue_le": CLOTURE - dt.timedelta(hours=1),
            "motif": "Sans accès à Internet.",
            **champs,
        },
    )


def remplir(demande, appel):
    demande.titre, demande.secteur, demande.volet = "Soupes", "Centre-ville", appel.volets.first()
    demande.montant_demande = 800
    demande.save()
    demande.besoins.add(BesoinFactory(plan=appel.plan))
    demande.postes.create(categorie="salaires", montant=1000)
    demande.revenus.create(source="fonds_propres", montant=200)


def test_la_ville_saisit_remplit_et_depose_dans_les_memes_pages(monde, client):
    appel, agente = monde
    reponse = client.post(
        f"/ville/appels/{appel.code}/papier/",
        {
            "neq": "1170 000 001",
            "nom": "Le Comptoir",
            "recue_le": "2031-06-12T15:00",
            "motif": "Sans accès à Internet.",
        },
    )
    demande = Demande.objects.get()
    assert reponse.url == adresse(demande, "projet")
    assert demande.organisme.neq == "1170000001"
    assert not demande.organisme.adhesions.exists()
    client.post(adresse(demande, "projet"), {"titre": "Soupes"})
    demande.refresh_from_db()
    assert demande.titre == "Soupes"
    remplir(demande, appel)

    depose = client.post(adresse(demande), {"signataire": "Mme Papier", "exactitude": "on"})

    assert depose.status_code == 302
    assert client.get(depose.url).status_code == 200
    demande.refresh_from_db()
    assert (demande.etat, demande.deposee_le) == ("deposee", toronto(2031, 6, 12, 15))
    entrees = {entree.verbe: entree for entree in EntreeJournal.objects.pour(demande)}
    assert {"demande.commencer", "demande.saisir_papier", "demande.deposer"} <= entrees.keys()
    assert entrees["demande.saisir_papier"].acteur == agente


@pytest.mark.parametrize(
    ("recue", "permise"),
    [(CLOTURE, True), (CLOTURE + SECONDE, False), (CLOTURE - dt.timedelta(days=21), False)],
)
def test_l_heure_du_comptoir_se_compare_a_la_cloture(monde, recue, permise):
    appel, agente = monde
    if permise:
        demande = saisir(agente, appel, recue_le=recue)
        remplir(demande, appel)
        assert depot.deposer(acteur=agente, demande=demande).depose_le == recue
        return
    with pytest.raises(RegleViolee, match="hors de la période"):
        saisir(agente, appel, recue_le=recue)


@pytest.mark.parametrize(
    ("champs", "champ"),
    [
        ({"neq": "123"}, "neq"),
        ({"nom": " "}, "nom"),
        ({"motif": " "}, "motif"),
        ({"recue_le": CLOTURE + dt.timedelta(days=9)}, "recue_le"),
    ],
)
def test_une_saisie_fautive_nomme_son_champ_et_n_ecrit_rien(monde, champs, champ):
    appel, agente = monde
    with pytest.raises(RegleViolee) as refus:
        saisir(agente, appel, **champs)
    assert refus.value.champ == champ
    assert not Demande.objects.exists()


def test_un_organisme_inscrit_est_retrouve(monde):
    appel, agente = monde
    connu = OrganismeFactory(neq="1170000001")
    assert saisir(agente, appel, nom="").organisme == connu
    assert Organisme.objects.count() == 1


def test_la_ville_n_ecrit_pas_dans_les_brouillons_des_organismes(monde, client, prete):
    assert client.get(adresse(prete.demande, "projet")).status_code == 404
    assert client.post(adresse(prete.demande, "projet"), {"titre": "X"}).status_code == 404


def test_un_autre_role_ne_saisit_pas_et_une_agente_recusee_non_plus(monde, client):
    appel, agente = monde
    with pytest.raises(PermissionRefusee):
        saisir(UtilisateurFactory(tresorerie=True), appel)
    demande = saisir(agente, appel)
    AffectationFactory(demande=demande, membre__utilisateur=agente, recusee=True)
    assert client.get(adresse(demande, "projet")).status_code == 404
