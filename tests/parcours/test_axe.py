"""Chaque page de chaque salle, à 1280 et à 320 pixels : axe n'y voit rien, rien n'y déborde.

Les formulaires s'envoient aussi vides ou faux : la page qui montre l'erreur se regarde de même.
"""

import pytest
from allauth.account.forms import default_token_generator
from allauth.account.models import EmailConfirmationHMAC
from allauth.account.utils import user_pk_to_url_str
from allauth.mfa.recovery_codes.internal.auth import RecoveryCodes
from allauth.mfa.totp.internal.auth import TOTP, generate_totp_secret
from django.utils import timezone

from evaluations.services import fiches
from financement.models import LotPaiement, RepriseEssayee
from financement.services import scenarios as services_scenarios
from socle.services.organismes import inviter
from tests.evaluations.objets import affectation
from tests.factories import MOT_DE_PASSE, UtilisateurFactory
from tests.parcours.gestes import LARGE, confirmer, envoyer, ouvrir_session, regarder
from tests.parcours.monde import TITRE, un_monde

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def monde():
    return un_monde()


@pytest.fixture
def parcourir(ouvrir_page, verifier_axe, live_server):
    """Ouvre chaque adresse, fait son geste s'il y en a un, juge la page aux deux largeurs."""

    def suivre(utilisateur, pages):
        page = ouvrir_page()
        if utilisateur is not None:
            ouvrir_session(page, utilisateur, live_server.url)
        defauts = []
        for element in pages:
            adresse, geste = element if isinstance(element, tuple) else (element, None)
            reponse = page.goto(adresse)
            assert reponse.status == 200, f"{adresse} : {reponse.status}"
            try:
                if geste is not None:
                    geste(page)
                regarder(page, verifier_axe)
            except AssertionError as defaut:
                defauts.append(str(defaut))
                page.set_viewport_size(LARGE)
        assert not defauts, "\n\n".join(defauts)

    return suivre


def sur(bouton, **saisies):
    """Le geste : envoyer le formulaire de ce bouton, vidé, puis rempli de ces saisies."""
    return lambda page: envoyer(page, bouton, saisies)


def appuyer(bouton):
    """Le geste : envoyer tel quel, sans rien vider."""
    return lambda page: page.get_by_role("button", name=bouton, exact=True).first.click()


def repondre_non(page):
    """Le geste : répondre « Non » partout, et lire pourquoi ce n'est pas pour nous."""
    for choix in page.get_by_label("Non", exact=True).all():
        choix.check()
    page.get_by_role("button", name="Voir la réponse").click()
    page.get_by_text("quand même").wait_for()


def se_dire_lie(page):
    """Le geste : dire un lien sans dire lequel."""
    page.get_by_label("J'ai un lien : je me récuse").first.check()
    page.get_by_role("button", name="Enregistrer mes souhaits").click()
    page.get_by_text("Dites quel est le lien.").first.wait_for()


def deplier(page):
    """Le geste : ouvrir toutes les parties d'une demande."""
    page.get_by_role("button", name="Tout déplier").click()
    page.get_by_role("button", name="Tout replier").wait_for()


def mal_ecrire_le_modele(page):
    """Le geste : écrire dans l'éditeur un champ qui n'existe pas, et enregistrer."""
    page.locator(".tiptap").click()
    page.keyboard.type("{{ organism }} ")
    page.get_by_role("button", name="Enregistrer le brouillon").click()
    page.get_by_text("Vouliez-vous écrire « organisme » ?").first.wait_for()


def attendre_la_carte(page):
    """Le geste : attendre la carte, et ouvrir un de ses lieux."""
    page.locator(".leaflet-marker-icon.carte-lieu").first.click()
    page.locator(".leaflet-popup-content a").wait_for()


