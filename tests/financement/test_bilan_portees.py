"""Un bilan pour un appel, une année, le plan : mêmes pages, mêmes textes, mêmes documents."""

import re

import pytest
from django.core.cache import cache
from django.db import IntegrityError, connection, transaction
from django.utils import timezone

from financement.annees import comparer_les_annees
from financement.models import AnneeBilan, ProjetPasse, RecitBilan
from financement.portees import (
    portee_d_un_appel,
    portee_d_un_plan,
    portee_d_une_annee,
    trouver_portee,
)
from financement.services import bilans
from financement.services.bilans import contexte_bilan
from socle.documents import rendre_html
from socle.models import Document
from tests.factories import AppelFactory, BesoinFactory, dans
from tests.financement.bilans import (
    feuilles,
    lire,
    ordinaire,
    paragraphes_et_cellules,
    raconter,
    un_projet_raconte,
    un_voisin,
)
from tests.financement.objets import envoyer, page, requetes, verbes

pytestmark = pytest.mark.django_db
PETIT = {
    ("personnes_distinctes", ""): 3,
    ("personnes_immigrantes", ""): 2,
    ("par_genre", "femmes"): 1,
    ("par_genre", "hommes"): 1,
}


@pytest.fixture(autouse=True)
def fichiers(settings, tmp_path, monkeypatch):
    settings.MEDIA_ROOT = str(tmp_path)
    # Le PDF a ses tests : ici, seul ce qu'il dit compte.
    monkeypatch.setattr("socle.documents.rendre_pdf", lambda html, titre: b"%PDF-")


@pytest.fixture
def projet(db):
    projet = un_projet_raconte()
    projet.demande.besoins.set([BesoinFactory(plan=projet.demande.appel.plan, code="B90")])
    BesoinFactory(plan=projet.demande.appel.plan, code="B91", libelle="Se loger")
    return projet


def annee_de(projet):
    return timezone.localtime(projet.demande.appel.ouverture).year


def portees(projet):
    appel = projet.demande.appel
    return {
        "appel": portee_d_un_appel(appel),
        "annee": portee_d_une_annee(annee_de(projet)),
        "plan": portee_d_un_plan(appel.plan),
    }


@pytest.mark.parametrize("genre", ["appel", "annee", "plan"])
def test_une_portee_s_ecrit_se_fige_et_se_telecharge(projet, genre):
    agent, mifi = projet.gens.agent, projet.gens.mifi
    cle = portees(projet)[genre].cle
    assert "16 000,00 $" in lire(mifi, "bilan:bilan", cle)
    assert envoyer(agent, "bilan:recits", cle, suite="On continue.").status_code == 302
    assert "On continue." in lire(agent, "bilan:bilan", cle)
    assert "On continue." not in lire(mifi, "bilan:bilan", cle)
    assert "On continue." in paragraphes_et_cellules(page(agent, "bilan:docx", cle))
    assert feuilles(page(mifi, "bilan:xlsx", cle))["Projets"][0][0] == projet.demande.reference

    bilans.produire(travail=bilans.demander_bilan(acteur=agent, portee=trouver_portee(cle)))
    document = Document.objects.get(nature="bilan")
    assert "On continue." in document.html
    assert "bilan.ecrire" in verbes(trouver_portee(cle).objet)
    assert f"/documents/{document.cle}/" in lire(mifi, "bilan:bilan", cle)
    assert page(mifi, "document", document.cle).status_code == 200
    assert page(projet.gens.responsable, "document", document.cle).status_code == 404
    # Une autre portée n'a ni ces textes ni cette version.
    autre = next(p.cle for nom, p in portees(projet).items() if nom != genre)
    ailleurs = lire(agent, "bilan:bilan", autre)
    assert "On continue." not in ailleurs
    assert f"/documents/{document.cle}/" not in ailleurs


def test_lire_une_annee_n_ecrit_rien(projet):
    cle = portees(projet)["annee"].cle
    for adresse in ("bilan:bilan", "bilan:recits", "bilan:docx", "bilan:xlsx"):
        assert page(projet.gens.agent, adresse, cle).status_code == 200
    assert not AnneeBilan.objects.exists()


@pytest.mark.parametrize("cle", ["annees/1999", "plans/aucun", "AP-X", "annees/0000", "annees/20"])
def test_une_portee_sans_appel_publie_n_a_pas_de_page(projet, cle, client):
    client.force_login(projet.gens.agent)
    for suite in ("", "textes/", "docx/", "xlsx/", "projets/?axe=tous"):
        assert client.get(f"/bilan/{cle}/{suite}").status_code == 404


def test_un_texte_est_d_une_portee_et_d_une_seule(projet):
    champs = {"partie": "suite", "texte": "x", "ecrit_par": projet.gens.agent}
    appel = projet.demande.appel
    for de in ({}, {"appel": appel, "plan": appel.plan}):
        with pytest.raises(IntegrityError), transaction.atomic():
            RecitBilan.objects.create(**champs, **de)


