"""Le classement : par score puis par code, égalités montrées, requêtes constantes."""

from decimal import Decimal

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from evaluations.classement import classer, lignes_de
from tests.evaluations.objets import (
    classement_vu,
    clore,
    seance_ouverte,
    soumettre,
    un_comite,
)
from tests.factories import VoletFactory

pytestmark = pytest.mark.django_db


def note(pret, demande, *notes_par_membre):
    for membre, notes in zip(pret.membres, notes_par_membre, strict=False):
        soumettre(demande, membre, notes)


def test_par_score_puis_par_code_et_les_egales_partagent_le_rang():
    pret = un_comite(membres=2, demandes=4)
    d1, d2, d3, d4 = pret.demandes
    note(pret, d1, (3, 3), (3, 3))
    note(pret, d2, (4, 4), (4, 4))
    note(pret, d3, (4, 4), (4, 4))
    note(pret, d4, (5, 5))

    rangs = classer(pret.appel)[d1.volet.no]
    assert [(r.demande.code, r.rang, r.ex_aequo) for r in rangs] == [
        ("D02", 1, True),
        ("D03", 1, True),
        ("D01", 3, False),
    ]
    seule = lignes_de(pret.appel)[d4.pk]
    assert (seule.score, seule.rang, seule.nb_fiches, seule.ecart) == (None, None, 1, Decimal("0"))


@pytest.mark.parametrize(("haute", "alerte"), [((5, 4), True), ((5, 3), True), ((4, 4), False)])
def test_l_ecart_signale(haute, alerte):
    # Fiche basse : 60 ; écarts de 32, 24 et 20 points pour un seuil de 20.
    pret = un_comite(membres=2)
    note(pret, pret.demandes[0], (3, 3), haute)

    assert lignes_de(pret.appel)[pret.demandes[0].pk].alerte_ecart is alerte


@pytest.mark.parametrize(("seuil", "passe"), [("72.0", True), ("72.1", False)])
def test_le_seuil_de_passage_des_deux_cotes(seuil, passe):
    pret = un_comite(membres=2, seuil_passage=Decimal(seuil))
    note(pret, pret.demandes[0], (4, 3), (4, 3))

    assert lignes_de(pret.appel)[pret.demandes[0].pk].passe is passe


def test_chaque_volet_a_son_classement():
    pret = un_comite(membres=2, demandes=2)
    autre = VoletFactory(appel=pret.appel, no=90)
    type(pret.demandes[1]).objects.filter(pk=pret.demandes[1].pk).update(volet=autre)
    for demande in pret.demandes:
        note(pret, demande, (4, 4), (4, 4))

    classement = classer(pret.appel)
    assert {no: [r.demande.code for r in rangs] for no, rangs in classement.items()} == {
        pret.demandes[0].volet.no: ["D01"],
        90: ["D02"],
    }


def _requetes(pret, utilisateur, *adresse):
    client = Client()
    client.force_login(utilisateur)
    url = reverse(adresse[0], args=adresse[1:])
    client.get(url)
    with CaptureQueriesContext(
        connection,
    ) as capture:
        assert client.get(url).status_code == 200
    return len(capture)


def _un_appel(demandes):
    pret = un_comite(membres=3, demandes=demandes)
    for demande in pret.demandes:
        note(pret, demande, (4, 3), (5, 3), (4, 4))
        clore(pret, demande)
    pret.seance = seance_ouverte(pret)
    return pret


PAGES = [
    ("comite:accueil", "membre", None),
    ("comite:classement", "membre", "code"),
    ("comite:seance", "membre", "seance"),
    ("ville:comite", "agente", "code"),
    ("ville:classement", "agente", "code"),
    ("ville:classement_export", "agente", "code"),
    ("ville:seance", "agente", "seance"),
    ("ville:seances", "agente", "code"),
]


def test_les_listes_coutent_autant_a_une_qu_a_trois_demandes():
    couts = []
    for nombre in (1, 3):
        pret = _un_appel(nombre)
        personnes = {"membre": pret.membres[1].utilisateur, "agente": pret.agente}
        arguments = {"code": pret.appel.code, "seance": pret.seance.pk}
        couts.append(
            {
                nom: _requetes(pret, personnes[qui], nom, *([arguments[cle]] if cle else []))
                for nom, qui, cle in PAGES
            }
        )
    assert couts[0] == couts[1]


def test_le_calcul_tient_en_une_requete():
    pret = _un_appel(3)
    with CaptureQueriesContext(connection) as capture:
        classer(pret.appel)
    assert len(capture) == 1
    with CaptureQueriesContext(connection) as capture:
        classement_vu(pret.agente, pret.appel)
    assert len(capture) <= 10


def test_la_declaration_coute_autant_pour_une_que_pour_trois():
    couts = []
    for nombre in (1, 3):
        pret = un_comite(demandes=nombre)
        couts.append(
            _requetes(pret, pret.membres[1].utilisateur, "comite:interets", pret.appel.code)
        )
    assert couts[0] == couts[1]


def test_un_grand_appel_se_lit_par_volet_et_par_pages(client, monkeypatch):
    monkeypatch.setattr("evaluations.tableau.PAR_PAGE", 2)
    monkeypatch.setattr("evaluations.tableau.TOUT_SUR_UNE_PAGE", 2)
    pret = _un_appel(3)
    vide = VoletFactory(appel=pret.appel, no=90, nom="Volet sans demande")
    client.force_login(pret.agente)
    adresse = reverse("ville:classement", kwargs={"code": pret.appel.code})
    no = pret.demandes[0].volet.no

    premiere, seconde = (client.get(adresse, {"volet": no, "page": page}).text for page in (1, 2))

    assert [f"Projetunique{n}" in premiere for n in (1, 2, 3)] == [True, True, False]
    assert [f"Projetunique{n}" in seconde for n in (1, 2, 3)] == [False, False, True]
    assert ("limite de l'enveloppe" in premiere, "page=2" in premiere) == (True, True)
    assert "limite de l'enveloppe" not in seconde
    assert f"?volet={vide.no}" in premiere
    autre = client.get(adresse, {"volet": vide.no, "page": "x"}).text
    assert "Aucune demande classée" in autre
    assert "Projetunique1" not in autre


def test_un_petit_appel_montre_tous_ses_volets(client):
    pret = _un_appel(2)
    VoletFactory(appel=pret.appel, no=90, nom="Volet sans demande")
    client.force_login(pret.agente)
    texte = client.get(reverse("ville:classement", args=[pret.appel.code])).text
    assert "Volet sans demande" in texte
    assert "onglets" not in texte
