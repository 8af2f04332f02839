"""La rédaction dans Chromium : l'enregistrement automatique, le budget vivant, 320 et 1280 px."""

import os
from decimal import Decimal
from pathlib import Path

import pytest
from django.conf import settings
from django.test import Client
from django.urls import reverse
from playwright.sync_api import expect

from appels.models import Demande, Reponse
from appels.services.depot import deposer
from appels.services.recevabilite import demander_complement
from tests.appels.conftest import adresse
from tests.factories import UtilisateurFactory
from tests.parcours.gestes import regarder as regarder_la_page

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("accuses_confies")]

# CAPTURES=dossier y garde une image de chaque page.
CAPTURES = os.environ.get("CAPTURES")


@pytest.fixture
def connecter(live_server):
    """Ouvre la session d'une personne dans une page, sans passer par le formulaire."""

    def ouvrir(page, personne):
        client = Client()
        client.force_login(personne)
        temoin = client.cookies[settings.SESSION_COOKIE_NAME].value
        page.context.add_cookies(
            [{"name": settings.SESSION_COOKIE_NAME, "value": temoin, "url": live_server.url}]
        )

    return ouvrir


@pytest.fixture
def garni(questionnaire):
    questionnaire.appel.pieces_exigees.create(code="lettres", libelle="Lettres patentes")
    questionnaire.appel.pieces_exigees.create(
        code="etats", libelle="États financiers", description="Du dernier exercice."
    )
    questionnaire.section.questions.filter(type="texte_court").update(obligatoire=True)
    return questionnaire


def test_les_pages_de_redaction_sont_lisibles_et_accessibles(
    garni, ouvrir_page, connecter, verifier_axe
):
    page = ouvrir_page(largeur=320)
    connecter(page, garni.responsable)

    def regarder(nom):
        if CAPTURES:
            page.screenshot(path=Path(CAPTURES, f"{nom}.png"), full_page=True)
        regarder_la_page(page, verifier_axe, large_aussi=True)

    for partie in ("projet", "besoin", "budget", "pieces", "relecture"):
        page.goto(adresse(garni.demande, partie))
        regarder(partie)
    page.get_by_role("button", name="Déposer la demande").click()
    expect(page.locator("[data-sommaire-erreurs]")).to_be_visible()
    regarder("relecture-erreur")
    page.goto(adresse(garni.demande, "budget"))
    aide = page.get_by_label("Montant demandé à la Ville")
    depense = page.locator('[name="postes-0-montant"]')
    avant = aide.input_value(), depense.input_value()
    aide.fill("30000")
    expect(page.locator(".remedes a").first).to_be_visible()
    regarder("budget-regles")
    depense.fill("douze")
    page.get_by_role("button", name="Enregistrer et continuer").click()
    expect(page.locator("[data-sommaire-erreurs]")).to_be_visible()
    regarder("budget-erreur")
    # Le budget s'enregistre en écrivant : ce qui retiendrait le dépôt se corrige dans la page.
    aide.fill(avant[0])
    depense.fill(avant[1])
    page.get_by_role("button", name="Enregistrer et continuer").click()
    expect(page.locator("[data-sommaire-erreurs]")).to_have_count(0)
    page.goto(adresse(garni.demande, "pieces"))
    page.get_by_role("button", name="Joindre : Lettres patentes").click()
    expect(page.locator("[data-sommaire-erreurs]")).to_be_visible()
    regarder("pieces-erreur")

    garni.appel.pieces_exigees.all().delete()
    garni.demande.reponses.create(question=garni.questions["texte_court"], valeur="Une réponse")
    demande = deposer(acteur=garni.responsable, demande=garni.demande, signataire="M. S.").demande
    page.goto(reverse("organisme:accuse", kwargs={"reference": demande.reference}))
    regarder("accuse")
    demander_complement(
        acteur=UtilisateurFactory(agent=True),
        demande=demande,
        texte="Précisez le besoin.",
        sections=[garni.section],
    )
    for partie in ("budget", "besoin", "pieces", "relecture"):
        page.goto(adresse(demande, partie))
        regarder(f"complement-{partie}")


def test_la_reponse_s_enregistre_pendant_la_saisie_et_les_mots_se_comptent(
    garni, ouvrir_page, connecter
):
    page = ouvrir_page()
    connecter(page, garni.redacteur)
    page.goto(adresse(garni.demande, "besoin"))
    champ = page.get_by_label("Question texte_long")

    champ.fill("un deux trois quatre cinq six")

    expect(page.get_by_text("6 mots sur 5")).to_be_visible()
    expect(page.locator("#etat-enregistrement")).to_contain_text("Enregistré à")
    assert Reponse.objects.get().valeur == "un deux trois quatre cinq six"


