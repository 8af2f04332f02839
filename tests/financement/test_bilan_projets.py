"""Du chiffre aux projets : chaque chiffre du bilan mène à ce qui le fait, et s'y retrouve."""

import html
import re
from decimal import Decimal

import pytest
from django.test import Client

from financement.portees import portee_d_un_plan
from tests.factories import BesoinFactory
from tests.financement.bilans import lire, raconter, un_projet_raconte, un_voisin
from tests.financement.objets import page, requetes, un_projet

pytestmark = pytest.mark.django_db
DU_BAILLEUR = {"tous", "verse", "source", "indicateur", "ventilation", "satisfaction"}
AXES = DU_BAILLEUR | {"volet", "objectif", "besoin", "theme", "secteur"}


@pytest.fixture
def projet(db):
    projet = un_projet_raconte()
    for modalite, valeur in (("repondants", 20), ("satisfaits", 18)):
        projet.final.valeurs.create(indicateur="satisfaction", modalite=modalite, valeur=valeur)
    projet.demande.besoins.set([BesoinFactory(plan=projet.demande.appel.plan)])
    return projet


def liens_des_chiffres(qui, portee):
    texte = page(qui, "bilan:bilan", portee).text
    return {html.unescape(lien) for lien in re.findall(r'href="(/bilan/[^"]+\?axe=[^"]+)"', texte)}


def axes(liens):
    return {re.search(r"axe=(\w+)", lien)[1] for lien in liens}


@pytest.mark.parametrize(("qui", "attendus"), [("agent", AXES), ("mifi", DU_BAILLEUR)])
def test_chaque_chiffre_mene_a_ses_projets(projet, qui, attendus):
    client = Client()
    client.force_login(getattr(projet.gens, qui))
    plan = portee_d_un_plan(projet.demande.appel.plan)
    for portee in (projet.demande.appel.code, plan.cle):
        liens = liens_des_chiffres(getattr(projet.gens, qui), portee)
        assert axes(liens) == attendus
        for lien in liens:
            reponse = client.get(lien)
            assert reponse.status_code == 200, lien
            assert f"/projets/{projet.demande.reference}/" in reponse.text, lien


def test_chaque_cellule_d_un_tableau_de_chiffres_est_dans_une_ligne_qui_mene_aux_projets(projet):
    """Aucune ligne de tableau ni aucune case du haut sans lien, hors le total et les projets."""
    texte = page(projet.gens.agent, "bilan:bilan", projet.demande.appel.code).text
    corps = texte[texte.index('class="chiffres"') : texte.index('id="bilan-projets"')]
    for tableau in re.findall(r"<tbody>(.*?)</tbody>", corps, re.S):
        for ligne in re.findall(r"<tr>(.*?)</tr>", tableau, re.S):
            assert "?axe=" in ligne, ligne
    cases = re.findall(r'<div class="chiffre">(.*?)</div>', corps, re.S)
    assert [re.search(r"libelle\">(.*?)<", case)[1] for case in cases if "<a " not in case] == []


def test_les_dollars_d_une_source_sont_les_siens(projet):
    """16 000 $ accordés, dont 12 000 $ du MIFI ; 8 000 $ versés, dont 6 000 $."""
    code = projet.demande.appel.code
    lien = next(li for li in liens_des_chiffres(projet.gens.mifi, code) if "source&code=MIFI" in li)
    client = Client()
    client.force_login(projet.gens.mifi)
    derriere = client.get(lien).context["derriere"]
    assert (derriere.accorde, derriere.verse) == (Decimal(12000), Decimal(6000))


def test_un_besoin_ne_mene_qu_aux_projets_qui_y_repondent(projet):
    autre = un_voisin(projet)
    besoin = projet.demande.besoins.get()
    code = projet.demande.appel.code
    derriere = lire(projet.gens.agent, "bilan:projets", code, axe="besoin", code=besoin.code)
    assert projet.demande.reference in derriere
    assert autre.demande.reference not in derriere


def test_un_chiffre_qui_n_existe_pas_n_a_pas_de_page(projet):
    code = projet.demande.appel.code
    for criteres in ({}, {"axe": "besoin", "code": "X"}, {"axe": "x"}, {"axe": "volet"}):
        assert page(projet.gens.agent, "bilan:projets", code, **criteres).status_code == 404
    assert page(projet.gens.agent, "bilan:projets", "AP-X", axe="tous").status_code == 404
    assert page(projet.gens.responsable, "bilan:projets", code, axe="tous").status_code == 404


@pytest.mark.parametrize("axe", sorted(AXES - DU_BAILLEUR))
def test_le_bailleur_ne_va_pas_ou_il_ne_lit_pas(projet, axe):
    code = projet.demande.appel.code
    lien = next(li for li in liens_des_chiffres(projet.gens.agent, code) if f"axe={axe}&" in li)
    client = Client()
    client.force_login(projet.gens.mifi)
    assert client.get(lien).status_code == 404


def test_un_petit_groupe_n_est_derriere_le_chiffre_que_comme_il_se_publie(projet):
    petit = un_voisin(projet)
    raconter(
        petit,
        {
            ("personnes_distinctes", ""): 2,
            ("personnes_immigrantes", ""): 2,
            ("par_genre", "femmes"): 2,
            ("par_genre", "hommes"): 0,
        },
    )
    client = Client()
    client.force_login(projet.gens.mifi)
    for axe, code, nombres, total in (
        ("indicateur", "personnes_immigrantes", ["23", "<5"], "au moins 24"),
        ("indicateur", "personnes_distinctes", ["40", "<5"], "au moins 41"),
        ("ventilation", "par_genre|femmes", ["12", "<5"], "au moins 13"),
        # Zéro n'apporte rien.
        ("ventilation", "par_genre|hommes", ["—"], "—"),
    ):
        adresse = f"/bilan/{projet.demande.appel.code}/projets/"
        derriere = client.get(adresse, {"axe": axe, "code": code}).context["derriere"]
        assert [apport.texte for apport in derriere.apports] == nombres
        assert derriere.total.replace("\u202f", " ") == total


def test_la_page_coute_autant_pour_un_projet_que_pour_trois(projet):
    """La même liste derrière un chiffre, un appel et le plan."""
    code, plan = projet.demande.appel.code, projet.demande.appel.plan
    lectures = [
        (code, {"axe": "tous"}),
        (code, {"axe": "indicateur", "code": "personnes_distinctes"}),
        (portee_d_un_plan(plan).cle, {"axe": "verse"}),
    ]

    def couts():
        return [requetes(projet.gens.agent, "bilan:projets", p, **c) for p, c in lectures]

    un = couts()
    un_voisin(projet)
    un_voisin(projet)
    un_projet()
    assert couts() == un
