"""Un parcours entier dans Chromium, à trois personnes : du dépôt à la lettre."""

import os
import tempfile
from pathlib import Path

import pytest
from django.conf import settings

from appels.models import Demande, Verification
from appels.services import formulaires
from evaluations.services import comite, fiches, seances
from financement.services import decisions, lettres
from socle import horloge
from tests.factories import (
    MOT_DE_PASSE,
    AdhesionFactory,
    AppelFactory,
    BesoinFactory,
    UtilisateurFactory,
    dans,
)

pytestmark = pytest.mark.django_db(transaction=True)

# CAPTURES=1 refait les images du README ; sinon, elles vont dans le dossier temporaire.
IMAGES = (
    Path(settings.BASE_DIR, "docs", "images")
    if os.environ.get("CAPTURES")
    else Path(tempfile.gettempdir())
)


@pytest.fixture(autouse=True)
def sans_courtier(monkeypatch):
    """Les tâches ont leurs tests, avec un vrai ouvrier ; ici, on regarde les pages."""
    monkeypatch.setattr("appels.services.depot._confier_accuse", lambda depot_id: None)


def connecter(page, personne):
    page.goto("/connexion/")
    page.fill("[name=login]", personne.email)
    page.fill("[name=password]", MOT_DE_PASSE)
    page.press("[name=password]", "Enter")
    page.wait_for_url(lambda adresse: "connexion" not in adresse)


@pytest.fixture
def appel():
    appel = AppelFactory(ouvert=True, titre="Accueil et inclusion", garniture=True)
    appel.formulaires.all().delete()
    formulaires.creer_formulaire(
        appel=appel,
        sections=[
            {
                "code": "besoin",
                "titre": "Le besoin",
                "questions": [{"code": "besoin", "libelle": "À quel besoin répondez-vous ?"}],
            }
        ],
    )
    appel.besoins.add(BesoinFactory(plan=appel.plan, libelle="Isolement social"))
    return appel


def test_du_depot_a_la_lettre(appel, ouvrir_page, verifier_axe):
    responsable = AdhesionFactory(
        utilisateur=_confirmee(UtilisateurFactory(nom="Amina"))
    ).utilisateur
    agente = _confirmee(UtilisateurFactory(agent=True))
    membre = _confirmee(UtilisateurFactory(nom="Idriss"))

    # L'organisme remplit et dépose.
    page = ouvrir_page()
    page.goto("/")
    verifier_axe(page)
    page.get_by_role("link", name="Accueil et inclusion").click()
    verifier_axe(page)
    connecter(page, responsable)
    page.goto(f"/organisme/demandes/nouvelle/?appel={appel.code}")
    page.get_by_role("button", name="Commencer la demande").click()
    page.fill("[name=titre]", "Soupes du monde")
    page.fill("[name=resume]", "Des soirées de cuisine partagée.")
    page.locator("[name=volet]").first.check()
    page.select_option("[name=secteur]", "Centre-ville")
    page.locator("[name=besoins]").first.check()
    verifier_axe(page)
    page.get_by_role("button", name="Enregistrer et continuer").click()
    page.locator("textarea").first.fill("L'isolement, l'hiver.")
    page.get_by_text("Enregistré à").wait_for()
    verifier_axe(page)
    page.get_by_role("button", name="Enregistrer et continuer").click()
    # Une erreur reste à côté de son champ, avec ce qui a été saisi.
    page.fill("[name=postes-0-montant]", "vingt mille")
    page.get_by_role("button", name="Enregistrer et continuer").click()
    assert page.input_value("[name=postes-0-montant]") == "vingt mille"
    page.get_by_text("Écrivez un montant").first.wait_for()
    verifier_axe(page)
    page.fill("[name=postes-0-montant]", "20 000,00")
    page.select_option("[name=revenus-0-source]", "fonds_propres")
    page.fill("[name=revenus-0-montant]", "4000")
    page.fill("[name=montant_demande]", "16000")
    page.get_by_role("button", name="Enregistrer et continuer").click()
    page.goto(f"/organisme/demandes/{appel.code}-D01/rediger/relecture/")
    verifier_axe(page)
    page.screenshot(path=IMAGES / "organisme.png")
    page.locator("[name=exactitude]").check()
    page.get_by_role("button", name="Déposer la demande").click()
    page.get_by_role("heading", name="Votre demande est déposée").wait_for()
    verifier_axe(page)
    demande = Demande.objects.get()
    assert demande.etat == "deposee"

    # La Ville vérifie.
    ville = ouvrir_page()
    connecter(ville, agente)
    ville.goto("/ville/")
    verifier_axe(ville)
    ville.get_by_role("link", name="Vérifier").first.click()
    for point in Verification.Point.values:
        ville.locator(f"[name={point}][value=oui]").check()
    verifier_axe(ville)
    ville.get_by_role("button", name="Déclarer recevable").click()
    ville.get_by_text("La demande est recevable").wait_for()

    # Le comité déclare, puis lit et note.
    type(appel).objects.filter(pk=appel.pk).update(etat="en_evaluation", cloture=dans(hours=-1))
    appel.refresh_from_db()
    demande.refresh_from_db()
    siege = comite.nommer_membre(
        acteur=agente, appel=appel, utilisateur=membre, code="M1", role="presidence"
    )
    comite.affecter_comite_complet(acteur=agente, appel=appel)
    fiches.ouvrir_evaluation(acteur=agente, demande=demande)
    salle = ouvrir_page()
    connecter(salle, membre)
    salle.goto("/comite/")
    verifier_axe(salle)
    salle.goto(f"/comite/appels/{appel.code}/interets/")
    verifier_axe(salle)
    assert "Soupes du monde" in salle.content()
    assert "cuisine partagée" not in salle.content()
    comite.declarer_interets(
        acteur=membre, affectation=demande.affectations.get(membre=siege), conflit=False
    )
    salle.goto(f"/comite/demandes/{demande.reference}/")
    verifier_axe(salle)
    assert "cuisine partagée" in salle.content()
    salle.screenshot(path=IMAGES / "comite.png")

    # La décision, puis la lettre ; rien avant elle.
    _decider(appel, demande, agente, membre, siege)
    page.goto(f"/organisme/demandes/{demande.reference}/")
    assert "En traitement" in page.content()
    assert "Acceptée" not in page.content()
    lettres.emettre_lettre(
        acteur=agente,
        lettre=lettres.preparer_lettre(decision=demande.decisions.get(en_vigueur=True)),
    )
    page.reload()
    page.get_by_role("link", name="Lire la lettre de décision (PDF)").wait_for()
    verifier_axe(page)
    ville.goto(f"/ville/appels/{appel.code}/decisions/")
    verifier_axe(ville)
    ville.screenshot(path=IMAGES / "ville.png")


