"""Les lettres : en lot par un vrai ouvrier, chacune une seule fois, et rien avant elles."""

import time

import pytest
from post_office.models import Email

from financement.models import Lettre
from financement.services import conventions, lettres
from socle.models import Document
from tests.factories import AdhesionFactory, DecisionFactory, UtilisateurFactory


@pytest.fixture
def decision(db):
    decision = DecisionFactory()
    AdhesionFactory(organisme=decision.demande.organisme)
    return decision


def test_rien_ne_se_voit_avant_la_lettre(decision, client):
    demande = decision.demande
    membre = demande.organisme.adhesions.get().utilisateur
    client.force_login(membre)
    adresse = f"/organisme/demandes/{demande.reference}/"

    avant = client.get(adresse).text
    assert "En traitement" in avant
    assert "Acceptée" not in avant
    assert demande.reference not in client.get("/projets/").text

    lettres.emettre_lettre(
        acteur=UtilisateurFactory(agent=True), lettre=lettres.preparer_lettre(decision=decision)
    )

    assert "Acceptée" in client.get(adresse).text
    assert demande.reference in client.get("/projets/").text


def test_emise_deux_fois_elle_n_existe_qu_une_fois(decision):
    agente = UtilisateurFactory(agent=True)
    lettre = lettres.preparer_lettre(decision=decision)

    lettres.emettre_lettre(acteur=agente, lettre=lettre)
    lettres.emettre_lettre(acteur=agente, lettre=lettre)

    assert Document.objects.count() == 1
    assert Email.objects.count() == 1
    assert Lettre.objects.get().etat == "transmise"


def test_l_agente_d_un_autre_role_ne_peut_pas_emettre(decision):
    from socle.exceptions import PermissionRefusee

    with pytest.raises(PermissionRefusee):
        lettres.preparer_lot(
            acteur=UtilisateurFactory(tresorerie=True), appel=decision.demande.appel
        )


def test_la_lettre_et_la_convention_portent_le_signataire_du_reglage(decision, settings):
    settings.VILLE = {
        **settings.VILLE,
        "signataire_nom": "Sacha Signature",
        "signataire_titre": "greffière adjointe",
    }
    agente = UtilisateurFactory(agent=True)
    lettre = lettres.emettre_lettre(
        acteur=agente, lettre=lettres.preparer_lettre(decision=decision)
    )
    convention = conventions.preparer_convention(acteur=agente, demande=decision.demande)
    convention = conventions.transmettre_convention(acteur=agente, convention=convention)

    assert "Sacha Signature" in lettre.document.html
    assert "Greffière adjointe" in lettre.document.html
    assert "représentée par Sacha Signature, greffière adjointe" in convention.document.html


@pytest.mark.django_db(transaction=True)
def test_un_vrai_ouvrier_emet_le_lot_avec_son_avancement(ouvrier):
    premiere = DecisionFactory()
    appel = premiere.demande.appel
    AdhesionFactory(organisme=premiere.demande.organisme)
    travail = lettres.preparer_lot(acteur=UtilisateurFactory(agent=True), appel=appel)

    limite = time.monotonic() + 60
    while not travail.est_fini and time.monotonic() < limite:
        time.sleep(0.3)
        travail.refresh_from_db()

    assert (travail.etat, travail.faits, travail.erreurs) == ("fini", 1, [])
    assert Lettre.objects.get().document.empreinte
    lettres.emettre_lot(travail=travail)
    assert Document.objects.count() == 1
