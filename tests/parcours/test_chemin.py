"""Un parcours entier dans Chromium, du dépôt à la lettre, chaque geste fait dans les pages."""

import os
import tempfile
from pathlib import Path

import pytest
from django.conf import settings

from appels.models import Demande, Verification
from appels.services import formulaires
from socle import horloge
from tests.factories import (
    AdhesionFactory,
    AppelFactory,
    BesoinFactory,
    UtilisateurFactory,
    dans,
)
from tests.parcours.gestes import confirmer, connecter, regarder, tient

pytestmark = pytest.mark.django_db(transaction=True)

# CAPTURES=1 refait les images du README ; sinon, elles vont dans le dossier temporaire.
IMAGES = (
    Path(settings.BASE_DIR, "docs", "images")
    if os.environ.get("CAPTURES")
    else Path(tempfile.gettempdir())
)


@pytest.fixture
def appel():
    appel = AppelFactory(ouvert=True, titre="Accueil et inclusion", quorum=1, evaluations_min=1)
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


def test_du_depot_a_la_lettre(appel, ouvrir_page, verifier_axe, ouvrier):
    """Cinq personnes, chaque geste dans les pages ; chaque page regardée à 1280 et à 320 px."""
    responsable = AdhesionFactory(
        utilisateur=confirmer(UtilisateurFactory(nom="Amina"))
    ).utilisateur
    agente = confirmer(UtilisateurFactory(agent=True))
    membre = confirmer(UtilisateurFactory(nom="Idriss"))
    approbation = confirmer(UtilisateurFactory(approbation=True))

    def voir(page):
        regarder(page, verifier_axe)

    page, ville, salle, conseil = (ouvrir_page() for _ in range(4))
    _deposer(page, voir, appel, responsable)
    demande = Demande.objects.get()
    assert demande.etat == "deposee"

    connecter(ville, agente)
    _verifier(ville, voir)
    # L'horloge seule force la main : l'appel se clôt.
    type(appel).objects.filter(pk=appel.pk).update(ouverture=dans(days=-10), cloture=dans(hours=-1))
    _nommer_le_comite(ville, voir, appel, membre)
    connecter(salle, membre)
    _declarer_et_noter(salle, voir, appel, demande)
    _tenir_la_seance(ville, salle, voir, appel, demande)
    connecter(conseil, approbation)
    _decider(conseil, voir, appel, demande)

    # Rien avant la lettre.
    page.goto(f"/organisme/demandes/{demande.reference}/")
    assert "En traitement" in page.content()
    assert "Acceptée" not in page.content()
    _emettre(conseil, voir, appel)
    page.reload()
    page.get_by_role("link", name="Lire la lettre de décision (PDF)").wait_for()
    voir(page)
    ville.goto(f"/ville/appels/{appel.code}/decisions/")
    ville.screenshot(path=IMAGES / "ville.png")


def _deposer(page, voir, appel, responsable):
    """L'organisme remplit, se trompe, corrige et dépose."""
    page.goto("/")
    voir(page)
    page.get_by_role("link", name="Accueil et inclusion").click()
    voir(page)
    connecter(page, responsable)
    page.goto(f"/organisme/demandes/nouvelle/?appel={appel.code}")
    voir(page)
    page.get_by_role("button", name="Commencer la demande").click()
    page.fill("[name=titre]", "Soupes du monde")
    page.fill("[name=resume]", "Des soirées de cuisine partagée.")
    page.locator("[name=volet]").first.check()
    page.select_option("[name=secteur]", "Centre-ville")
    page.locator("[name=besoins]").first.check()
    voir(page)
    page.get_by_role("button", name="Enregistrer et continuer").click()
    page.locator("textarea").first.fill("L'isolement, l'hiver.")
    page.get_by_text("Enregistré à").wait_for()
    voir(page)
    page.get_by_role("button", name="Enregistrer et continuer").click()
    # Une erreur reste à côté de son champ, avec ce qui a été saisi.
    page.fill("[name=postes-0-montant]", "vingt mille")
    page.get_by_role("button", name="Enregistrer et continuer").click()
    assert page.input_value("[name=postes-0-montant]") == "vingt mille"
    page.get_by_text("Écrivez un montant").first.wait_for()
    voir(page)
    page.fill("[name=postes-0-montant]", "20 000,00")
    page.select_option("[name=revenus-0-source]", "fonds_propres")
    page.fill("[name=revenus-0-montant]", "4000")
    page.fill("[name=montant_demande]", "16000")
    page.get_by_role("button", name="Enregistrer et continuer").click()
    page.get_by_role("heading", name="Les documents", exact=True).wait_for()
    voir(page)
    page.get_by_role("link", name="Continuer vers la relecture").click()
    # Sans la case cochée, le dépôt dit quoi faire.
    page.get_by_role("button", name="Déposer la demande").click()
    page.locator("[data-sommaire-erreurs]").wait_for()
    voir(page)
    page.screenshot(path=IMAGES / "organisme.png")
    page.locator("[name=exactitude]").check()
    page.get_by_role("button", name="Déposer la demande").click()
    page.get_by_role("heading", name="Votre demande est déposée").wait_for()
    voir(page)