def test_une_annee_dit_ce_qui_a_change_depuis_celle_d_avant(projet):
    an = annee_de(projet)
    ProjetPasse.objects.create(
        appel_code="AP-A", annee=an - 3, organisme="Café", titre="Un",
        montant_accorde=8000, montant_verse=8000, personnes=30,
    )  # fmt: skip
    cle = portees(projet)["annee"].cle
    for texte in (
        lire(projet.gens.mifi, "bilan:bilan", cle),
        rendre_html("pdf/bilan.html", contexte_bilan(trouver_portee(cle))),
    ):
        assert f"De {an - 3} à {an}" in texte
    contenu = feuilles(page(projet.gens.mifi, "bilan:xlsx", cle))["D'une année à l'autre"]
    assert ("Personnes différentes", 30, 40, 10) in [ligne[:4] for ligne in contenu]
    docx = paragraphes_et_cellules(page(projet.gens.agent, "bilan:docx", cle))
    assert f"De {an - 3} à {an}" in docx
    assert "D'une année à l'autre" not in feuilles(
        page(projet.gens.mifi, "bilan:xlsx", projet.demande.appel.code)
    )


def test_chaque_forme_dit_ce_qui_repond_a_chaque_besoin_et_a_quel_effet(projet):
    cle = portees(projet)["plan"].cle
    titre = projet.demande.titre
    pdf = ordinaire(rendre_html("pdf/bilan.html", contexte_bilan(trouver_portee(cle))))
    docx = paragraphes_et_cellules(page(projet.gens.agent, "bilan:docx", cle))
    for texte in (lire(projet.gens.agent, "bilan:bilan", cle), pdf):
        couverture = texte[texte.index("Besoins répondus : par quoi, à quel effet") :]
        ligne = couverture[couverture.index("B90") :].split("</tr>")[0]
        assert titre in ligne
        assert ">40<" in ligne
        assert "B91" in couverture
    assert {"40", titre, "B91 : Se loger"} <= docx
    besoins = feuilles(page(projet.gens.agent, "bilan:xlsx", cle))["Besoins"]
    assert [(li[0], li[2], li[4], li[6]) for li in besoins] == [
        ("B90", 1, titre, 40),
        ("B91", 0, None, None),
    ]


def test_les_annees_ne_trahissent_pas_un_petit_groupe_que_le_bilan_cache(projet):
    """Leur différence avec le bilan redonnait les deux personnes du petit projet."""
    petit = un_voisin(projet)
    raconter(petit, PETIT)
    annee = comparer_les_annees()[0]
    assert (annee.immigrantes_lues, annee.personnes_lues) == ("au moins 24", "au moins 41")
    cle = portees(projet)["annee"].cle
    for texte in (
        lire(projet.gens.mifi, "bilan:annees"),
        lire(projet.gens.mifi, "bilan:bilan", cle),
    ):
        assert "au moins 24" in texte
        assert not re.search(r">(25|43|26)<", texte)


@pytest.mark.parametrize("genre", ["annee", "plan", "appel"])
def test_la_page_coute_autant_pour_un_projet_que_pour_trois(projet, genre):
    cle, agent = portees(projet)[genre].cle, projet.gens.agent
    adresses = ("bilan:bilan", "bilan:xlsx", "bilan:docx", "bilan:recits")

    def couts():
        return [requetes(agent, adresse, cle) for adresse in adresses]

    un = couts()
    for _ in range(2):
        un_voisin(projet).demande.besoins.set(projet.demande.besoins.all())
    assert couts() == un
    if genre != "appel":
        un_voisin(projet, titre="Un autre appel")
        assert couts() == un


def test_le_bilan_se_garde_jusqu_a_la_prochaine_ecriture(projet, settings):
    cache.clear()
    settings.CACHE_PUBLIC_SECONDES = 45
    cle, agent = projet.demande.appel.code, projet.gens.agent
    # La première demande a tout lu ; celle-ci ne lit plus ni projet, ni argent, ni nombre.
    assert requetes(agent, "bilan:bilan", cle) <= 9
    envoyer(agent, "bilan:recits", cle, suite="Aussitôt.")
    # Le rang du journal se donne au commit.
    connection.check_constraints()
    assert "Aussitôt." in lire(agent, "bilan:bilan", cle)
    assert "Aussitôt." not in lire(projet.gens.mifi, "bilan:bilan", cle)
    cache.clear()


def test_un_appel_d_une_autre_annee_n_y_compte_pas(projet):
    vieux = AppelFactory(
        etat="decide", plan=projet.demande.appel.plan, publie_le=dans(days=-800),
        ouverture=dans(days=-800), cloture=dans(days=-770),
    )  # fmt: skip
    cle = portees(projet)["annee"].cle
    assert vieux.code in lire(projet.gens.agent, "bilan:accueil")
    corps = lire(projet.gens.agent, "bilan:bilan", cle).split('class="chiffres"')[1]
    assert vieux.code not in corps.split("<aside")[0]
