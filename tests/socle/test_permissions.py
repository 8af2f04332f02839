"""La matrice, et l'égalité entre ce qu'une liste montre et ce que la permission accorde."""

import itertools

import pytest
from django.contrib.auth.models import AnonymousUser

from appels.models import Demande
from socle.permissions import MATRICE
from tests.factories import (
    AdhesionFactory,
    AffectationFactory,
    DemandeFactory,
    MembreComiteFactory,
    UtilisateurFactory,
)

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize("permission", sorted(MATRICE))
def test_une_personne_sans_compte_ne_peut_rien(permission):
    demande = DemandeFactory()

    assert MATRICE[permission].test(AnonymousUser(), demande) is False


@pytest.mark.parametrize("permission", sorted(MATRICE))
def test_un_compte_inactif_ne_peut_rien(permission):
    demande = DemandeFactory()
    inactif = UtilisateurFactory(
        is_active=False,
        roles=["agent", "approbation", "tresorerie", "administration", "mifi"],
    )
    AdhesionFactory(organisme=demande.organisme, utilisateur=inactif)

    assert inactif.peut(permission, demande) is False


def test_une_permission_inconnue_est_refusee():
    assert UtilisateurFactory(agent=True).peut("demande.inventee", DemandeFactory()) is False


def personnes(demande):
    """Chaque lien possible avec la demande, et chaque paire de liens."""
    membre = AdhesionFactory(organisme=demande.organisme).utilisateur
    redactrice = AdhesionFactory(organisme=demande.organisme, role="redacteur").utilisateur
    seule = UtilisateurFactory()
    etats = {}
    for etat in ("a_declarer", "libre", "recusee"):
        traits = {} if etat == "a_declarer" else {etat: True}
        for roles in ((), ("agent",), ("approbation",)):
            personne = UtilisateurFactory(roles=list(roles))
            siege = MembreComiteFactory(appel=demande.appel, utilisateur=personne)
            AffectationFactory(demande=demande, membre=siege, **traits)
            etats[etat, roles] = personne
    etranger = AdhesionFactory().utilisateur
    roles = [
        UtilisateurFactory(roles=[role])
        for role in ("agent", "approbation", "tresorerie", "administration", "mifi")
    ]
    return [membre, redactrice, seule, etranger, *etats.values(), *roles]


def test_la_liste_montre_exactement_ce_que_la_permission_accorde():
    demandes = [DemandeFactory(en_evaluation=True), DemandeFactory()]
    tous = [p for demande in demandes for p in personnes(demande)]

    for personne, demande in itertools.product(tous, demandes):
        visible = Demande.objects.visibles_par(personne).filter(pk=demande.pk).exists()
        assert visible == personne.peut("demande.voir", demande), (personne.roles, demande)


def test_une_agente_recusee_ne_voit_plus_la_demande():
    demande = DemandeFactory(en_evaluation=True)
    agente = UtilisateurFactory(agent=True)
    siege = MembreComiteFactory(appel=demande.appel, utilisateur=agente)
    AffectationFactory(demande=demande, membre=siege, recusee=True)

    assert not agente.peut("demande.voir", demande)
    assert not agente.peut("demande.traiter", demande)
    assert not agente.peut("versement.proposer", demande)


def test_avant_sa_declaration_un_membre_ne_voit_rien():
    affectation = AffectationFactory()
    personne = affectation.membre.utilisateur

    assert not personne.peut("demande.voir", affectation.demande)
    assert personne.peut("affectation.declarer", affectation)


def test_le_redacteur_redige_sans_deposer():
    demande = DemandeFactory()
    redactrice = AdhesionFactory(organisme=demande.organisme, role="redacteur").utilisateur

    assert redactrice.peut("demande.rediger", demande)
    assert not redactrice.peut("demande.deposer", demande)
