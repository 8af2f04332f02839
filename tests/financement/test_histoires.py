"""La page de chaque objet montre son histoire, en mots, à qui peut le voir."""

from html import unescape

import pytest
from django.urls import reverse

from evaluations.services import comite, fiches
from financement.services import versements
from socle.services.comptes import regler_compte
from socle.verbes import phrase
from tests.evaluations.objets import affectation, declarer, seance_ouverte, soumettre, un_comite
from tests.factories import UtilisateurFactory
from tests.financement.objets import confirmer_l_identite, un_projet

pytestmark = pytest.mark.django_db


def lire(client, personne, nom, *arguments):
    client.force_login(personne)
    return unescape(client.get(reverse(nom, args=arguments)).text)


def test_la_convention_dit_son_histoire_et_celle_de_ses_versements(client):
    projet = un_projet()
    versement = projet.versements[0]
    versements.proposer_versement(acteur=projet.gens.agent, versement=versement)
    reference = versement.convention.demande.reference

    page = lire(client, projet.gens.tresorerie, "ville:convention", reference)

    assert phrase("versement.proposer") in page
    assert str(projet.gens.agent) in page
    assert "versement.proposer" not in page


def test_la_seance_dit_la_sienne_a_la_ville_seulement(client):
    pret = un_comite()
    seance = seance_ouverte(pret)

    assert phrase("seance.ouvrir") in lire(client, pret.agente, "ville:seance", seance.pk)
    membre = pret.membres[0].utilisateur
    assert phrase("seance.ouvrir") not in lire(client, membre, "comite:seance", seance.pk)


def test_un_membre_ne_lit_que_l_histoire_de_sa_fiche(client):
    pret = un_comite()
    demande, (premier, deuxieme, troisieme) = pret.demandes[0], pret.membres
    soumettre(demande, premier)
    declarer(demande, deuxieme)
    declarer(demande, troisieme, conflit=True)

    sienne = lire(client, premier.utilisateur, "comite:lecture", demande.reference)
    autre = lire(client, deuxieme.utilisateur, "comite:lecture", demande.reference)
    client.force_login(troisieme.utilisateur)

    assert phrase("evaluation.soumettre") in sienne
    assert phrase("evaluation.soumettre") not in autre
    assert str(premier.utilisateur) not in autre
    assert str(deuxieme.utilisateur) not in sienne
    assert client.get(reverse("comite:lecture", args=[demande.reference])).status_code == 404


def test_l_histoire_des_fiches_attend_que_toutes_soient_soumises(client):
    pret = un_comite(membres=2)
    demande, (premier, deuxieme) = pret.demandes[0], pret.membres
    soumettre(demande, premier)
    declarer(demande, deuxieme)
    assert phrase("evaluation.soumettre") not in lire(
        client, deuxieme.utilisateur, "comite:fiches", demande.reference
    )

    fiches.importer_fiche(
        acteur=deuxieme.utilisateur,
        affectation=affectation(demande, deuxieme),
        notes=dict.fromkeys(demande.appel.criteres.values_list("code", flat=True), 3),
    )

    assert phrase("evaluation.soumettre") in lire(
        client, deuxieme.utilisateur, "comite:fiches", demande.reference
    )


def test_la_page_d_un_membre_dit_son_histoire_a_la_ville(client):
    pret = un_comite()
    membre = pret.membres[1]
    comite.limiter_charge(acteur=pret.agente, membre=membre, charge_max=4)

    page = lire(client, pret.agente, "ville:membre_charge", membre.pk)

    assert phrase("membrecomite.limiter_charge") in page


def test_le_compte_dit_la_sienne_a_l_administration(client):
    administration = UtilisateurFactory(roles=["administration"])
    compte = UtilisateurFactory()
    regler_compte(acteur=administration, compte=compte, roles=["agent"], actif=True)

    client.force_login(administration)
    confirmer_l_identite(client, administration)
    page = client.get(reverse("ville:compte", args=[compte.pk]))
    assert page.status_code == 200, page
    assert phrase("compte.regler") in page.text
