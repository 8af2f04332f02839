"""Avant sa lettre, rien d'une décision ne paraît à l'organisme : page, action ni message."""

import datetime as dt
from decimal import Decimal

import pytest
from django.urls import reverse
from django.utils.html import strip_tags

from appels.services import demandes as services
from tests.factories import AdhesionFactory, DecisionFactory

pytestmark = pytest.mark.django_db
MOTS = ("accept", "refus", "liste d’attente", "liste d'attente", "attente", "16 000")


@pytest.fixture(params=["acceptee", "refusee", "liste_attente"])
def decidee(request):
    traits = {"refusee": {"refusee": True}, "liste_attente": {"en_attente": True}}
    decision = DecisionFactory(**traits.get(request.param, {}))
    decision.demande.organisme.responsable = AdhesionFactory(
        organisme=decision.demande.organisme
    ).utilisateur
    return decision.demande


def contenu(reponse) -> str:
    page = reponse.content.decode()
    return strip_tags(page[page.index('<div id="contenu"') : page.index("</main>")]).lower()


def test_les_pages_disent_en_traitement(decidee, client):
    client.force_login(decidee.organisme.responsable)
    for adresse in (
        reverse("organisme:accueil"),
        reverse("organisme:demande", args=[decidee.reference]),
    ):
        page = contenu(client.get(adresse))
        assert "en traitement" in page
        assert not [mot for mot in MOTS if mot in page]


@pytest.mark.parametrize("action", ["reprendre", "completer", "retirer"])
def test_une_action_forcee_ne_trahit_pas_l_etat(decidee, client, action):
    client.force_login(decidee.organisme.responsable)
    reponse = client.post(
        reverse(f"organisme:{action}", args=[decidee.reference]), {"motif": "Essai"}, follow=True
    )
    page = contenu(reponse)
    assert not [mot for mot in MOTS if mot in page]


def test_annoncer_une_aide_repond_pareil_quelle_que_soit_la_decision(decidee):
    aide = services.annoncer_aide(
        acteur=decidee.organisme.responsable,
        demande=decidee,
        date=dt.date(2030, 8, 20),
        libelle="Programme",
        montant=Decimal("500.00"),
    )
    assert aide.montant == Decimal("500.00")


def test_la_lettre_emise_dit_la_decision(decidee, client):
    type(decidee).objects.filter(pk=decidee.pk).update(etat_annonce=decidee.etat)
    client.force_login(decidee.organisme.responsable)
    page = contenu(client.get(reverse("organisme:demande", args=[decidee.reference])))
    assert "en traitement" not in page
