"""La même rédaction sans souris, puis sans JavaScript sur un téléphone de 320 px."""

from decimal import Decimal

import pytest
from playwright.sync_api import expect

from appels.models import Demande
from tests.appels.conftest import adresse
from tests.parcours.gestes import ouvrir_session, tient

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("accuses_confies")]
PDF = {"name": "plan.pdf", "mimeType": "application/pdf", "buffer": b"%PDF-1.7\n%%EOF"}


def test_le_budget_se_fait_au_clavier_seul(prete, ouvrir_page, live_server):
    """Une dépense, un collage de tableur, une règle rompue réparée par son lien."""
    page = ouvrir_page()
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    ouvrir_session(page, prete.redacteur, live_server.url)
    page.goto(adresse(prete.demande, "budget"))
    clavier = page.keyboard

    def actif(expression):
        return page.evaluate(
            f"(() => {{ const e = document.activeElement; return {expression}; }})()"
        )

    def aller(attendu):
        for _ in range(200):
            clavier.press("Tab")
            if actif(attendu):
                return
        raise AssertionError(f"Le clavier n'atteint pas : {attendu}")

    aller("e.name === 'ajouter_postes'")
    clavier.press("Enter")
    assert actif("e.name") == "postes-3-categorie"
    assert actif("e.closest('[role=group]').getAttribute('aria-label')") == "Dépense 4"
    clavier.type("Hono")
    clavier.press("Tab")
    clavier.type("Conteuse")
    clavier.press("Tab")
    clavier.type("500")
    clavier.press("Tab")
    clavier.press("Space")
    assert actif("[e.name, e.checked].join()") == "postes-3-admissible,false"
    # Un lecteur d'écran entend les totaux changer.
    expect(page.locator("[data-resume]")).to_contain_text("Dépenses 20\xa0500,00")

    page.evaluate(
        "navigator.clipboard.writeText('Repas\\tSoupe\\t120,50\\nHonoraires\\tDanse\\t80')"
    )
    page.locator('[name="postes-3-libelle"]').focus()
    with page.expect_navigation():
        clavier.press("Control+V")
    expect(page.locator('[value="Danse"]')).to_be_attached()
    expect(page.locator("#etat-enregistrement")).to_contain_text("Enregistré à")

    aller("e.matches('.remedes a') && e.hash === '#id_montant_demande'")
    propose = actif("e.textContent")
    clavier.press("Enter")
    assert actif("e.name") == "montant_demande"
    clavier.press("Control+A")
    with page.expect_response("**/budget/"):
        clavier.type(propose.split(" : ")[1].removesuffix("\xa0$"))
    expect(page.locator("[data-violations]")).not_to_contain_text("revenus sont sous")
    postes = {p.libelle: (p.categorie, p.montant, p.admissible) for p in prete.demande.postes.all()}
    assert postes["Conteuse"] == ("honoraires", Decimal(500), False)
    assert postes["Soupe"] == ("repas_accueil", Decimal("120.50"), True)
    assert Demande.objects.get(pk=prete.demande.pk).montant_demande == Decimal("16700.50")