def test_les_pages_publiques(monde, parcourir):
    pages = [
        "/",
        f"/appels/{monde.ouvert.code}/",
        f"/appels/{monde.ouvert.code}/autodiagnostic/",
        (f"/appels/{monde.ouvert.code}/autodiagnostic/", sur("Voir la réponse")),
        (f"/appels/{monde.ouvert.code}/autodiagnostic/", repondre_non),
        "/projets/",
        "/projets/?q=rien-de-tel",
        ("/projets/", attendre_la_carte),
        "/projets/?du=demain",
        f"/projets/{monde.conventionnee.reference}/",
        "/services/",
        "/services/?statut=etudes&sujet=francais",
        "/services/?sujet=transport",
        f"/services/{monde.page_publiee.activite.cle}/",
        "/services/calendrier/",
        "/services/guide/etudes/",
        "/consultation/",
        "/donnees/",
        "/donnees/api/",
        "/confidentialite/",
        "/accessibilite/",
        "/aide/indicateurs/",
        "/verifier/",
        ("/verifier/", sur("Vérifier le code", code="0001")),
        ("/verifier/", appuyer("Vérifier le fichier")),
        f"/verifier/?empreinte={monde.document.empreinte}",
        f"/verifier/{monde.document.code}/",
        f"/verifier/{monde.document.code}/?empreinte={'f' * 64}",
        "/connexion/",
        ("/connexion/", sur("Se connecter", login="pas une adresse", password="x")),
        "/connexion/inscription/",
        ("/connexion/inscription/", sur("Créer mon compte")),
        ("/connexion/inscription/", sur("Créer mon compte", email="faux", password1="123")),
        ("/connexion/mot-de-passe/oublie/", sur("Recevoir le lien")),
    ]
    parcourir(None, pages)


def test_l_organisme_redige(monde, parcourir):
    redaction = f"/organisme/demandes/{monde.brouillon.reference}"
    pages = [
        "/organisme/",
        ("/organisme/nouveau/", sur("Inscrire l'organisme", nom="Essai", neq="123")),
        f"/organisme/{monde.organisme.pk}/dossier/",
        (
            f"/organisme/{monde.organisme.pk}/dossier/",
            sur("Enregistrer", code_postal="faux", site_web="faux", telephone="1"),
        ),
        (f"/organisme/{monde.organisme.pk}/membres/", sur("Envoyer l'invitation", courriel="faux")),
        (f"/organisme/demandes/nouvelle/?appel={monde.ouvert.code}"),
        (f"/appels/{monde.ouvert.code}/questions/", sur("Envoyer la question")),
        f"{redaction}/",
        f"{redaction}/echange/",
        (f"{redaction}/echange/", sur("Envoyer")),
        f"{redaction}/rediger/projet/",
        (f"{redaction}/rediger/projet/", sur("Enregistrer", titre="Très long. " * 40)),
        f"{redaction}/rediger/besoin/",
        f"{redaction}/rediger/budget/",
        (
            f"{redaction}/rediger/budget/",
            sur("Enregistrer et continuer", **{"postes-0-montant": "beaucoup"}),
        ),
        f"{redaction}/rediger/pieces/",
        f"{redaction}/rediger/relecture/",
        (f"{redaction}/retirer/", sur("Retirer la demande")),
        f"/organisme/demandes/{monde.deposee.reference}/accuse/",
        f"/organisme/demandes/{monde.a_completer.reference}/",
        f"/organisme/demandes/{monde.a_completer.reference}/rediger/pieces/",
    ]
    parcourir(monde.responsable, pages)


def test_l_organisme_apres_la_decision(monde, parcourir):
    base = "/organisme/demandes"
    suivi = f"{base}/{monde.conventionnee.reference}"
    pages = [
        f"{suivi}/",
        f"{suivi}/convention/",
        (f"{base}/{monde.a_signer.reference}/convention/", sur("Signer la convention")),
        f"{suivi}/rapports/etape/",
        f"{suivi}/rapports/final/",
        (f"{suivi}/rapports/final/", sur("Déposer le rapport")),
        (
            f"{suivi}/rapports/final/",
            sur("Enregistrer", autres_aides_publiques="peu", **{"depenses-0-montant": "dix"}),
        ),
        f"{suivi}/rapports/final/temoignages/",
        (f"{suivi}/rapports/final/temoignages/", sur("Ajouter", consentement="publication")),
        (f"{suivi}/aide/", sur("Annoncer cette aide")),
        f"{suivi}/activites/",
        (f"{suivi}/activites/nouvelle/", sur("Proposer la page")),
        f"{suivi}/activites/{monde.page_publiee.activite.cle}/",
        (f"{suivi}/activites/{monde.page_publiee.activite.cle}/retirer/", sur("Retirer la page")),
        f"{base}/{monde.a_signer.reference}/activites/",
        f"{base}/{monde.refusee.reference}/",
        (f"{base}/{monde.refusee.reference}/reexamen/", sur("Demander le réexamen")),
        f"{base}/{monde.a_reexaminer.reference}/",
    ]
    parcourir(monde.responsable, pages)