@pytest.mark.parametrize("coupure", ["reseau", "session"])
def test_sans_reseau_ou_sans_session_le_texte_reste_et_repart(
    garni, ouvrir_page, connecter, coupure
):
    page = ouvrir_page()
    connecter(page, garni.redacteur)
    page.goto(adresse(garni.demande, "besoin"))
    temoins = page.context.cookies()
    if coupure == "reseau":
        page.context.set_offline(True)
    else:
        page.context.clear_cookies()
    page.get_by_label("Question texte_court").fill("Gardé")
    phrase = "Hors ligne" if coupure == "reseau" else "session a expiré"
    expect(page.locator("#etat-enregistrement")).to_contain_text(phrase)
    assert not Reponse.objects.exists()

    if coupure == "reseau":
        page.context.set_offline(False)
    else:
        page.context.add_cookies(temoins)
        page.reload()
        expect(page.get_by_label("Question texte_court")).to_have_value("Gardé")

    expect(page.locator("#etat-enregistrement")).to_contain_text("Enregistré à")
    assert Reponse.objects.get().valeur == "Gardé"


@pytest.mark.parametrize("javascript", [True, False])
def test_ajouter_une_depense_garde_ce_qui_est_tape(garni, ouvrir_page, connecter, javascript):
    page = ouvrir_page(javascript=javascript)
    connecter(page, garni.redacteur)
    page.goto(adresse(garni.demande, "budget"))
    montants = page.locator('[name^="postes-"][name$="-montant"]')
    avant = montants.count()
    montants.last.fill("1 000,50")

    page.get_by_role("button", name="Ajouter une dépense").click()

    expect(montants).to_have_count(avant + 1)
    expect(montants.nth(avant - 1)).to_have_value("1 000,50")
    montants.last.fill("2")
    if javascript:
        expect(page.locator('[data-total="depenses"]')).to_have_text("21\u00a0002,50\u00a0$")
        expect(page.locator("[data-violations]")).to_contain_text("sous les dépenses")
    page.get_by_role("button", name="Enregistrer", exact=True).last.click()
    page.wait_for_load_state()
    assert garni.demande.postes.count() == 4


def test_deux_collegues_sur_la_meme_question_les_deux_textes_restent(garni, ouvrir_page, connecter):
    """La seconde est prévenue, voit qui et quand, et choisit ; rien n'est écrasé."""
    pages = {}
    for qui in (garni.responsable, garni.redacteur):
        pages[qui] = ouvrir_page()
        connecter(pages[qui], qui)
        pages[qui].goto(adresse(garni.demande, "besoin"))
    premiere, seconde = pages[garni.responsable], pages[garni.redacteur]

    premiere.get_by_label("Question texte_court").fill("Texte de la responsable")
    expect(premiere.locator("#etat-enregistrement")).to_contain_text("Enregistré à")
    seconde.get_by_label("Question texte_court").fill("Texte de la rédactrice")

    conflit = seconde.locator(".conflit")
    expect(conflit).to_contain_text(f"{garni.responsable.nom} a répondu autrement à")
    expect(conflit).to_contain_text("Texte de la responsable")
    expect(seconde.get_by_label("Question texte_court")).to_have_value("Texte de la rédactrice")
    assert Reponse.objects.get().valeur == "Texte de la responsable"

    seconde.get_by_role("button", name="Garder ma réponse").click()
    expect(seconde.locator("#etat-enregistrement")).to_contain_text("Enregistré à")
    assert Reponse.objects.get().valeur == "Texte de la rédactrice"

    premiere.get_by_label("Question texte_court").fill("Autre texte")
    premiere.get_by_role("button", name=f"Prendre celle de {garni.redacteur.nom}").click()
    champ = premiere.get_by_label("Question texte_court")
    expect(champ).to_have_value("Texte de la rédactrice")
    champ.fill("Texte commun")
    expect(premiere.locator("#etat-enregistrement")).to_contain_text("Enregistré à")
    assert Reponse.objects.get().valeur == "Texte commun"


def test_un_tableau_s_enregistre_et_s_allonge_au_clavier(garni, ouvrir_page, connecter):
    page = ouvrir_page(largeur=320)
    connecter(page, garni.redacteur)
    page.goto(adresse(garni.demande, "besoin"))
    tableau = page.locator("[data-tableau]").first
    assert tableau.locator("fieldset").count() == 2

    page.get_by_label("Activité", exact=True).nth(1).focus()
    page.keyboard.type("Soupe du jeudi")
    page.keyboard.press("Tab")

    expect(tableau.locator("fieldset")).to_have_count(3)
    expect(page.locator("#etat-enregistrement")).to_contain_text("Enregistré à")
    assert Reponse.objects.get().valeur == [{"nom": "Soupe du jeudi"}]