def test_tout_se_fait_sans_javascript_a_320_px(questionnaire, ouvrir_page, live_server):
    """Du projet au dépôt, chaque type de question compris."""
    demande, questions = questionnaire.demande, questionnaire.questions
    questionnaire.section.questions.create(
        code="plan", libelle="Question piece", type="piece", ordre=40
    )
    questionnaire.section.questions.update(obligatoire=True)
    exigee = questionnaire.appel.pieces_exigees.create(code="lettres", libelle="Lettres patentes")
    page = ouvrir_page(largeur=320, javascript=False)
    ouvrir_session(page, questionnaire.responsable, live_server.url)

    def continuer(suivante):
        tient(page)
        page.get_by_role("button", name="Enregistrer et continuer").click()
        page.wait_for_url(f"**/{suivante}/")

    page.goto(adresse(demande, "projet"))
    page.fill("[name=titre]", "Sans script")
    continuer("besoin")
    nom = {type_: f"q{question.pk}" for type_, question in questions.items()}
    for type_, saisie in (
        ("texte_court", "Un mot"), ("texte_long", "un deux"), ("nombre", "12"),
        ("montant", "1 250,50"), ("date", "2031-02-01"),
    ):  # fmt: skip
        page.fill(f"[name={nom[type_]}]", saisie)
    for type_, case, saisie in (
        ("adresse", "rue", "1 rue des Forges"), ("adresse", "ville", "Trois-Rivières"),
        ("personnes", "total", "40"), ("personnes", "immigrantes", "25"),
        ("activites", "0-nom", "Soupe"), ("activites", "0-debut", "2031-02-06"),
        ("partenaires", "0-nom", "La Bibliothèque"), ("partenaires", "0-role", "Salle"),
        ("resultats", "activites_realisees", "7"), ("resultats", "participations", "913"),
        ("resultats", "personnes_distinctes", "412"), ("resultats", "partenaires", "6"),
        ("resultats", "personnes_immigrantes", "287"),
        ("realisees", "0-nom", "Bal"), ("realisees", "0-constat", "Adieux"),
    ):  # fmt: skip
        page.fill(f"[name={nom[type_]}-{case}]", saisie)
    page.check(f"[name={nom['choix']}][value=Deux]")
    page.check(f"[name={nom['choix_multiples']}][value=Trois]")
    page.check(f"[name={nom['declaration']}]")
    page.locator("input[type=file]").set_input_files(PDF)
    continuer("budget")
    continuer("pieces")
    tient(page)
    page.locator(f"#piece-{exigee.pk} input[type=file]").set_input_files(PDF)
    page.get_by_role("button", name="Joindre : Lettres patentes").click()
    page.get_by_text("Le document est joint.").wait_for()
    page.get_by_role("link", name="Continuer vers la relecture").click()
    tient(page)
    page.get_by_text("Tout y est.").wait_for()
    page.check("[name=exactitude]")
    page.get_by_role("button", name="Déposer la demande").click()
    page.get_by_role("heading", name="Votre demande est déposée").wait_for()

    demande = Demande.objects.get(pk=demande.pk)
    assert (demande.etat, demande.titre) == ("deposee", "Sans script")
    assert demande.reponses.count() == len(questions)


def test_un_envoi_coupe_se_repete_et_un_fichier_se_glisse(prete, ouvrir_page, live_server):
    page = ouvrir_page()
    ouvrir_session(page, prete.redacteur, live_server.url)
    url = adresse(prete.demande, "pieces")
    page.goto(url)
    coupures = []

    def couper_une_fois(route):
        if route.request.method == "POST" and not coupures:
            coupures.append(route.request.url)
            return route.abort()
        return route.continue_()

    page.route("**/pieces/", couper_une_fois)
    glisser = """zone => {
      const donnees = new DataTransfer();
      for (const nom of ["un.pdf", "deux.pdf"])
        donnees.items.add(new File(["%PDF-1.7\\n%%EOF " + nom], nom, {type: "application/pdf"}));
      zone.dispatchEvent(new DragEvent("drop", {dataTransfer: donnees, cancelable: true}));
    }"""
    with page.expect_navigation():
        page.locator("#piece-autre .zone-depot").evaluate(glisser)

    expect(page.get_by_role("link", name="deux.pdf", exact=True)).to_be_visible()
    assert coupures
    assert sorted(p.nom for p in prete.demande.pieces.all()) == ["deux.pdf", "un.pdf"]

    page.context.clear_cookies()
    page.locator("#piece-autre .zone-depot").evaluate(glisser.replace("un.pdf", "trois.pdf"))
    expect(page.locator("#piece-autre .envois")).to_contain_text("votre session a expiré")
    assert prete.demande.pieces.count() == 2
