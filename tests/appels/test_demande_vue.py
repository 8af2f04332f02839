"""La page d'une demande côté Ville : ce qu'elle coûte, et ce qu'une récusation y ferme."""

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from appels.models import Demande
from appels.services.recevabilite import verifier_point
from socle.comptes import Authentification
from socle.droits import exiger_permission
from socle.exceptions import PermissionRefusee
from tests.factories import (
    AffectationFactory,
    BesoinFactory,
    DemandeFactory,
    UtilisateurFactory,
)

pytestmark = pytest.mark.django_db
# Avec des doutes sur des demandes du même organisme ; les points à vérifier en coûtent cinq.
REQUETES_MAX = {"deposee": 29, "evaluee": 24}


def _requetes(client, demande):
    adresse = reverse("ville:demande", args=[demande.reference])
    assert client.get(adresse).status_code == 200
    with CaptureQueriesContext(connection) as capture:
        client.get(adresse)
    return [requete["sql"] for requete in capture]


def _garnir(demande, nombre):
    """``nombre`` besoins, postes, réponses, et autant de demandes pareilles du même organisme."""
    section = demande.formulaire.sections.create(code="projet", titre="Projet")
    for rang in range(nombre):
        demande.besoins.add(BesoinFactory(plan=demande.appel.plan))
        demande.postes.create(
            categorie="materiel", libelle=f"Outils {demande.pk} {rang}", montant=10
        )
        question = section.questions.create(code=f"q{rang}", libelle=f"Question {rang} ?")
        demande.reponses.create(question=question, valeur="Une réponse.")
        DemandeFactory(
            **{demande.etat: True}, appel=demande.appel, organisme=demande.organisme,
            titre=demande.titre, resume=demande.resume,
        )  # fmt: skip


@pytest.mark.parametrize("etat", ["deposee", "evaluee"])
def test_la_page_coute_autant_a_une_ligne_qu_a_trois(client, etat):
    client.force_login(UtilisateurFactory(agent=True))
    comptes = []
    for nombre in (1, 3):
        demande = DemandeFactory(**{etat: True}, titre=f"Jardiner au bord du fleuve {nombre}")
        _garnir(demande, nombre)
        comptes.append(len(_requetes(client, demande)))
    assert comptes[0] == comptes[1] <= REQUETES_MAX[etat]


def test_la_recusation_ne_se_demande_qu_avec_la_session(client):
    client.force_login(UtilisateurFactory(agent=True))
    requetes = _requetes(client, DemandeFactory(deposee=True))
    assert len([sql for sql in requetes if "recusee" in sql]) == 1


def test_recusee_la_personne_perd_la_page_des_la_suivante(client):
    agente = UtilisateurFactory(agent=True)
    demande = DemandeFactory(evaluee=True)
    client.force_login(agente)
    adresse = reverse("ville:demande", args=[demande.reference])
    assert client.get(adresse).status_code == 200
    AffectationFactory(demande=demande, membre__utilisateur=agente, recusee=True)
    assert client.get(adresse).status_code == 404


def test_la_session_et_la_base_disent_les_memes_recusations():
    agente = UtilisateurFactory(agent=True)
    siennes = [DemandeFactory(evaluee=True) for _ in range(3)]
    AffectationFactory(demande=siennes[0], membre__utilisateur=agente, recusee=True)
    AffectationFactory(demande=siennes[1], membre__utilisateur=agente, libre=True)
    AffectationFactory(demande=siennes[2], recusee=True)
    de_la_session = Authentification().get_user(agente.pk)
    for permission in ("demande.suivre", "demande.voir"):
        lues = [de_la_session.peut(permission, demande) for demande in siennes]
        assert lues == [agente.peut(permission, demande) for demande in siennes]
        assert lues == [False, True, True]
    assert set(Demande.objects.sans_recusation(de_la_session)) == {*siennes[1:]}
    assert set(Demande.objects.sans_recusation(agente)) == {*siennes[1:]}


def test_un_service_relit_les_recusations():
    """Récusée pendant que sa page s'ouvrait, la personne n'écrit plus rien."""
    agente = UtilisateurFactory(agent=True)
    demande = DemandeFactory(deposee=True)
    de_la_session = Authentification().get_user(agente.pk)
    assert de_la_session.peut("demande.traiter", demande)
    AffectationFactory(demande=demande, membre__utilisateur=agente, recusee=True)
    with pytest.raises(PermissionRefusee):
        exiger_permission(de_la_session, "demande.traiter", demande)
    assert not de_la_session.peut("demande.traiter", demande)


def test_les_points_repondus_se_retrouvent_et_la_liste_complete_permet_de_conclure():
    agente = UtilisateurFactory(agent=True)
    demande = DemandeFactory(deposee=True)
    client = Client()
    client.force_login(agente)
    adresse = reverse("ville:demande", args=[demande.reference])
    irrecevable = reverse("ville:irrecevable", args=[demande.reference])
    assert irrecevable not in client.get(adresse).text
    for point in ("delai", "organisme", "territoire", "complete", "francais", "budget", "rapports"):
        verifier_point(acteur=agente, demande=demande, point=point, reponse="non", remarque="Vu.")
    texte = client.get(adresse).text
    assert irrecevable in texte
    assert texte.count("Vu.") == 7