def test_le_comite(monde, parcourir):
    seance = f"/comite/seances/{monde.seance.pk}"
    pages = [
        "/comite/",
        f"/comite/appels/{monde.appel.code}/interets/",
        (
            f"/comite/appels/{monde.appel.code}/interets/",
            sur("Enregistrer mes déclarations"),
        ),
        f"/comite/appels/{monde.appel.code}/classement/",
        f"/comite/demandes/{monde.a_noter.reference}/",
        (f"/comite/demandes/{monde.a_noter.reference}/", deplier),
        (f"/comite/demandes/{monde.a_noter.reference}/", sur("Relire et soumettre")),
        f"/comite/demandes/{monde.a_noter.reference}/soumettre/",
        f"/comite/appels/{monde.appel.code}/livret/",
        f"/comite/calibrages/{monde.calibrage_ouvert.pk}/",
        (f"/comite/calibrages/{monde.calibrage_ouvert.pk}/", sur("Soumettre ma fiche")),
        f"/comite/calibrages/{monde.calibrage_devoile.pk}/",
        f"/comite/demandes/{monde.a_clore.reference}/",
        f"/comite/demandes/{monde.evaluee.reference}/fiches/",
        (f"/comite/demandes/{monde.a_noter.reference}/recusation/", sur("Me récuser")),
        (
            f"/comite/demandes/{monde.evaluee.reference}/rouvrir/",
            sur("Rouvrir l'évaluation"),
        ),
        f"/comite/seances/{monde.seance_preparee.pk}/",
        f"{seance}/",
        (f"{seance}/", lambda page: page.get_by_role("button", name="Inscrire").click()),
        (f"{seance}/modifier/", sur("Enregistrer")),
        f"{seance}/demandes/{monde.a_decider.reference}/",
        (f"{seance}/demandes/{monde.evaluee.reference}/", sur("Inscrire l'avis")),
        (
            f"{seance}/demandes/{monde.evaluee.reference}/",
            sur("Inscrire l'avis", montant="beaucoup", motifs="Solide."),
        ),
        f"{seance}/demandes/{monde.evaluee.reference}/ma-fiche/",
        (f"{seance}/demandes/{monde.evaluee.reference}/ma-fiche/", sur("Changer ma fiche")),
        f"{seance}/ecran/",
        f"{seance}/compte-rendu/textes/",
        f"{seance}/clore/",
    ]
    parcourir(monde.membre, pages)
    fiches.enregistrer_fiche(
        acteur=monde.membre,
        affectation=affectation(monde.a_noter, monde.presidence),
        notes={
            critere: {"note": 3, "commentaire": TITRE} for critere in monde.appel.criteres.all()
        },
    )
    complete = f"/comite/demandes/{monde.a_noter.reference}/soumettre/"
    parcourir(
        monde.membre,
        [(complete, lambda page: page.get_by_role("button", name="Soumettre ma fiche").wait_for())],
    )


def test_les_souhaits_du_comite(monde, parcourir):
    interets = f"/comite/appels/{monde.a_repartir.code}/interets/"
    pages = [
        interets,
        (interets, se_dire_lie),
        (interets, appuyer("Enregistrer mes thèmes et mon employeur")),
    ]
    parcourir(monde.membre, pages)


