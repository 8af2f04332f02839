"""Ne jamais perdre un mot : ce que la page enregistre d'elle-même, quand le réseau s'en mêle."""

import re
from decimal import Decimal
from types import SimpleNamespace

import pytest
from django.conf import settings
from playwright.sync_api import expect

from appels.models import Demande, Reponse
from evaluations.models import Evaluation, Note
from financement.models import Rapport
from tests.appels.conftest import adresse, prete, questionnaire
from tests.evaluations.objets import declarer, un_comite
from tests.financement.objets import recit, un_projet
from tests.parcours.gestes import ouvrir_session, regarder

pytestmark = pytest.mark.django_db(transaction=True)
__all__ = ["prete", "questionnaire"]

ETAT = "#etat-enregistrement, [data-etat-enregistrement]"
BUDGET = re.compile(r"/demandes/[^/]+/budget/$")


class Reseau:
    """Retient les enregistrements d'une page jusqu'à ce qu'il soit ``libre``."""

    def __init__(self, page, motif):
        self.page, self.routes, self.libre = page, [], False
        page.route(motif, self._retenir)

    def _retenir(self, route):
        if self.libre:
            route.continue_()
        else:
            self.routes.append(route)

    def attendre(self):
        attendre_que(self.page, lambda: self.routes)
        return self.routes[0]


def attendre_que(page, vrai):
    for _ in range(100):
        if vrai():
            return
        page.wait_for_timeout(50)
    raise AssertionError("Ce qui était attendu n'est pas arrivé.")


@pytest.fixture
def redaction(questionnaire, ouvrir_page, live_server):
    page = ouvrir_page()
    ouvrir_session(page, questionnaire.redacteur, live_server.url)
    return SimpleNamespace(page=page, demande=questionnaire.demande)


@pytest.fixture
def grille(ouvrir_page, live_server):
    pret = un_comite(membres=2)
    membre, autre = pret.membres[1], pret.membres[0]
    for personne in (membre, autre):
        declarer(pret.demandes[0], personne)
    page = ouvrir_page()
    ouvrir_session(page, membre.utilisateur, live_server.url)
    page.goto(f"/comite/demandes/{pret.demandes[0].reference}/")
    premier, second = pret.appel.criteres.all()
    return SimpleNamespace(
        page=page,
        membre=membre,
        autre=autre,
        premier=premier,
        note=lambda n, ou=page: ou.locator(f"[name=note_{premier.pk}][value='{n}']"),
        commentaire=page.locator(f"[name=commentaire_{premier.pk}]"),
        second=page.locator(f"[name=commentaire_{second.pk}]"),
        ecrit=lambda critere=premier: (
            Note.objects.filter(critere=critere, evaluation__affectation__membre=membre)
            .values_list("commentaire", flat=True)
            .first()
        ),
    )


@pytest.fixture
def rapport(ouvrir_page, live_server):
    projet = un_projet()
    page = ouvrir_page()
    ouvrir_session(page, projet.gens.membre, live_server.url)
    page.goto(f"/organisme/demandes/{projet.demande.reference}/rapports/final/")
    noms = {code: f"[name=q{q.pk}]" for code, q in projet.questions["final"].items()}
    return SimpleNamespace(page=page, projet=projet, noms=noms)


# --- Envoyer la page pendant un enregistrement --------------------------------------------------
def test_enregistrer_le_budget_pendant_un_enregistrement(redaction):
    """Reçu, sans réponse encore : la page qui n'attend pas se croit en conflit avec elle-même."""
    page = redaction.page
    page.goto(adresse(redaction.demande, "budget"))
    reseau = Reseau(page, BUDGET)
    montant = page.get_by_label("Montant demandé à la Ville")
    montant.fill("700")
    route = reseau.attendre()
    reponse = route.fetch()
    montant.fill("750")
    page.get_by_role("button", name="Enregistrer et continuer").click(no_wait_after=True)
    page.wait_for_timeout(500)
    reseau.libre = True
    route.fulfill(response=reponse)

    page.wait_for_url("**/pieces/")
    assert Demande.objects.get(pk=redaction.demande.pk).montant_demande == 750