def _confirmee(personne):
    personne.emailaddress_set.create(email=personne.email, verified=True, primary=True)
    return personne


def _decider(appel, demande, agente, membre, siege):
    """Ce que d'autres tests éprouvent page par page : fiches, séance, résolution."""
    type(appel).objects.filter(pk=appel.pk).update(evaluations_min=1, quorum=1)
    appel.refresh_from_db()
    fiches.importer_fiche(
        acteur=membre,
        affectation=demande.affectations.get(membre=siege),
        notes={critere.code: 4 for critere in appel.criteres.all()},
    )
    demande = Demande.objects.get(pk=demande.pk)
    fiches.clore_evaluation(acteur=agente, demande=demande)
    seance = seances.preparer_seance(acteur=agente, appel=appel, date=horloge.maintenant())
    seances.inscrire_presences(acteur=agente, seance=seance, presents=[siege])
    seance.refresh_from_db()
    seances.ouvrir_seance(acteur=agente, seance=seance)
    seance.refresh_from_db()
    demande.refresh_from_db()
    seances.recommander(
        acteur=membre,
        seance=seance,
        demande=demande,
        avis="favorable",
        montant=demande.montant_demande,
        motifs="Projet solide.",
    )
    approbation = UtilisateurFactory(approbation=True)
    resolution = decisions.inscrire_resolution(
        acteur=approbation, appel=appel, numero="C-1", date=horloge.aujourdhui()
    )
    decisions.decider(
        acteur=approbation,
        demande=Demande.objects.get(pk=demande.pk),
        resolution=resolution,
        resultat="acceptee",
        montant_accorde=demande.montant_demande,
    )


@pytest.mark.parametrize("adresse", ["/", "/projets/", "/donnees/", "/connexion/", "/galerie/"])
def test_les_pages_publiques_tiennent_a_320_px(adresse, appel, ouvrir_page, verifier_axe):
    page = ouvrir_page(largeur=320)
    page.goto(adresse)

    verifier_axe(page)
    depassement = page.evaluate("document.documentElement.scrollWidth - window.innerWidth")
    assert depassement <= 0


def test_le_budget_se_remplit_sans_javascript_a_320_px(appel, ouvrir_page):
    responsable = AdhesionFactory(utilisateur=_confirmee(UtilisateurFactory())).utilisateur
    page = ouvrir_page(largeur=320, javascript=False)
    connecter(page, responsable)
    page.goto(f"/organisme/demandes/nouvelle/?appel={appel.code}")
    page.get_by_role("button", name="Commencer la demande").click()
    page.goto(f"/organisme/demandes/{appel.code}-D01/rediger/budget/")
    page.fill("[name=postes-0-montant]", "1 250,50")
    page.get_by_role("button", name="Ajouter une dépense").click()
    assert page.input_value("[name=postes-0-montant]") == "1 250,50"
    page.fill("[name=montant_demande]", "1000")
    page.get_by_role("button", name="Enregistrer", exact=True).last.click()

    demande = Demande.objects.get()
    assert str(demande.postes.get().montant) == "1250.50"
    assert str(demande.montant_demande) == "1000.00"