def test_la_ville_repartit_les_lectures(monde, parcourir):
    appel = f"/ville/appels/{monde.a_repartir.code}"
    demande, membre = monde.lecture
    lue = monde.a_repartir.demandes.get(pk=demande).reference
    suspect = monde.a_repartir.membres.get(code="M2").pk
    pages = [
        f"{appel}/comite/",
        f"{appel}/liens/",
        (f"/ville/demandes/{monde.suspecte.reference}/liens/{suspect}/", sur("Écarter ce lien")),
        f"/ville/appels/{monde.impossible.code}/repartition/",
        f"/ville/appels/{monde.impossible.code}/liens/",
        f"{appel}/repartition/",
        (f"/ville/appels/{monde.appel.code}/repartition/", sur("Proposer une répartition")),
        (f"/ville/appels/{monde.appel.code}/repartition/", sur("Demander les souhaits")),
        (f"{appel}/repartition/", appuyer("Recalculer")),
        f"/ville/demandes/{lue}/repartition/{membre}/",
    ]
    parcourir(monde.agent, pages)


def test_la_ville_compose_un_appel(monde, parcourir):
    appel = f"/ville/appels/{monde.edition.code}"
    composer = f"{appel}/formulaires/demande"
    onglets = {
        "information": {"ouverture": "2030-05-01T08:00", "cloture": "2030-01-01T08:00"},
        "texte": None,
        "besoins": None,
        "volets": {"lignes-0-plafond": "beaucoup"},
        "criteres": {"lignes-0-poids": "lourd"},
        "documents": {"lignes-0-code": "pas un code !"},
        "indicateurs": None,
        "regles": {"taux_aide_max": "3"},
    }
    pages = [
        "/ville/appels/",
        f"/ville/appels/{monde.appel.code}/",
        f"{appel}/",
        f"{appel}/publier/",
        f"/ville/appels/{monde.ouvert.code}/modifier/volets/",
        f"/ville/appels/{monde.ouvert.code}/reporter/",
        (f"/ville/appels/{monde.ouvert.code}/reporter/", sur("Reporter la clôture")),
        f"{composer}/",
        f"{composer}/sections/{monde.section.pk}/",
        (f"{composer}/sections/{monde.section.pk}/", sur("Enregistrer la section")),
        f"{composer}/sections/{monde.section.pk}/apercu/",
        (
            f"{appel}/conditions/",
            sur("Enregistrer les conditions", **{"form-0-explication": "Sans question."}),
        ),
        f"/ville/appels/{monde.ouvert.code}/conditions/",
        (f"/ville/appels/{monde.ouvert.code}/messages/", sur("Voir à qui, avant d'envoyer")),
        (f"/ville/appels/{monde.ouvert.code}/papier/", sur("Ouvrir le brouillon")),
        f"/ville/appels/{monde.ouvert.code}/questions/",
        (f"/ville/questions/{monde.question.pk}/", sur("Répondre")),
        (f"/ville/questions/{monde.publiee.pk}/retirer/", sur("Retirer la question")),
        (f"/ville/messages/{monde.message.pk}/publier/", sur("Publier")),
        "/ville/modeles/",
        f"/ville/appels/{monde.decide.code}/modeles/",
        f"/ville/appels/{monde.decide.code}/modeles/refusee/",
        "/ville/modeles/refusee/",
        ("/ville/modeles/convention/", mal_ecrire_le_modele),
        f"/ville/modeles/versions/{monde.modele.pk}/",
        ("/ville/appels/nouveau/", sur("Créer l'appel")),
        ("/ville/appels/nouveau/", sur("Créer l'appel", code="Pas un code", titre="Essai")),
    ]
    for onglet, saisies in onglets.items():
        pages.append(f"{appel}/modifier/{onglet}/")
        if saisies:
            pages.append((f"{appel}/modifier/{onglet}/", sur("Enregistrer", **saisies)))
    parcourir(monde.agent, pages)