def test_soumettre_la_grille_pendant_un_enregistrement(grille):
    """Parti avant mais arrivé après, un enregistrement remettrait l'ancien texte."""
    page = grille.page
    reseau = Reseau(page, "**/enregistrer/")
    grille.commentaire.fill("Le début")
    route = reseau.attendre()
    grille.commentaire.fill("Le début et la fin.")
    reseau.libre = True
    page.get_by_role("button", name="Relire et soumettre").click(no_wait_after=True)
    page.wait_for_timeout(500)
    route.fulfill(response=route.fetch())

    page.get_by_role("heading", name="Relire et soumettre").wait_for()
    assert grille.ecrit() == "Le début et la fin."


def test_un_double_clic_depose_le_rapport_une_fois(rapport):
    page = rapport.page
    page.fill(rapport.noms["resultats"], "Cent personnes.")
    page.fill("[name=depenses-0-montant]", "100")
    page.fill("[name=autres_aides_publiques]", "0")
    expect(page.locator(ETAT)).to_contain_text("Enregistré à")
    attendre_que(page, lambda: recit(rapport.projet.final, "resultats"))
    depots = []
    page.on(
        "request",
        lambda r: depots.append(r) if r.method == "POST" and r.is_navigation_request() else None,
    )
    reseau = Reseau(page, "**/rapports/final/enregistrer/*/")
    page.fill(rapport.noms["activites"], "Dix")
    route = reseau.attendre()
    page.fill(rapport.noms["activites"], "Dix rencontres.")
    page.locator("button[name=deposer]").dblclick(no_wait_after=True)
    page.wait_for_timeout(300)
    assert not depots
    reseau.libre = True
    route.continue_()

    page.wait_for_selector("text=Le rapport est déposé")
    assert len(depots) == 1
    depose = Rapport.objects.get(pk=rapport.projet.final.pk)
    assert (depose.etat, recit(depose, "activites")) == ("depose", "Dix rencontres.")


def test_un_reseau_muet_ne_retient_pas_la_page(redaction):
    page = redaction.page
    page.goto(adresse(redaction.demande, "besoin"))
    reseau = Reseau(page, "**/reponses/**")
    page.get_by_label("Question texte_court").fill("Coincé")
    reseau.attendre()
    page.get_by_role("button", name="Enregistrer et continuer").click()

    page.wait_for_url(lambda url: "besoin" not in url)
    assert Reponse.objects.get().valeur == "Coincé"


# --- La réponse se perd ---------------------------------------------------------------------------
@pytest.mark.parametrize("partie", ["besoin", "budget"])
def test_un_enregistrement_recu_sans_reponse_n_est_pas_un_conflit(redaction, partie):
    page = redaction.page
    page.goto(adresse(redaction.demande, partie))
    budget = partie == "budget"
    reseau = Reseau(page, BUDGET if budget else "**/reponses/**")
    libelle = "Montant demandé à la Ville" if budget else "Question texte_court"
    page.get_by_label(libelle).fill("70")
    route = reseau.attendre()
    route.fetch()
    page.get_by_label(libelle).fill("700")
    reseau.libre = True
    route.abort()

    def ecrit():
        if budget:
            return Demande.objects.get(pk=redaction.demande.pk).montant_demande == Decimal(700)
        return Reponse.objects.get().valeur == "700"

    attendre_que(page, ecrit)
    expect(page.locator(ETAT)).to_contain_text("Enregistré à")
    expect(page.locator(".conflit").filter(visible=True)).to_have_count(0)


def test_une_reponse_qui_n_est_pas_du_serveur_n_enregistre_rien(redaction):
    """Le portail d'un hôtel répond « 200 » à tout."""
    page = redaction.page
    page.goto(adresse(redaction.demande, "besoin"))
    page.route("**/reponses/**", lambda route: route.fulfill(body="<html>Bienvenue</html>"))
    page.get_by_label("Question texte_court").fill("Écrit à l'hôtel")
    expect(page.locator(ETAT)).to_contain_text("gardé dans cet onglet")
    page.unroute("**/reponses/**")

    attendre_que(page, lambda: Reponse.objects.filter(valeur="Écrit à l'hôtel").exists())


