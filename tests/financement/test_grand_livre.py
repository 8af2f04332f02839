"""Le grand livre : chaque dollar a sa source et son exercice (regles.md, 10)."""

import datetime as dt
import io
from decimal import Decimal as D
from importlib import import_module

import pytest
from django.db import DatabaseError, IntegrityError, connection, transaction
from openpyxl import load_workbook

from appels.models import SourceVolet
from appels.services import appels
from financement.models import Credit, Mouvement, Recuperation
from financement.services import (
    avenants,
    conventions,
    decisions,
    fermeture,
    grand_livre,
    transferts,
    versements,
)
from socle import horloge
from socle.exceptions import PermissionRefusee, RegleViolee
from tests.factories import (
    AffectationFactory,
    AppelFactory,
    DecisionFactory,
    DemandeFactory,
    MembreComiteFactory,
    ResolutionFactory,
    UtilisateurFactory,
    VoletFactory,
)
from tests.financement.objets import PREUVE, page, requetes, un_projet, verbes

pytestmark = pytest.mark.django_db
SOMMES = grand_livre.COLONNES


@pytest.fixture
def projet(db):
    return un_projet()


def total(projet):
    return grand_livre.total_de(Credit.objects.filter(volet=projet.demande.volet))


def payer(projet, rang=0, le=None):
    versement = projet.versements[rang]
    versements.proposer_versement(acteur=projet.gens.agent, versement=versement)
    versements.autoriser_versement(acteur=projet.gens.approbation, versement=versement)
    versements.verser_versement(
        acteur=projet.gens.tresorerie, versement=versement, reference="V-1", le=le
    )


# --- Ce qui s'inscrit -----------------------------------------------------------------------------
def test_la_publication_dote_chaque_source_a_son_exercice():
    appel = AppelFactory()
    assert not Credit.objects.exists()
    appel.volets.get().sources.filter(bailleur="Ville").update(exercice=2032)

    type(appel).objects.filter(pk=appel.pk).update(etat="publie", publie_le=horloge.maintenant())

    lus = Credit.objects.order_by("bailleur").values_list("bailleur", "exercice", "dotation")
    # Sans exercice inscrit, c'est celui du début des projets (1er septembre 2030).
    assert list(lus) == [("MIFI", 2031, D("82500.00")), ("Ville", 2032, D("27500.00"))]
    assert grand_livre.ecarts() == []


@pytest.mark.parametrize(("debut", "exercice"), [((2031, 3, 31), 2031), ((2031, 4, 1), 2032)])
def test_l_exercice_finit_le_trente_et_un_mars(debut, exercice):
    agente = UtilisateurFactory(agent=True)
    appel = AppelFactory(projet_debut=dt.date(*debut), projet_fin=dt.date(2032, 6, 30))
    assert appel.volets.get().sources.filter(exercice=None).exists()
    publier(appel)
    assert {credit.exercice for credit in Credit.objects.all()} == {exercice}

    compose = AppelFactory(projet_debut=dt.date(*debut), projet_fin=dt.date(2032, 6, 30))
    source = {"bailleur": "Ville", "montant": 10}
    appels.enregistrer_volets(
        acteur=agente,
        appel=compose,
        volets=[{"no": 1, "nom": "Un", "plafond": 10, "sources": [source]}],
    )
    assert compose.volets.get().sources.get().exercice == exercice


def publier(appel):
    type(appel).objects.filter(pk=appel.pk).update(etat="publie", publie_le=horloge.maintenant())


def test_de_la_decision_au_versement_chaque_somme_suit(projet):
    libre = D("110000.00") - D("16000.00")
    assert (total(projet).accord, total(projet).engagement) == (D("16000.00"), D("16000.00"))
    le = horloge.maintenant() - dt.timedelta(days=3)

    payer(projet, le=le)

    lu = total(projet)
    assert (lu.versement, lu.a_verser, lu.libre) == (D("8000.00"), D("8000.00"), libre)
    mouvements = Mouvement.objects.filter(nature="versement")
    assert sum(m.montant for m in mouvements) == D("8000.00")
    assert {(m.moment, m.auteur) for m in mouvements} == {(le, projet.gens.tresorerie)}
    assert {m.credit.bailleur: m.montant for m in mouvements} == {
        "MIFI": D("6000.00"),
        "Ville": D("2000.00"),
    }
    assert grand_livre.ecarts() == []


