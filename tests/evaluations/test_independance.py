"""Personne ne voit les notes ni les moyennes des autres avant l'heure (regles.md, 9)."""

import pytest
from django.test import Client
from django.urls import reverse

from evaluations.classement import attendues_par
from evaluations.services import fiches, seances
from evaluations.visibilite import demandes_revelees_a, nombre_a_faire
from tests.evaluations.objets import (
    classement_vu,
    clore,
    declarer,
    seance_ouverte,
    soumettre,
    un_comite,
)
from tests.factories import MembreComiteFactory, UtilisateurFactory

pytestmark = pytest.mark.django_db

PAGES = (("comite:classement", "code"), ("comite:fiches", "reference"))
# 60 × 4/5 + 40 × 1/5 : un score qu'aucun autre texte des pages n'écrit.
NOTES, SCORE = (4, 1), "56,0"


@pytest.fixture
def pret():
    return un_comite(membres=3)


def textes(utilisateur, pret):
    client = Client()
    client.force_login(utilisateur)
    arguments = {"code": pret.appel.code, "reference": pret.demandes[0].reference}
    return "".join(client.get(reverse(nom, args=[arguments[cle]])).text for nom, cle in PAGES)


def voit(membre, pret):
    return demandes_revelees_a(membre.utilisateur, pret.appel).exists()


def test_rien_avant_que_tous_aient_soumis(pret):
    demande = pret.demandes[0]
    for rang, membre in enumerate(pret.membres):
        assert not any(voit(m, pret) for m in pret.membres), rang
        soumettre(demande, membre, NOTES)
        if rang < 2:
            assert SCORE not in textes(membre.utilisateur, pret)
            assert len(attendues_par(membre.utilisateur, pret.appel)) == 1

    for membre in pret.membres:
        assert voit(membre, pret)
        assert SCORE in textes(membre.utilisateur, pret)
        assert attendues_par(membre.utilisateur, pret.appel) == []


def test_un_membre_recuse_ne_retient_pas_les_autres(pret):
    demande = pret.demandes[0]
    soumettre(demande, pret.membres[0])
    soumettre(demande, pret.membres[1])
    assert not voit(pret.membres[0], pret)
    declarer(demande, pret.membres[2], conflit=True)

    assert voit(pret.membres[0], pret)
    assert not voit(pret.membres[2], pret)


def test_clore_l_evaluation_ne_revele_rien_seule(pret):
    demande = pret.demandes[0]
    soumettre(demande, pret.membres[0])
    soumettre(demande, pret.membres[1])
    clore(pret, demande)

    assert not voit(pret.membres[0], pret)


def test_la_seance_ouverte_revele_et_preparee_non(pret):
    demande = pret.demandes[0]
    soumettre(demande, pret.membres[0], NOTES)
    soumettre(demande, pret.membres[1], NOTES)
    clore(pret, demande)
    seance = seances.preparer_seance(acteur=pret.agente, appel=pret.appel, date=pret.appel.cloture)
    client = Client()
    client.force_login(pret.membres[0].utilisateur)
    assert SCORE not in client.get(reverse("comite:seance", args=[seance.pk])).text
    assert not voit(pret.membres[0], pret)

    seance_ouverte(pret)
    assert voit(pret.membres[0], pret)
    assert SCORE in textes(pret.membres[0].utilisateur, pret)


def test_qui_n_a_pas_declare_ne_voit_rien_meme_en_seance(pret):
    demande = pret.demandes[0]
    soumettre(demande, pret.membres[0])
    soumettre(demande, pret.membres[1])
    clore(pret, demande)
    seance_ouverte(pret)

    assert not voit(pret.membres[2], pret)
    assert classement_vu(pret.membres[2].utilisateur, pret.appel) == {}


def test_une_fiche_rouverte_cache_a_nouveau(pret):
    demande = pret.demandes[0]
    rendues = [soumettre(demande, membre) for membre in pret.membres]
    assert voit(pret.membres[1], pret)
    fiches.rouvrir_fiche(
        acteur=pret.membres[0].utilisateur, evaluation=rendues[0], motif="Erreur de critère."
    )

    assert not voit(pret.membres[1], pret)


def test_un_employe_qui_siege_attend_comme_un_membre(pret):
    demande = pret.demandes[0]
    siegeante = UtilisateurFactory(agent=True)
    siege = MembreComiteFactory(appel=pret.appel, utilisateur=siegeante, code="M9")
    soumettre(demande, pret.membres[0], NOTES)
    soumettre(demande, pret.membres[1], NOTES)

    client = Client()
    client.force_login(siegeante)
    for nom, argument in (
        ("ville:classement", pret.appel.code),
        ("ville:classement_export", pret.appel.code),
        ("ville:fiches", demande.reference),
    ):
        reponse = client.get(reverse(nom, args=[argument]) + "?format=csv")
        assert SCORE not in reponse.text
        assert "56.0" not in reponse.text
    assert not voit(siege, pret)
    client.force_login(pret.agente)
    assert SCORE in client.get(reverse("ville:classement", args=[pret.appel.code])).text


def test_les_notes_privees_ne_se_montrent_a_personne(pret):
    demande = pret.demandes[0]
    for membre in pret.membres:
        fiche = soumettre(demande, membre)
        type(fiche).objects.filter(pk=fiche.pk).update(notes_privees="Penséesecrète")

    assert "Penséesecrète" not in textes(pret.membres[0].utilisateur, pret)


def test_le_compteur_suit_ce_qui_attend(pret):
    membre = pret.membres[0]
    assert nombre_a_faire(membre.utilisateur) == 1
    soumettre(pret.demandes[0], membre)
    assert nombre_a_faire(membre.utilisateur) == 0
    assert nombre_a_faire(pret.agente) == 0
