"""La page de chaque objet montre son histoire, en mots, à qui peut le voir."""

import pytest
from django.urls import reverse

from financement.services import versements
from socle.verbes import phrase
from tests.evaluations.objets import seance_ouverte, un_comite
from tests.financement.objets import un_projet

pytestmark = pytest.mark.django_db


def lire(client, personne, nom, *arguments):
    client.force_login(personne)
    return client.get(reverse(nom, args=arguments)).content.decode()


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
