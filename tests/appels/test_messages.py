"""Écrire aux organismes d'un appel : à qui, une seule fois, sans rien annoncer."""

import uuid

import pytest
from post_office.models import Email

from appels.models import MessageAppel
from appels.services import messages
from socle.exceptions import PermissionRefusee, RegleViolee
from tests.factories import AdhesionFactory, AppelFactory, DemandeFactory, UtilisateurFactory

pytestmark = pytest.mark.django_db


@pytest.fixture
def monde(client):
    appel = AppelFactory(ouvert=True)
    brouillon = DemandeFactory(appel=appel)
    deposee = DemandeFactory(appel=appel, deposee=True)
    adresses = {}
    for nom, demande in (("brouillon", brouillon), ("deposee", deposee)):
        adresses[nom] = AdhesionFactory(organisme=demande.organisme).utilisateur.email
    AdhesionFactory(organisme=DemandeFactory().organisme)
    agente = UtilisateurFactory(agent=True)
    client.force_login(agente)
    return appel, agente, adresses, brouillon


def envoi(**champs):
    return {
        "etats": ["brouillon"],
        "objet": "Rappel",
        "texte": "La clôture approche.",
        "cle": str(uuid.uuid4()),
        **champs,
    }


def test_on_voit_a_combien_avant_d_envoyer(monde, client):
    appel, _, adresses, _ = monde
    url = f"/ville/appels/{appel.code}/messages/"
    donnees = envoi()

    apercu = client.post(url, donnees).text
    assert "partira à 1 adresse." in apercu
    assert not Email.objects.exists()
    for _ in range(2):
        client.post(url, {**donnees, "envoyer": "1"})

    courriel = Email.objects.get()
    assert courriel.to == [adresses["brouillon"]]
    assert "La clôture approche." in courriel.message
    assert MessageAppel.objects.get().destinataires == 1
    assert "par Agente" in client.get(url).text


def test_chacun_recoit_le_sien(monde):
    appel, agente, adresses, brouillon = monde
    # Deux demandes du même organisme : une seule fois.
    DemandeFactory(appel=appel, organisme=brouillon.organisme)
    messages.envoyer_message(
        acteur=agente, appel=appel, objet="O", texte="T", etats=["brouillon", "deposee"],
        cle=uuid.uuid4(),
    )  # fmt: skip
    assert sorted(courriel.to[0] for courriel in Email.objects.all()) == sorted(adresses.values())


def test_le_message_ne_distingue_pas_une_decision_pas_encore_annoncee(monde):
    appel, *_ = monde
    attendues = set()
    for etat in ("recevable", "recommandee", "acceptee", "refusee"):
        demande = DemandeFactory(appel=appel, deposee=True)
        type(demande).objects.filter(pk=demande.pk).update(etat=etat)
        attendues.add(AdhesionFactory(organisme=demande.organisme).utilisateur.email)
    assert set(messages.adresses(appel, ["en_traitement"])) == attendues


@pytest.mark.parametrize(
    "champs",
    [{"etats": []}, {"etats": ["acceptee"]}, {"objet": ""}, {"texte": ""}, {"objet": "x" * 151}],
)
def test_un_message_fautif_le_dit_et_reste_a_l_ecran(monde, client, champs):
    appel, *_ = monde
    donnees = envoi(**{"objet": "Gardé", **champs}, envoyer="1")
    page = client.post(f"/ville/appels/{appel.code}/messages/", donnees)
    assert "champ--erreur" in page.text
    assert donnees["texte"] in page.text
    assert not MessageAppel.objects.exists()


def test_personne_a_cette_etape_ne_s_envoie_pas(monde):
    appel, agente, *_ = monde
    with pytest.raises(RegleViolee, match="Aucun organisme"):
        messages.envoyer_message(
            acteur=agente, appel=appel, objet="O", texte="T", etats=["a_completer"],
            cle=uuid.uuid4(),
        )  # fmt: skip
    with pytest.raises(PermissionRefusee):
        messages.envoyer_message(
            acteur=UtilisateurFactory(tresorerie=True), appel=appel, objet="O", texte="T",
            etats=["brouillon"], cle=uuid.uuid4(),
        )  # fmt: skip