def test_la_ville_consulte_et_prepare_la_suite(monde, parcourir):
    consultation = f"/ville/consultations/{monde.consultation.pk}"
    prochain = f"/ville/prochain-plan/{monde.prochain.pk}"
    pages = [
        "/ville/consultations/",
        f"{consultation}/",
        (f"{consultation}/modifier/", sur("Enregistrer")),
        (f"{consultation}/ateliers/{monde.atelier.pk}/", sur("Enregistrer")),
        (f"{consultation}/points/{monde.point.pk}/", sur("Enregistrer")),
        (f"{consultation}/etapes/nouvelle/", sur("Enregistrer")),
        f"{consultation}/retirer/atelier/{monde.atelier.pk}/",
        "/ville/prochain-plan/",
        f"{prochain}/",
        (f"{prochain}/besoins/{monde.besoin.code}/", sur("Enregistrer")),
        (f"{prochain}/besoins/nouveau/", sur("Ajouter le besoin")),
        f"{prochain}/versions/1/",
        f"/ville/appels/{monde.decide.code}/suivant/",
        (f"/ville/appels/{monde.decide.code}/suivant/preparer/", sur("Créer le brouillon")),
    ]
    parcourir(monde.agent, pages)


def test_le_conseil_adopte_le_prochain_plan(monde, parcourir):
    adopter = f"/ville/prochain-plan/{monde.prochain.pk}/adopter/"
    parcourir(monde.approbation, [adopter, (adopter, sur("Adopter le plan"))])


def test_la_ville_suit_les_demandes(monde, parcourir):
    deposee = f"/ville/demandes/{monde.deposee.reference}"
    pages = [
        "/ville/",
        "/ville/demandes/",
        f"{deposee}/",
        (f"{deposee}/", appuyer("Déclarer recevable")),
        (f"{deposee}/complement/", sur("Demander le complément")),
        (f"{deposee}/irrecevable/", sur("Déclarer irrecevable")),
        f"/ville/demandes/{monde.conventionnee.reference}/",
        f"{deposee}/doutes/doublon/{monde.recevable.reference}/",
        (f"{deposee}/doutes/cumul/", sur("Garder ma conclusion")),
        "/ville/echanges/",
        f"{deposee}/echange/",
        (f"{deposee}/echange/", sur("Envoyer")),
        f"/ville/appels/{monde.appel.code}/comite/",
        (
            f"/ville/appels/{monde.appel.code}/comite/",
            sur("Ajouter au comité", courriel="inconnue@exemple.test"),
        ),
        f"/ville/demandes/{monde.recevable.reference}/comite/",
        f"/ville/demandes/{monde.evaluee.reference}/fiches/",
        f"/ville/demandes/{monde.a_clore.reference}/clore-evaluation/",
        f"/ville/comite/membres/{monde.second.pk}/retirer/",
        (f"/ville/comite/membres/{monde.second.pk}/charge/", sur("Enregistrer", charge_max="0")),
        f"/ville/appels/{monde.appel.code}/calibrages/",
        (f"/ville/appels/{monde.edition.code}/calibrages/", sur("Préparer ce dossier")),
        f"/ville/calibrages/{monde.calibrage_prepare.pk}/",
        f"/ville/calibrages/{monde.calibrage_ouvert.pk}/",
        f"/ville/calibrages/{monde.calibrage_devoile.pk}/",
        f"/ville/appels/{monde.appel.code}/classement/",
        f"/ville/appels/{monde.appel.code}/seances/",
        (f"/ville/appels/{monde.appel.code}/seances/", sur("Préparer et convoquer")),
        f"/ville/seances/{monde.seance.pk}/",
        f"/ville/seances/{monde.seance.pk}/ecran/",
        f"/ville/seances/{monde.seance.pk}/demandes/{monde.evaluee.reference}/",
        f"/ville/seances/{monde.seance_close.pk}/",
        (f"/ville/seances/{monde.seance_close.pk}/addenda/", sur("Émettre l'addenda")),
        "/ville/plan/",
        f"/ville/plan/besoins/{monde.besoin.code}/",
        "/ville/organismes/",
        f"/ville/organismes/{monde.organisme.pk}/",
        "/ville/courriels/",
        "/ville/etat/",
        f"/ville/courriels/{monde.courriel.pk}/",
        f"/travaux/{monde.travail.cle}/",
        "/mon-espace/",
    ]
    parcourir(monde.agent, pages)


