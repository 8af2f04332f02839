"""Ce qui n'est pas arrivé : refusé par le serveur, revenu, sans adresse ; et comment le régler."""

import datetime as dt

import pytest
from django.urls import reverse
from post_office.models import STATUS, Email

from financement.models import EnvoiLettre
from financement.semaine import attentes
from financement.services import lettres
from socle import horloge
from socle.services import courriels
from tests.factories import AdhesionFactory, DecisionFactory, UtilisateurFactory
from tests.financement.objets import Formulaire, envoyer, messages_de, page, verbes

pytestmark = pytest.mark.django_db


@pytest.fixture
def agente():
    return UtilisateurFactory(agent=True)


@pytest.fixture
def lettre(agente):
    decision = DecisionFactory()
    AdhesionFactory(organisme=decision.demande.organisme)
    return lettres.emettre_lettre(acteur=agente, lettre=lettres.preparer_lettre(decision=decision))


def envois(agente, lettre):
    return page(agente, "ville:lettres_envois", lettre.demande.appel.code).text


def test_chaque_adresse_a_son_envoi_avec_la_lettre_jointe(agente, lettre):
    envoi = lettre.envois.get()
    assert envoi.adresse == lettre.demande.organisme.adhesions.get().utilisateur.email
    with (
        lettre.document.pdf.open("rb") as pdf,
        envoi.courriel.attachments.get().file.open() as joint,
    ):
        assert joint.read() == pdf.read()
    texte = envois(agente, lettre)
    assert "Rien n'est revenu" in texte
    assert "En attente de départ" in texte
    Email.objects.update(status=STATUS.sent)
    assert "Parti" in envois(agente, lettre)


def test_un_courriel_refuse_par_le_serveur_se_voit_et_se_renvoie(agente, lettre):
    Email.objects.update(status=STATUS.failed)
    code = lettre.demande.appel.code
    assert "Des lettres ne sont pas arrivées" in page(agente, "ville:lettres", code).text
    assert "Refusé par le serveur" in envois(agente, lettre)

    (attente,) = [a for a in attentes(agente) if a.action == "Reprendre"]
    assert attente.detail == "1 envoi à reprendre"
    assert attente.url == reverse("ville:lettres_envois", args=[code])
    # La lettre à poster s'ouvre de là où l'on dit qu'elle n'est pas arrivée.
    assert reverse("document", args=[lettre.document.cle]) in envois(agente, lettre)

    envoyer(agente, "ville:envoi_agir", lettre.envois.get().pk, "renvoyer")
    assert not [a for a in attentes(agente) if a.action == "Reprendre"]

    assert lettre.envois.count() == 2
    assert not EnvoiLettre.objects.en_defaut().exists()
    assert Email.objects.count() == 2
    assert "Des lettres ne sont pas arrivées" not in page(agente, "ville:lettres", code).text
    assert verbes(lettre)[-1] == "lettre.renvoyer"


def test_un_retour_s_inscrit_a_la_main_et_se_regle(agente, lettre):
    envoi = lettre.envois.get()
    futur = (horloge.aujourdhui() + dt.timedelta(days=1)).isoformat()
    for champ, valeur, phrase in (
        ("motif", "", "obligatoire"),
        ("date", "hier", "date valide"),
        ("date", futur, "pas à venir"),
    ):
        saisie = {"date": horloge.aujourdhui().isoformat(), "motif": "Boîte pleine", champ: valeur}
        reponse = envoyer(agente, "ville:envoi_retour", envoi.pk, **saisie)
        assert phrase in Formulaire(reponse.text).erreur(champ)
        assert Formulaire(reponse.text).valeur("motif") == saisie["motif"]

    envoyer(
        agente, "ville:envoi_retour", envoi.pk,
        date=horloge.aujourdhui().isoformat(), motif="Boîte pleine",
    )  # fmt: skip
    texte = envois(agente, lettre)
    assert "1 envoi à reprendre" in texte
    assert "Boîte pleine" in texte

    envoyer(agente, "ville:envoi_agir", envoi.pk, "remettre")
    texte = envois(agente, lettre)
    assert "Rien n'est revenu" in texte
    assert "Réglé" in texte


def test_sans_personne_a_qui_ecrire_la_lettre_reste_a_poster(agente):
    decision = DecisionFactory()
    lettre = lettres.emettre_lettre(
        acteur=agente, lettre=lettres.preparer_lettre(decision=decision)
    )
    assert "Aucune adresse : à poster" in envois(agente, lettre)
    envoi = lettre.envois.get()
    reponse = envoyer(agente, "ville:envoi_agir", envoi.pk, "renvoyer")
    assert "aucune personne à qui écrire" in messages_de(reponse)
    AdhesionFactory(organisme=decision.demande.organisme)
    envoyer(agente, "ville:envoi_agir", envoi.pk, "renvoyer")
    assert not EnvoiLettre.objects.en_defaut().exists()


def test_rejouer_un_appel_passe_n_inscrit_aucun_envoi(agente):
    decision = DecisionFactory()
    with courriels.silencieux():
        lettres.emettre_lettre(acteur=agente, lettre=lettres.preparer_lettre(decision=decision))
    assert not EnvoiLettre.objects.exists()


def test_la_tresorerie_lit_les_envois_sans_agir(lettre):
    tresorerie = UtilisateurFactory(tresorerie=True)
    assert "Inscrire un retour" not in envois(tresorerie, lettre)
    envoi = lettre.envois.get()
    assert page(tresorerie, "ville:envoi_retour", envoi.pk).status_code == 404
    assert envoyer(tresorerie, "ville:envoi_agir", envoi.pk, "renvoyer").status_code == 404
    assert (
        envoyer(UtilisateurFactory(agent=True), "ville:envoi_agir", envoi.pk, "x").status_code
        == 404
    )