def _verifier(ville, voir):
    """La Ville trouve ce qui l'attend, répond à la liste, déclare recevable."""
    ville.goto("/ville/")
    voir(ville)
    ville.get_by_role("link", name="Vérifier").first.click()
    for point in Verification.Point.values:
        ville.locator(f"[name={point}][value=oui]").check()
    voir(ville)
    ville.get_by_role("button", name="Déclarer recevable").click()
    ville.get_by_text("La demande est recevable").wait_for()


def _nommer_le_comite(ville, voir, appel, membre):
    """L'agente passe l'appel au comité, nomme la présidence, confie et ouvre."""
    ville.goto(f"/ville/appels/{appel.code}/")
    voir(ville)
    ville.get_by_role("button", name="Passer au comité").click()
    ville.get_by_role("link", name="Le comité").click()
    ville.get_by_label("Courriel").fill("pas une adresse")
    ville.get_by_role("button", name="Ajouter").click()
    ville.locator("[data-sommaire-erreurs]").wait_for()
    voir(ville)
    ville.get_by_label("Courriel").fill(membre.email)
    ville.locator("[name=role]").select_option("presidence")
    ville.get_by_role("button", name="Ajouter").click()
    ville.get_by_role("button", name="Confier tout à tout le comité").click()
    ville.get_by_role("button", name="Ouvrir les évaluations").click()
    ville.get_by_text("À déclarer").first.wait_for()
    voir(ville)


def _declarer_et_noter(salle, voir, appel, demande):
    """Le membre déclare avant de voir, note, oublie un commentaire, puis soumet."""
    salle.goto("/comite/")
    voir(salle)
    salle.goto(f"/comite/appels/{appel.code}/interets/")
    assert "Soupes du monde" in salle.content()
    assert "cuisine partagée" not in salle.content()
    salle.get_by_role("button", name="Enregistrer mes déclarations").click()
    salle.locator("[data-sommaire-erreurs]").wait_for()
    voir(salle)
    salle.locator("[name^=conflit_][value=non]").check()
    salle.get_by_role("button", name="Enregistrer mes déclarations").click()
    salle.goto(f"/comite/demandes/{demande.reference}/")
    assert "cuisine partagée" in salle.content()
    voir(salle)
    premier, second = salle.locator("[data-critere]").all()
    premier.locator("[name^=note_][value='4']").check()
    second.locator("[name^=note_][value='2']").check()
    salle.get_by_role("button", name="Relire et soumettre").click()
    salle.wait_for_url("**/soumettre/")
    voir(salle)
    salle.goto(f"/comite/demandes/{demande.reference}/")
    salle.locator("[data-critere]").nth(1).get_by_label("Commentaire").fill("Peu de partenaires.")
    salle.screenshot(path=IMAGES / "comite.png")
    salle.get_by_role("button", name="Relire et soumettre").click()
    salle.get_by_role("button", name="Soumettre").wait_for()
    voir(salle)
    salle.get_by_role("button", name="Soumettre").click()
    salle.wait_for_load_state()