def test_une_resiliation_rend_ce_qui_n_est_pas_verse(projet):
    payer(projet)
    conventions.resilier_convention(
        acteur=projet.gens.approbation, convention=projet.convention, motif="Projet arrêté"
    )
    lu = total(projet)
    assert (lu.engagement, lu.liberation) == (D("8000.00"), D("8000.00"))
    assert lu.libre == D("102000.00")
    assert {m.auteur for m in Mouvement.objects.filter(nature="liberation")} == {
        projet.gens.approbation
    }
    assert grand_livre.ecarts() == []


def test_une_convention_refusee_rend_tout(projet):
    type(projet.convention).objects.filter(pk=projet.convention.pk).update(etat="transmise")
    type(projet.demande).objects.filter(pk=projet.demande.pk).update(etat="acceptee")
    projet.convention.refresh_from_db()
    conventions.resilier_convention(
        acteur=projet.gens.approbation, convention=projet.convention, motif="L'organisme renonce"
    )
    assert total(projet).libre == D("110000.00")


def test_un_remboursement_revient_a_l_enveloppe(projet):
    payer(projet)
    objet = Recuperation.objects.create(demande=projet.demande, montant=D("1200.00"))
    assert total(projet).recuperation == 0
    fermeture.encaisser_recuperation(acteur=projet.gens.tresorerie, recuperation=objet)
    lu = total(projet)
    assert (lu.recuperation, lu.liberation, lu.libre) == (D("1200"), D("1200"), D("95200"))
    assert grand_livre.ecarts() == []


@pytest.mark.parametrize("montant", ["12000.00", "15000.01"])
def test_un_avenant_deplace_l_accorde_et_l_engage_ensemble(projet, montant):
    resolution = ResolutionFactory(appel=projet.demande.appel)
    for voulu in (D(montant), D("16000.00")):
        avenant = avenants.demander_avenant(
            acteur=projet.gens.agent, convention=projet.convention, motif="Revu", montant=voulu
        )
        avenants.approuver_avenant(
            acteur=projet.gens.approbation, avenant=avenant, preuve=PREUVE, resolution=resolution
        )
        avenants.signer_avenant(
            acteur=projet.gens.responsable, avenant=avenant, nom="Alix", preuve=PREUVE
        )
        projet.convention.refresh_from_db()
        assert (total(projet).accord, total(projet).engagement) == (voulu, voulu)
        assert grand_livre.ecarts() == []


def test_les_parts_ne_depassent_jamais_leur_source():
    """Des montants qui tombent mal épuisent l'enveloppe au cent, source par source."""
    appel = AppelFactory(en_evaluation=True, garniture=False)
    volet = VoletFactory(appel=appel, enveloppe=D("100.00"))
    volet.sources.all().delete()
    for bailleur, montant in (("A", "33.33"), ("B", "33.33"), ("C", "33.34")):
        SourceVolet.objects.create(volet=volet, bailleur=bailleur, montant=D(montant))
    for montant in ("0.01", "33.33", "0.02", "33.31", "16.67", "16.66"):
        demande = DemandeFactory(
            recommandee=True, etat="acceptee", appel=appel, volet=volet, formulaire=None
        )
        DecisionFactory(demande=demande, montant_accorde=D(montant))
    credits = Credit.objects.filter(volet=volet)
    assert all(credit.libre == 0 for credit in credits)
    with pytest.raises(IntegrityError, match="Enveloppe dépassée"), transaction.atomic():
        DecisionFactory(
            demande=DemandeFactory(
                recommandee=True, etat="acceptee", appel=appel, volet=volet, formulaire=None
            ),
            montant_accorde=D("0.01"),
        )


