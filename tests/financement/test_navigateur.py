"""Les pages du suivi dans Chromium : accessibles, à 320 px, avec et sans JavaScript."""

import pytest
from playwright.sync_api import expect

from financement.models import Rapport, Recuperation, Versement
from tests.factories import MOT_DE_PASSE, dans
from tests.financement.objets import recit, un_projet
from tests.parcours.gestes import regarder, tient

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def projet(transactional_db):
    projet = un_projet()
    for personne in vars(projet.gens).values():
        personne.emailaddress_set.create(email=personne.email, verified=True, primary=True)
    return projet


def entrer(page, personne, adresse):
    page.goto(f"/connexion/?next={adresse}")
    page.fill("[name=login]", personne.email)
    page.fill("[name=password]", MOT_DE_PASSE)
    page.press("[name=password]", "Enter")
    page.wait_for_url(lambda url: "connexion" not in url)


@pytest.mark.parametrize("javascript", [True, False], ids=["javascript", "sans"])
def test_un_rapport_s_ecrit_et_se_depose(projet, ouvrir_page, verifier_axe, javascript):
    page = ouvrir_page(largeur=320, javascript=javascript)
    adresse = f"/organisme/demandes/{projet.demande.reference}/rapports/final/"
    entrer(page, projet.gens.membre, adresse)
    noms = {code: f"q{question.pk}" for code, question in projet.questions["final"].items()}
    page.fill(f"[name={noms['activites']}]", "Dix rencontres entre voisins.")
    page.fill("[name=depenses-0-montant]", "17 500,50")
    if javascript:
        # Enregistré, l'écart paraît au-dessus des lignes et les pousse.
        page.wait_for_selector("[data-rendu=depenses] >> text=499,50")
    page.click("[name=ajouter_depenses]")
    page.select_option("[name=depenses-2-categorie]", "deplacements")
    page.fill("[name=depenses-2-libelle]", "Autobus")
    page.click("button[name=deposer]")

    # Il manque les résultats et un montant : chaque erreur est près de son champ.
    page.wait_for_selector(".sommaire-erreurs")
    page.wait_for_load_state()
    if javascript:
        verifier_axe(page)
    tient(page)
    assert page.input_value(f"[name={noms['activites']}]") == "Dix rencontres entre voisins."
    page.fill("[name=depenses-2-montant]", "300")
    page.fill(f"[name={noms['resultats']}]", "Cent personnes rejointes.")
    page.fill("[name=autres_aides_publiques]", "0")
    page.click("button[name=deposer]")

    page.wait_for_selector("text=Le rapport est déposé")
    rapport = Rapport.objects.get(pk=projet.final.pk)
    assert rapport.etat == "depose"
    assert [str(d.montant) for d in rapport.depenses.all()] == ["17500.50", "300.00"]


def test_l_etat_de_l_enregistrement_ne_prend_pas_le_clic_qui_depose(projet, ouvrir_page):
    page = ouvrir_page(largeur=320)
    adresse = f"/organisme/demandes/{projet.demande.reference}/rapports/final/"
    entrer(page, projet.gens.membre, adresse)
    noms = {code: f"q{question.pk}" for code, question in projet.questions["final"].items()}
    page.fill(f"[name={noms['activites']}]", "Dix rencontres.")
    page.fill(f"[name={noms['resultats']}]", "Cent personnes rejointes.")
    page.fill("[name=autres_aides_publiques]", "0")
    page.fill("[name=depenses-0-montant]", "17 500,50")

    page.wait_for_selector("[data-rendu=depenses] >> text=499,50")

    # Le bouton touche le bas de l'écran, et l'état collé là passe par-dessus.
    deposer = page.locator("button[name=deposer]")
    deposer.evaluate(
        "bouton => scrollBy({ top: bouton.getBoundingClientRect().bottom - innerHeight,"
        " behavior: 'instant' })"
    )
    boite = deposer.bounding_box()
    etat = page.locator("#etat-enregistrement").bounding_box()
    assert etat["y"] < boite["y"] + boite["height"] - 6 < etat["y"] + etat["height"]
    page.mouse.click(boite["x"] + 20, boite["y"] + boite["height"] - 6)

    page.wait_for_selector("text=Le rapport est déposé")