def _tenir_la_seance(ville, salle, voir, appel, demande):
    """L'agente clôt l'évaluation et ouvre la séance ; la présidence inscrit l'avis."""
    ville.goto(f"/ville/appels/{appel.code}/comite/")
    ville.get_by_role("button", name="Clore les évaluations complètes").click()
    ville.goto(f"/ville/appels/{appel.code}/seances/")
    ville.get_by_label("Date et heure").fill("2030-06-10T13:30")
    voir(ville)
    ville.get_by_role("button", name="Préparer et convoquer").click()
    ville.locator("[name=presents]").first.check()
    ville.get_by_role("button", name="Inscrire les présences").click()
    ville.get_by_role("button", name="Ouvrir la séance").click()
    ville.get_by_text("Atteint", exact=True).wait_for()
    voir(ville)
    seance = ville.url.rstrip("/").rsplit("/", 1)[-1]
    salle.goto(f"/comite/seances/{seance}/")
    salle.get_by_role("link", name="Soupes du monde").click()
    salle.get_by_role("button", name="Inscrire l'avis").click()
    salle.locator("[data-sommaire-erreurs]").wait_for()
    voir(salle)
    salle.locator("[name=avis][value=favorable]").check()
    salle.locator("[name=montant]").fill("16 000,00")
    salle.locator("[name=motifs]").fill("Projet solide, bien ancré dans le quartier.")
    salle.get_by_role("button", name="Inscrire l'avis").click()
    salle.wait_for_load_state()
    ville.reload()
    ville.get_by_role("link", name="Clore la séance").click()
    voir(ville)
    ville.get_by_role("button", name="Clore et émettre le compte rendu").click()
    ville.get_by_role("link", name="Compte rendu (PDF)").wait_for()


def _decider(conseil, voir, appel, demande):
    """L'approbation inscrit la résolution du conseil, puis décide dans l'enveloppe."""
    conseil.goto(f"/ville/appels/{appel.code}/decisions/")
    voir(conseil)
    conseil.get_by_role("button", name="Inscrire la résolution").click()
    conseil.locator("[data-sommaire-erreurs], .champ__erreur").first.wait_for()
    voir(conseil)
    conseil.locator("[name=numero]").fill("C-2030-0412")
    conseil.locator("[name=date]").fill(horloge.aujourdhui().isoformat())
    conseil.get_by_role("button", name="Inscrire la résolution").click()
    conseil.get_by_text("C-2030-0412").first.wait_for()
    conseil.goto(f"/ville/demandes/{demande.reference}/decider/")
    conseil.locator("[name=resultat][value=acceptee]").check()
    conseil.locator("[name=montant_accorde]").fill("99 999 999")
    conseil.get_by_role("button", name="Inscrire la décision").click()
    conseil.locator("[data-sommaire-erreurs]").wait_for()
    voir(conseil)
    conseil.locator("[name=resolution]").select_option(index=1)
    conseil.locator("[name=montant_accorde]").fill("16 000,00")
    conseil.get_by_role("button", name="Inscrire la décision").click()
    conseil.wait_for_url("**/decisions/")


def _emettre(conseil, voir, appel):
    """Les lettres partent en un lot, qu'un ouvrier produit sous les yeux de la personne."""
    conseil.goto(f"/ville/appels/{appel.code}/lettres/")
    voir(conseil)
    conseil.get_by_role("button", name="Émettre les lettres").click()
    conseil.get_by_text("1 sur 1").first.wait_for(timeout=30_000)
    voir(conseil)
    conseil.goto(f"/ville/appels/{appel.code}/lettres/")
    conseil.get_by_text("Toutes les lettres sont transmises.").wait_for()


@pytest.mark.parametrize("adresse", ["/", "/projets/", "/donnees/", "/connexion/", "/galerie/"])
def test_les_pages_publiques_tiennent_a_320_px(adresse, appel, ouvrir_page, verifier_axe):
    page = ouvrir_page(largeur=320)
    page.goto(adresse)

    verifier_axe(page)
    tient(page)


def test_le_budget_se_remplit_sans_javascript_a_320_px(appel, ouvrir_page):
    responsable = AdhesionFactory(utilisateur=confirmer(UtilisateurFactory())).utilisateur
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