def test_une_question_qui_attend_repart_quand_une_autre_passe(redaction):
    page = redaction.page
    page.goto(adresse(redaction.demande, "besoin"))
    reseau = Reseau(page, "**/reponses/**")
    page.get_by_label("Question texte_court").fill("Perdue en route")
    route = reseau.attendre()
    page.get_by_label("Question nombre").fill("12")
    reseau.libre = True
    route.abort()

    attendre_que(page, lambda: Reponse.objects.count() == 2)
    expect(page.locator(ETAT)).to_contain_text("Enregistré à")


# --- La grille : coupure, session, refus, deux fenêtres -----------------------------------------
@pytest.mark.parametrize("coupure", ["reseau", "session"])
def test_la_grille_reste_dans_l_onglet_et_repart(grille, coupure):
    page = grille.page
    temoins = page.context.cookies()
    if coupure == "reseau":
        page.context.set_offline(True)
    else:
        page.context.clear_cookies(name=settings.SESSION_COOKIE_NAME)
    grille.note(4).check()
    grille.commentaire.fill("Gardé")
    expect(page.locator(ETAT)).to_contain_text("gardé dans cet onglet")
    assert grille.ecrit() is None

    if coupure == "reseau":
        page.context.set_offline(False)
    else:
        page.context.add_cookies(temoins)
        page.reload()

    expect(grille.note(4)).to_be_checked()
    expect(grille.commentaire).to_have_value("Gardé")
    expect(page.locator(ETAT)).to_contain_text("Enregistré à")
    attendre_que(page, lambda: grille.ecrit() == "Gardé")


def test_une_note_refusee_ne_passe_pas_pour_enregistree(grille):
    grille.commentaire.evaluate("c => c.removeAttribute('maxlength')")
    grille.commentaire.fill("x" * 4001)
    expect(grille.page.locator(ETAT)).to_contain_text("Non enregistré")
    grille.second.fill("Celui-ci passe.")

    attendre_que(grille.page, lambda: Note.objects.filter(commentaire="Celui-ci passe.").exists())
    expect(grille.page.locator(ETAT)).to_contain_text("Non enregistré")
    grille.commentaire.fill("Plus court.")
    expect(grille.page.locator(ETAT)).to_contain_text("Enregistré à")
    assert grille.ecrit() == "Plus court."


def test_la_grille_d_un_vieil_onglet_n_efface_pas_l_autre(grille):
    vieil, autre = grille.page, grille.page.context.new_page()
    autre.goto(vieil.url)
    autre.locator(f"[name=commentaire_{grille.premier.pk}]").fill("Écrit dans l'autre.")
    expect(autre.locator(ETAT)).to_contain_text("Enregistré à")
    grille.second.fill("Écrit ici.")
    vieil.get_by_role("button", name="Relire et soumettre").click()

    vieil.get_by_role("heading", name="Relire et soumettre").wait_for()
    assert grille.ecrit() == "Écrit dans l'autre."
    assert Note.objects.filter(commentaire="Écrit ici.").exists()


def _garder_dans_l_onglet(grille, texte):
    """Écrit sans session, puis laisse la page de connexion prendre sa place."""
    page, ici = grille.page, grille.page.url
    page.context.clear_cookies(name=settings.SESSION_COOKIE_NAME)
    grille.commentaire.fill(texte)
    expect(page.locator(ETAT)).to_contain_text("gardé dans cet onglet")
    page.get_by_role("link", name="Reconnectez-vous ici").click()
    page.wait_for_url("**/connexion/**")
    return ici


@pytest.mark.parametrize("choix", ["Garder ma réponse", "Prendre l'autre"])
def test_la_grille_gardee_ne_recouvre_pas_une_autre_fenetre(grille, verifier_axe, choix):
    page = grille.page
    temoins = page.context.cookies()
    ici = _garder_dans_l_onglet(grille, "Resté ici")
    fiche, _ = Evaluation.objects.get_or_create(affectation=grille.membre.affectations.get())
    Note.objects.create(evaluation=fiche, critere=grille.premier, commentaire="Ailleurs")
    page.context.add_cookies(temoins)
    page.goto(ici)

    expect(page.locator(".conflit")).to_contain_text("Ailleurs")
    regarder(page, verifier_axe)
    assert grille.ecrit() == "Ailleurs"
    page.get_by_role("button", name=choix).click()
    attendu = "Resté ici" if choix.startswith("Garder") else "Ailleurs"
    expect(grille.commentaire).to_have_value(attendu)
    attendre_que(page, lambda: grille.ecrit() == attendu)