def test_les_scenarios(monde, parcourir):
    scenarios = f"/ville/appels/{monde.appel.code}/scenarios/"
    garde = services_scenarios.creer_scenario(
        acteur=monde.agent, appel=monde.appel, nom=TITRE[:80], regle="rang", seuil=60
    )
    un = f"{scenarios}{garde.pk}/"

    def montant_faux(page):
        page.get_by_placeholder("Montant").first.fill("beaucoup")
        page.get_by_role("button", name="Garder sans recalculer").click()

    pages = [
        scenarios,
        f"{scenarios}nouveau/",
        (f"{scenarios}nouveau/", sur("Calculer le scénario")),
        f"{scenarios}comparer/",
        un,
        (un, montant_faux),
        f"{un}et-si/",
        f"{un}regle/",
        f"{un}figer/",
        f"{un}supprimer/",
    ]
    parcourir(monde.agent, pages)


def test_la_ville_suit_les_projets(monde, parcourir):
    pages = [
        f"/ville/demandes/{monde.sans_convention.reference}/convention/",
        f"/ville/demandes/{monde.a_signer.reference}/convention/",
        (
            f"/ville/demandes/{monde.a_signer.reference}/convention/",
            sur("Inscrire la signature"),
        ),
        f"/ville/demandes/{monde.conventionnee.reference}/convention/",
        f"/ville/appels/{monde.decide.code}/archives/",
        f"/ville/appels/{monde.decide.code}/retours/",
        (f"/ville/appels/{monde.decide.code}/retours/", sur("Classer la pile")),
        f"/ville/retours/{monde.pile.cle}/",
        (f"/ville/retours/{monde.pile.cle}/", sur("Ranger la page 1")),
        "/ville/versements/",
        "/ville/rapports/",
        f"/ville/rapports/{monde.final_depose.pk}/",
        (f"/ville/rapports/{monde.final_depose.pk}/", sur("Renvoyer à corriger")),
        f"/ville/demandes/{monde.a_fermer.reference}/fermeture/",
        (f"/ville/demandes/{monde.a_fermer.reference}/fermeture/", appuyer("Régler le solde")),
        f"/ville/demandes/{monde.conventionnee.reference}/fermeture/",
        "/ville/reexamens/",
        "/ville/activites/",
        (f"/ville/activites/{monde.page_publiee.activite_id}/", sur("Renvoyer à l'organisme")),
        ("/ville/activites/service/", sur("Publier le service")),
        (f"/ville/activites/{monde.page_publiee.activite_id}/retirer/", sur("Retirer la page")),
        ("/ville/temps-forts/", sur("Enregistrer")),
    ]
    parcourir(monde.agent, pages)


def test_l_approbation(monde, parcourir):
    decisions = f"/ville/appels/{monde.appel.code}"
    pages = [
        "/ville/",
        f"{decisions}/decisions/",
        (f"{decisions}/decisions/", sur("Inscrire la résolution")),
        f"{decisions}/decisions/lot/",
        (
            f"{decisions}/decisions/lot/",
            sur("Inscrire ces décisions", **{f"d{monde.a_decider.pk}-montant_accorde": "beaucoup"}),
        ),
        f"/ville/appels/{monde.decide.code}/decisions/",
        f"/ville/appels/{monde.decide.code}/transfert/",
        (f"/ville/appels/{monde.decide.code}/transfert/", sur("Inscrire le transfert")),
        f"/ville/demandes/{monde.sans_convention.reference}/abandonner/",
        (f"/ville/reserves/{monde.reserve.pk}/", sur("Lever la réserve")),
        "/ville/grand-livre/",
        f"/ville/demandes/{monde.a_decider.reference}/decider/",
        (f"/ville/demandes/{monde.a_decider.reference}/decider/", sur("Inscrire la décision")),
        (
            f"/ville/demandes/{monde.a_decider.reference}/decider/",
            sur("Inscrire la décision", montant_accorde="beaucoup"),
        ),
        f"/ville/appels/{monde.decide.code}/lettres/",
        f"/ville/appels/{monde.decide.code}/lettres/envois/",
        (f"/ville/lettres/{monde.lettre.pk}/remplacer/", sur("Préparer la nouvelle lettre")),
        (f"/ville/lettres/envois/{monde.envoi.pk}/retour/", sur("Inscrire le retour")),
        (f"/ville/appels/{monde.ouvert.code}/annuler/", sur("Annuler l'appel")),
        "/ville/reexamens/",
        (
            f"/ville/reexamens/{monde.reexamen.pk}/",
            sur("Trancher et envoyer la lettre"),
        ),
        f"/ville/demandes/{monde.conventionnee.reference}/report/",
        "/ville/versements/",
    ]
    parcourir(monde.approbation, pages)