# --- Ce que la base refuse ------------------------------------------------------------------------
@pytest.mark.parametrize(
    "ordre",
    [
        "UPDATE financement_mouvement SET montant = 1",
        "DELETE FROM financement_mouvement",
        "UPDATE financement_credit SET dotation = dotation + 1",
        "UPDATE financement_credit SET exercice = exercice + 1",
        "INSERT INTO financement_credit (volet_id, bailleur, exercice, dotation) "
        "SELECT id, 'X', 2031, 1 FROM appels_volet LIMIT 1",
        "INSERT INTO financement_mouvement (credit_id, nature, montant, objet_type, objet_id, "
        "moment) SELECT id, 'accord', 1000000, '', '', now() FROM financement_credit LIMIT 1",
        "INSERT INTO financement_mouvement (credit_id, nature, montant, objet_type, objet_id, "
        "moment) SELECT id, 'versement', 100000, '', '', now() FROM financement_credit LIMIT 1",
        "INSERT INTO financement_mouvement (credit_id, nature, montant, objet_type, objet_id, "
        "moment) SELECT id, 'recuperation', 100000, '', '', now() FROM financement_credit LIMIT 1",
        "INSERT INTO financement_mouvement (credit_id, nature, montant, objet_type, objet_id, "
        "moment) SELECT id, 'transfert', -1000000, '', '', now() FROM financement_credit LIMIT 1",
        "DELETE FROM financement_versement",
        "UPDATE financement_decision SET montant_accorde = 1000000, montant_demande = 1000000",
        "UPDATE appels_volet SET enveloppe = 100",
        "UPDATE appels_sourcevolet SET montant = 0",
    ],
)
def test_la_base_refuse_de_fausser_le_grand_livre(projet, ordre):
    payer_par_sql = (
        "UPDATE financement_versement SET etat = 'verse', verse_le = now(), "
        "propose_par_id = %s, autorise_par_id = %s WHERE no = 1"
    )
    with connection.cursor() as curseur:
        curseur.execute(payer_par_sql, [projet.gens.agent.pk, projet.gens.approbation.pk])
        assert grand_livre.ecarts() == []
        with pytest.raises(DatabaseError), transaction.atomic():
            curseur.execute(ordre)
    assert grand_livre.ecarts() == []


def test_une_correction_par_sql_laisse_son_mouvement(projet):
    with connection.cursor() as curseur:
        curseur.execute("UPDATE appels_volet SET enveloppe = enveloppe + 500.01")
        curseur.execute("UPDATE appels_volet SET enveloppe = enveloppe - 1000")
    assert total(projet).dotation == D("109500.01")
    assert grand_livre.ecarts() == []


def test_la_reprise_de_l_existant_donne_les_memes_sommes(projet):
    """Une ville déjà en service : ses objets entrent au grand livre à la migration."""
    payer(projet)
    conventions.resilier_convention(
        acteur=projet.gens.approbation, convention=projet.convention, motif="Arrêt"
    )
    autre = un_projet()
    payer(autre)
    objet = Recuperation.objects.create(demande=autre.demande, montant=D("1200.00"))
    fermeture.encaisser_recuperation(acteur=autre.gens.tresorerie, recuperation=objet)
    DecisionFactory(refusee=True)
    avant = list(Credit.objects.order_by("pk").values_list("volet", "bailleur", *SOMMES))
    reprise = import_module("financement.migrations.0006_grand_livre").REPRISE
    with connection.cursor() as curseur:
        curseur.execute("SET CONSTRAINTS ALL IMMEDIATE")
        for table in ("mouvement", "credit"):
            curseur.execute(f"ALTER TABLE financement_{table} DISABLE TRIGGER USER")
            curseur.execute(f"DELETE FROM financement_{table}")
            curseur.execute(f"ALTER TABLE financement_{table} ENABLE TRIGGER USER")
        curseur.execute(reprise)
    apres = list(Credit.objects.order_by("pk").values_list("volet", "bailleur", *SOMMES))
    assert apres == avant
    assert grand_livre.ecarts() == []


# --- Le transfert ---------------------------------------------------------------------------------
def transferer(appel, credit, volet, montant="1000.00", **options):
    return transferts.transferer(
        acteur=options.pop("acteur", None) or UtilisateurFactory(approbation=True),
        resolution=options.pop("resolution", None) or ResolutionFactory(appel=appel),
        credit=credit,
        volet=volet,
        montant=D(montant),
        motif=options.pop("motif", "Plus de petits projets que prévu."),
    )


def credit_de(volet, bailleur="MIFI"):
    return Credit.objects.get(volet=volet, bailleur=bailleur)


def test_un_transfert_garde_la_source_et_l_exercice():
    appel = AppelFactory(en_evaluation=True)
    premier = appel.volets.get()
    second = VoletFactory(appel=appel, enveloppe=D("10000.00"))
    second.sources.filter(bailleur="Ville").delete()

    transferer(appel, credit_de(premier, "Ville"), second, "2500.00")

    recu = credit_de(second, "Ville")
    assert (recu.enveloppe, recu.exercice) == (D("2500.00"), 2031)
    assert credit_de(premier, "Ville").libre == D("25000.00")
    assert {s.no: s.enveloppe for s in grand_livre.soldes(appel)}[second.no] == D("10000.00")
    assert premier.enveloppe_actuelle == D("107500.00")
    assert verbes(appel) == ["appel.transferer"]
    assert Mouvement.objects.filter(nature="transfert").count() == 2