def test_la_personne_suivante_ne_voit_pas_les_notes_gardees(grille, live_server):
    ici = _garder_dans_l_onglet(grille, "À moi seul")
    ouvrir_session(grille.page, grille.autre.utilisateur, live_server.url)
    grille.page.goto(ici)

    expect(grille.commentaire).to_have_value("")
    grille.page.wait_for_timeout(500)
    assert not Note.objects.filter(commentaire="À moi seul").exists()


def test_ce_qui_s_ecrit_reste_a_qui_a_ouvert_la_page(grille, live_server):
    """Une collègue se connecte dans un autre onglet : rien ne part sous son nom."""
    ouvrir_session(grille.page, grille.autre.utilisateur, live_server.url)
    grille.commentaire.fill("À moi seul")

    expect(grille.page.locator(ETAT)).to_contain_text("gardé dans cet onglet")
    assert not Note.objects.filter(commentaire="À moi seul").exists()
    ouvrir_session(grille.page, grille.membre.utilisateur, live_server.url)
    grille.page.reload()
    attendre_que(grille.page, lambda: grille.ecrit() == "À moi seul")


# --- Quitter la page ------------------------------------------------------------------------------
def test_quitter_la_demande_a_peine_ecrite(redaction):
    page = redaction.page
    page.goto(adresse(redaction.demande, "besoin"))
    page.get_by_label("Question texte_court").fill("À peine écrit")
    page.get_by_role("link", name="Relire et déposer").click()

    page.wait_for_url("**/relecture/")
    attendre_que(page, lambda: Reponse.objects.filter(valeur="À peine écrit").exists())


def test_quitter_le_budget_a_peine_ecrit(redaction):
    page = redaction.page
    page.goto(adresse(redaction.demande, "budget"))
    page.get_by_label("Montant demandé à la Ville").fill("740")
    page.get_by_role("link", name="Relire et déposer").click()

    page.wait_for_url("**/relecture/")
    attendre_que(page, lambda: Demande.objects.filter(montant_demande=740).exists())


def test_quitter_la_grille_a_peine_ecrite(grille):
    grille.commentaire.fill("À peine écrit")
    grille.page.goto("/comite/")

    attendre_que(grille.page, lambda: grille.ecrit() == "À peine écrit")


def test_quitter_le_rapport_a_peine_ecrit(rapport):
    page = rapport.page
    page.fill(rapport.noms["activites"], "À peine écrit")
    page.get_by_role("link", name="Revenir").click()

    attendre_que(page, lambda: recit(rapport.projet.final, "activites") == "À peine écrit")


def _refuser_et_revenir(page, nom):
    page.locator(nom).fill("environ mille")
    page.get_by_role("button", name="Enregistrer", exact=True).last.click()
    page.locator("[data-sommaire-erreurs]").wait_for()
    page.wait_for_load_state()
    ici = page.url
    page.goto("/organisme/")
    page.goto(ici)
    expect(page.locator(nom)).to_have_value("environ mille")


def test_un_montant_refuse_du_budget_reste_dans_l_onglet(redaction):
    redaction.page.goto(adresse(redaction.demande, "budget"))
    _refuser_et_revenir(redaction.page, "[name=montant_demande]")


def test_un_montant_refuse_du_rapport_reste_dans_l_onglet(rapport):
    _refuser_et_revenir(rapport.page, "[name=depenses-0-montant]")


def test_suivre_un_lien_attend_l_enregistrement_en_route(redaction):
    """Le dernier mot, écrit pendant qu'un autre envoi est en route, part aussi."""
    page = redaction.page
    page.goto(adresse(redaction.demande, "besoin"))
    reseau = Reseau(page, "**/reponses/**")
    page.get_by_label("Question texte_court").fill("Le début")
    route = reseau.attendre()
    page.get_by_label("Question texte_court").fill("Le début et la fin.")
    page.get_by_role("link", name="Relire et déposer").click(no_wait_after=True)
    page.wait_for_timeout(300)
    reseau.libre = True
    route.continue_()

    page.wait_for_url("**/relecture/")
    assert Reponse.objects.get().valeur == "Le début et la fin."