def test_la_touche_entree_enregistre_le_rapport_sans_le_deposer(projet, ouvrir_page):
    page = ouvrir_page()
    adresse = f"/organisme/demandes/{projet.demande.reference}/rapports/final/"
    entrer(page, projet.gens.membre, adresse)
    activites = projet.questions["final"]["activites"]
    page.fill(f"[name=q{activites.pk}]", "Dix rencontres.")
    page.fill("[name=depenses-0-montant]", "100")
    page.press("[name=depenses-0-montant]", "Enter")

    page.wait_for_selector(".messages >> text=Enregistré à")
    rapport = Rapport.objects.get(pk=projet.final.pk)
    assert (rapport.etat, recit(rapport, "activites")) == ("attendu", "Dix rencontres.")


def test_le_reseau_coupe_le_rapport_reste_dans_l_onglet_et_repart(projet, ouvrir_page):
    page = ouvrir_page()
    adresse = f"/organisme/demandes/{projet.demande.reference}/rapports/final/"
    entrer(page, projet.gens.membre, adresse)
    etat = page.locator("#etat-enregistrement")
    page.context.set_offline(True)
    page.fill(f"[name=q{projet.questions['final']['activites'].pk}]", "Écrit dans l'autobus.")
    page.fill("[name=depenses-0-montant]", "17 500,50")
    page.fill("[name=personnes_distinctes]", "40")
    expect(etat).to_contain_text("Hors ligne")
    assert not projet.final.reponses.exists()
    assert not projet.final.depenses.exists()

    page.context.set_offline(False)
    expect(etat).to_contain_text("Enregistré à")
    # L'écart avec le budget suit la dépense, sans recharger.
    expect(page.locator("[data-rendu=depenses]")).to_contain_text("17\u00a0500,50")
    page.reload()
    assert page.input_value("[name=depenses-0-montant]").replace("\u00a0", "") == "17500,50"
    assert page.input_value("[name=personnes_distinctes]") == "40"
    assert recit(projet.final, "activites") == "Écrit dans l'autobus."
    assert str(projet.final.depenses.get().montant) == "17500.50"


def test_les_pages_de_la_ville_sont_accessibles_avec_leurs_erreurs(
    projet, ouvrir_page, verifier_axe
):
    projet.final.depenses.create(categorie="salaires", libelle="Intervenante", montant="12000.00")
    Rapport.objects.filter(pk=projet.final.pk).update(etat="depose", depose_le=dans())
    Versement.objects.filter(pk=projet.versements[0].pk).update(
        etat="exigible", propose_par=projet.gens.tresorerie
    )
    Recuperation.objects.create(demande=projet.demande, montant="100.00")
    demande = projet.demande.reference
    for role, adresse, envoi in (
        ("agent", f"/ville/rapports/{projet.final.pk}/", "button[value=renvoyer]"),
        ("agent", "/ville/versements/", ""),
        ("approbation", f"/ville/demandes/{demande}/fermeture/", "form[action$='radier/'] button"),
        ("approbation", f"/ville/demandes/{demande}/convention/", ""),
        ("agent", "/ville/rapports/", ""),
    ):
        page = ouvrir_page(largeur=320)
        entrer(page, getattr(projet.gens, role), adresse)
        if envoi:
            page.click(envoi)
            page.wait_for_selector(".champ--erreur")
        regarder(page, verifier_axe, large_aussi=True)

    page = ouvrir_page(largeur=320)
    entrer(page, projet.gens.approbation, "/ville/versements/")
    page.click("summary:has-text('Retenir')")
    page.fill(f"#motif-{projet.versements[0].pk}", "   ")
    page.click("form[action$='retenir/'] button")
    page.wait_for_selector(".champ--erreur")
    regarder(page, verifier_axe, large_aussi=True)
    page.fill("[name=motif]", "Compte à vérifier.")
    page.click("button:has-text('Retenir le versement')")
    page.wait_for_selector("text=Le versement est retenu")
    assert Versement.objects.get(pk=projet.versements[0].pk).motif == "Compte à vérifier."