@pytest.mark.parametrize(
    ("montant", "champ"), [("82500.01", "montant"), ("0", "montant"), ("-1", "montant")]
)
def test_un_transfert_ne_prend_que_ce_qui_est_libre(montant, champ):
    appel = AppelFactory(en_evaluation=True)
    second = VoletFactory(appel=appel)
    with pytest.raises(RegleViolee) as refus:
        transferer(appel, credit_de(appel.volets.first()), second, montant)
    assert refus.value.champ == champ
    assert not Mouvement.objects.filter(nature="transfert").exists()


def test_un_transfert_a_sa_propre_resolution_et_reste_dans_l_appel(projet):
    appel = projet.demande.appel
    second, ailleurs = VoletFactory(appel=appel), VoletFactory(appel=AppelFactory(ouvert=True))
    credit = credit_de(projet.demande.volet)
    decisive = projet.convention.decision.resolution
    for options, champ in (
        ({"resolution": decisive}, "resolution"),
        ({"volet": ailleurs}, "volet"),
        ({"volet": credit.volet}, "volet"),
        ({"motif": " "}, "motif"),
    ):
        with pytest.raises(RegleViolee) as refus:
            transferer(appel, credit, **{"volet": second, **options})
        assert refus.value.champ == champ
    with pytest.raises(PermissionRefusee):
        transferer(appel, credit, second, acteur=projet.gens.agent)


# --- La page --------------------------------------------------------------------------------------
def test_la_page_montre_la_cascade_et_s_exporte(projet):
    payer(projet)
    texte = page(projet.gens.tresorerie, "ville:grand_livre").text
    for attendu in ("Dotation", "Engagé, à verser", "94 000,00", projet.demande.titre):
        assert attendu in texte.replace("\u00a0", " ")

    octets = page(projet.gens.agent, "ville:grand_livre", format="xlsx").content
    classeur = load_workbook(io.BytesIO(octets))
    assert classeur.sheetnames == ["Crédits", "Mouvements"]
    somme = sum(ligne[12] for ligne in classeur["Crédits"].iter_rows(min_row=2, values_only=True))
    assert somme == 94000
    assert classeur["Mouvements"].max_row == Mouvement.objects.count() + 1
    dotations = [
        (ligne[2], ligne[8])
        for ligne in classeur["Mouvements"].iter_rows(min_row=2, values_only=True)
        if ligne[5] == "Dotation"
    ]
    assert dotations
    assert all(volet == objet for volet, objet in dotations)


@pytest.mark.parametrize("valeur", ["2031", "1999", "x", "9" * 40])
def test_les_filtres_acceptent_tout_et_ne_montrent_que_ce_qu_ils_disent(projet, valeur):
    texte = page(projet.gens.agent, "ville:grand_livre", exercice=valeur).text
    assert (projet.demande.titre in texte) == (valeur == "2031")


def test_une_personne_recusee_ne_lit_rien_de_la_demande(projet):
    membre = MembreComiteFactory(appel=projet.demande.appel, utilisateur=projet.gens.agent)
    AffectationFactory(demande=projet.demande, membre=membre, recusee=True)
    assert projet.demande.titre not in page(projet.gens.agent, "ville:grand_livre").text
    octets = page(projet.gens.agent, "ville:grand_livre", format="xlsx").content
    feuille = load_workbook(io.BytesIO(octets))["Mouvements"]
    lus = [ligne[7] for ligne in feuille.iter_rows(min_row=2, values_only=True)]
    assert projet.demande.reference not in lus


@pytest.mark.parametrize("role", ["mifi", "responsable", "autre"])
def test_le_grand_livre_ne_se_lit_qu_a_la_ville(projet, role):
    assert page(getattr(projet.gens, role), "ville:grand_livre").status_code == 404


def test_la_page_coute_autant_pour_un_projet_que_pour_trois(projet):
    qui = projet.gens.agent
    un = requetes(qui, "ville:grand_livre")
    un_projet()
    un_projet()
    assert requetes(qui, "ville:grand_livre") == un


def test_avant_toute_publication_la_page_dit_ce_qui_viendra():
    assert "Rien au grand livre" in page(UtilisateurFactory(agent=True), "ville:grand_livre").text


def test_les_figures_de_la_decision_sont_celles_du_grand_livre(projet):
    solde = grand_livre.soldes(projet.demande.appel)[0]
    assert (solde.accorde, solde.engage, solde.verse) == (D("16000"), D("16000"), D("0"))
    assert decisions.libre_du_volet(projet.demande.volet) == solde.libre == D("94000")