def test_la_tresorerie_et_l_administration(monde, parcourir):
    parcourir(
        monde.tresorerie,
        [
            "/ville/",
            "/ville/versements/",
            f"/ville/demandes/{monde.conventionnee.reference}/convention/",
        ],
    )
    parcourir(
        monde.administration,
        [
            "/ville/comptes/",
            f"/ville/comptes/{monde.membre.pk}/",
            "/ville/journal/",
            "/connexion/courriel/",
            ("/connexion/mot-de-passe/", sur("Changer de mot de passe")),
        ],
    )


def test_les_pages_moins_visitees(monde, parcourir):
    conventionnee = monde.conventionnee.reference
    monde.conventionnee.conventions.get().avenants.create(
        no=1, motif="Plus de temps", portee="Un mois de plus", etat="refuse", reponse="Trop tard"
    )
    lot = LotPaiement.objects.create(numero="LOT-2030-001", total=100)
    reprise = RepriseEssayee.objects.create(nom="passes.xlsx", lignes=[])
    dossier = f"/organisme/{monde.organisme.pk}/dossier"
    parcourir(
        monde.agent,
        [
            f"/ville/demandes/{monde.brouillon.reference}/derogation/",
            f"/ville/demandes/{conventionnee}/avenant/",
            f"/ville/demandes/{conventionnee}/avenants/1/",
            f"/ville/appels-passes/{reprise.pk}/",
            f"/ville/appels/{monde.decide.code}/suivant/",
            (f"/ville/appels/{monde.decide.code}/suivant/preparer/", sur("Créer le brouillon")),
            "/ville/appels-passes/",
            ("/ville/appels-passes/", appuyer("Essayer")),
        ],
    )
    parcourir(
        monde.responsable,
        [
            f"/organisme/demandes/{conventionnee}/convention/avenant/",
            f"/organisme/demandes/{conventionnee}/convention/avenants/1/",
            f"{dossier}/rapport_annuel/",
            (f"/organisme/{monde.organisme.pk}/coordonnees/", sur("Enregistrer", compte="deux")),
        ],
    )
    parcourir(
        monde.tresorerie,
        ["/ville/paiements/", f"/ville/paiements/lots/{lot.pk}/"],
    )
    parcourir(
        monde.administration,
        ["/ville/incidents/", ("/ville/incidents/nouveau/", sur("Enregistrer"))],
    )


def confirmer_l_identite(page):
    """Le geste : redonner son mot de passe, et voir la page demandée."""
    page.fill("[name=password]", MOT_DE_PASSE)
    page.press("[name=password]", "Enter")
    page.wait_for_url(lambda adresse: "confirmer" not in adresse)