def test_une_question_se_montre_quand_l_autre_y_repond(garni, ouvrir_page, connecter):
    question = garni.questions["texte_long"]
    question.si_question, question.si_valeur = garni.questions["choix"], "Deux"
    question.save()
    page = ouvrir_page()
    connecter(page, garni.redacteur)
    page.goto(adresse(garni.demande, "besoin"))

    expect(page.get_by_label("Question texte_long")).to_be_hidden()
    page.get_by_label("Deux").first.check()
    expect(page.get_by_label("Question texte_long")).to_be_visible()


def test_le_budget_et_le_projet_s_enregistrent_en_ecrivant(garni, ouvrir_page, connecter):
    page = ouvrir_page(largeur=320)
    connecter(page, garni.redacteur)
    page.goto(adresse(garni.demande, "projet"))
    page.get_by_label("Titre du projet").fill("Soupes du monde")
    expect(page.locator("#etat-enregistrement")).to_contain_text("Enregistré à")
    page.goto(adresse(garni.demande, "budget"))
    page.get_by_label("Montant demandé à la Ville").fill("812,50")
    expect(page.locator("#etat-enregistrement")).to_contain_text("Enregistré à")

    demande = Demande.objects.get(pk=garni.demande.pk)
    assert (demande.titre, demande.montant_demande) == ("Soupes du monde", Decimal("812.50"))


def test_deux_collegues_sur_le_budget_le_second_choisit(garni, ouvrir_page, connecter):
    pages = {}
    for qui in (garni.responsable, garni.redacteur):
        pages[qui] = ouvrir_page()
        connecter(pages[qui], qui)
        pages[qui].goto(adresse(garni.demande, "budget"))
    premiere, seconde = pages[garni.responsable], pages[garni.redacteur]
    premiere.get_by_label("Montant demandé à la Ville").fill("900")
    expect(premiere.locator("#etat-enregistrement")).to_contain_text("Enregistré à")

    seconde.get_by_label("Montant demandé à la Ville").fill("700")
    conflit = seconde.locator("[data-conflit]")
    expect(conflit).to_contain_text(garni.responsable.nom)
    expect(conflit).to_contain_text("900,00")
    assert Demande.objects.get(pk=garni.demande.pk).montant_demande == Decimal(900)
    seconde.get_by_role("button", name="Garder le mien").click()

    expect(conflit).to_be_hidden()
    assert Demande.objects.get(pk=garni.demande.pk).montant_demande == Decimal(700)


def test_coller_des_cellules_ajoute_des_depenses(garni, ouvrir_page, connecter):
    page = ouvrir_page()
    connecter(page, garni.redacteur)
    page.goto(adresse(garni.demande, "budget"))
    page.locator('[name="postes-0-libelle"]').focus()
    page.evaluate(
        """() => {
          const donnees = new DataTransfer();
          donnees.setData("text/plain", "Honoraires\\tConteuse\\t500\\nRepas\\tSoupe\\t120,50");
          document.activeElement.dispatchEvent(
            new ClipboardEvent("paste", {clipboardData: donnees, bubbles: true, cancelable: true}));
        }"""
    )

    expect(page.locator('[value="Conteuse"]')).to_be_visible()
    expect(page.locator('[value="120,50"]')).to_be_visible()


def test_des_fichiers_se_joignent_sans_recharger_un_refus_reste_a_l_ecran(
    garni, ouvrir_page, connecter
):
    page = ouvrir_page()
    connecter(page, garni.redacteur)
    page.goto(adresse(garni.demande, "pieces"))
    champ = page.get_by_label("Choisir un ou plusieurs fichiers")
    pdf = b"%PDF-1.7\n%%EOF"
    champ.set_input_files(
        [
            {"name": "appui.pdf", "mimeType": "application/pdf", "buffer": pdf},
            {"name": "virus.exe", "mimeType": "application/octet-stream", "buffer": b"MZ"},
        ]
    )
    page.get_by_role("button", name="Joindre un autre document").click()

    expect(page.locator(".envois").last).to_contain_text("appui.pdf : joint.")
    expect(page.locator(".envois").last).to_contain_text("virus.exe : Ce type de fichier")
    assert [p.nom for p in garni.demande.pieces.all()] == ["appui.pdf"]