def test_les_pages_de_compte(monde, parcourir):
    personne = confirmer(monde.responsable)
    adresse = monde.membre.emailaddress_set.create(email="autre@exemple.test")
    lien = f"{user_pk_to_url_str(personne)}-{default_token_generator.make_token(personne)}"
    parcourir(
        None,
        [
            "/connexion/verification/",
            f"/connexion/verification/{EmailConfirmationHMAC(adresse).key}/",
            "/connexion/verification/perime/",
            "/connexion/inactif/",
            "/connexion/mot-de-passe/oublie/envoye/",
            "/connexion/mot-de-passe/nouveau/1-perime/",
            (
                f"/connexion/mot-de-passe/nouveau/{lien}/",
                sur("Enregistrer ce mot de passe", password1="123"),
            ),
            "/connexion/mot-de-passe/nouveau/fait/",
        ],
    )
    second = "/connexion/second-facteur"
    invitations = [
        inviter(acteur=monde.responsable, organisme=monde.organisme, courriel=courriel, role=role)
        for courriel, role in (
            (monde.membre.email, "responsable"),
            ("une-autre-adresse-plutot-longue@exemple.test", "redacteur"),
        )
    ]
    parcourir(
        monde.membre,
        [
            *(f"/organisme/invitations/{invitation.jeton}/" for invitation in invitations),
            "/organisme/invitations/perimee/",
        ],
    )
    parcourir(
        personne,
        [
            "/connexion/renseignements/",
            "/connexion/fermer/",
            "/connexion/sortir/",
            f"{second}/",
            ("/connexion/confirmer/", lambda page: page.press("[name=password]", "Enter")),
        ],
    )
    # Rien ne retient cette personne : la page montre aussi son formulaire, et son erreur.
    parcourir(confirmer(UtilisateurFactory()), [("/connexion/fermer/", sur("Fermer mon compte"))])


def test_le_second_facteur_active(monde, parcourir):
    personne = confirmer(monde.administration)
    TOTP.activate(personne, generate_totp_secret())
    RecoveryCodes.activate(personne)
    second = "/connexion/second-facteur"
    code = f"{second}/authenticate/"

    def demander_le_code(page):
        page.fill("[name=login]", personne.email)
        page.fill("[name=password]", MOT_DE_PASSE)
        page.press("[name=password]", "Enter")
        page.wait_for_url(f"**{code}")

    def se_tromper_de_code(page):
        demander_le_code(page)
        envoyer(page, "Se connecter", {"code": "12"})

    activer = f"{second}/totp/activate/"

    def se_tromper_en_activant(page):
        envoyer(page, "Activer", {"code": "12"})

    parcourir(
        confirmer(monde.tresorerie),
        [(activer, confirmer_l_identite), (activer, se_tromper_en_activant)],
    )
    parcourir(None, [("/connexion/", demander_le_code)])
    parcourir(None, [("/connexion/", se_tromper_de_code)])
    parcourir(
        personne,
        [
            f"{second}/",
            (f"{second}/reauthenticate/", sur("Continuer", code="12")),
            (f"{second}/recovery-codes/", confirmer_l_identite),
            f"{second}/recovery-codes/generate/",
            f"{second}/totp/deactivate/",
        ],
    )


def test_la_navigation_s_ouvre_sans_javascript_et_tient_sur_une_ligne(
    monde, ouvrir_page, verifier_axe, live_server
):
    page = ouvrir_page(javascript=False)
    ouvrir_session(page, monde.agent, live_server.url)
    page.goto("/ville/versements/")
    assert page.locator(".nav-site").bounding_box()["height"] < 60
    page.locator(".menu--rubrique summary", has_text="Plan et résultats").click()
    page.locator(".menu--rubrique[open]").get_by_role("link", name="Bilan").click()
    page.wait_for_url("**/bilan/")
    avec = ouvrir_page(largeur=1000)
    ouvrir_session(avec, monde.administration, live_server.url)
    avec.goto("/ville/journal/")
    avec.locator(".menu--rubrique summary", has_text="Réglages").click()
    verifier_axe(avec)
    assert avec.locator(".nav-site").bounding_box()["height"] < 60
    largeurs = "[document.documentElement.scrollWidth, window.innerWidth]"
    voulue, offerte = avec.evaluate(largeurs)
    assert voulue <= offerte


def test_le_ministere(monde, parcourir):
    parcourir(
        monde.mifi,
        [
            "/bilan/",
            f"/bilan/{monde.decide.code}/",
            f"/bilan/{monde.decide.code}/projets/?axe=indicateur&code=personnes_distinctes",
            f"/bilan/{monde.decide.code}/projets/?axe=tous",
            "/bilan/annees/",
        ],
    )
    annee = timezone.localtime(monde.decide.ouverture).year
    parcourir(
        monde.agent,
        [
            f"/bilan/{monde.decide.code}/textes/",
            f"/bilan/annees/{annee}/",
            f"/bilan/plans/{monde.decide.plan.code}/",
        ],
    )
