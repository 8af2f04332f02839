"""La fin d'un projet : le solde, la lettre qui le dit, la fermeture."""

from decimal import Decimal

import pytest
from django.db.models import ProtectedError
from post_office.models import Email
from pypdf import PdfReader

from financement.models import LettreFermeture
from financement.services import fermeture, modeles
from socle.exceptions import RegleViolee
from socle.models import Document
from tests.factories import (
    AdhesionFactory,
    ConventionFactory,
    DecisionFactory,
    RapportFactory,
    UtilisateurFactory,
    VersementFactory,
)

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def fichiers(settings, tmp_path):
    settings.MEDIA_ROOT = str(tmp_path)


@pytest.fixture
def projet():
    """16 000 $ accordés, 14 400 $ versés ; le réel dépend du test."""
    decision = DecisionFactory(demande__etat="conventionnee")
    AdhesionFactory(organisme=decision.demande.organisme)
    convention = ConventionFactory(en_vigueur=True, decision=decision)
    VersementFactory(convention=convention, montant=Decimal(14400), verse=True)
    decision.demande.final = RapportFactory(
        demande=decision.demande, accepte=True, autres_aides_publiques=Decimal(0)
    )
    return decision.demande


def depenser(projet, admissible, refuse=0):
    projet.final.depenses.create(categorie="autre", libelle="Salaires", montant=admissible)
    if refuse:
        projet.final.depenses.create(
            categorie="autre",
            libelle="Ordinateur portable",
            montant=refuse,
            admissible=False,
            motif_refus="Équipement exclu",
        )


def texte_pdf(document):
    with document.pdf.open("rb") as fichier:
        return " ".join(page.extract_text() for page in PdfReader(fichier).pages)


def test_le_trop_verse_est_reclame_par_une_lettre_qui_dit_le_calcul(projet, client):
    depenser(projet, Decimal(15000), refuse=Decimal("1120.50"))
    agente = UtilisateurFactory(agent=True)

    fermeture.regler_solde(acteur=agente, demande=projet)
    fermeture.regler_solde(acteur=agente, demande=projet)

    recuperation = projet.recuperations.get()
    # 80 % de 15 000 $ = 12 000 $ ; 14 400 $ versés.
    assert recuperation.montant == Decimal("2400.00")
    document = Document.objects.get(nature="recuperation")
    assert recuperation.document == document
    lettre = " ".join(texte_pdf(document).split())
    for attendu in ("12 000,00", "2 400,00", "Ordinateur portable", "Équipement exclu"):
        assert attendu in lettre.replace("\u202f", " ").replace("\u00a0", " ")
    courriel = Email.objects.get(subject__startswith="Fermeture de votre projet")
    assert courriel.attachments.get().name == f"fermeture-{projet.reference}.pdf"
    membre = projet.organisme.adhesions.get().utilisateur
    client.force_login(membre)
    page = client.get(f"/organisme/demandes/{projet.reference}/").text
    assert f"/documents/{document.cle}/" in page
    assert client.get(f"/documents/{document.cle}/").status_code == 200
    client.force_login(AdhesionFactory().utilisateur)
    assert client.get(f"/documents/{document.cle}/").status_code == 404


def test_sans_trop_verse_la_lettre_part_a_la_fermeture_une_seule_fois(projet):
    depenser(projet, Decimal(18000))
    agente = UtilisateurFactory(agent=True)

    fermeture.regler_solde(acteur=agente, demande=projet)
    assert not Document.objects.filter(nature="recuperation").exists()
    fermee = fermeture.fermer_demande(acteur=agente, demande=projet)

    assert fermee.etat == "fermee"
    lettre = " ".join(texte_pdf(Document.objects.get(nature="recuperation")).split())
    assert "Aucune somme n" in lettre
    assert Email.objects.filter(subject__startswith="Fermeture").count() == 1


def test_fermer_apres_une_recuperation_n_ecrit_pas_de_seconde_lettre(projet):
    depenser(projet, Decimal(15000))
    fermeture.regler_solde(acteur=UtilisateurFactory(agent=True), demande=projet)
    with pytest.raises(RegleViolee):
        fermeture.fermer_demande(acteur=UtilisateurFactory(agent=True), demande=projet)
    fermeture.encaisser_recuperation(
        acteur=UtilisateurFactory(tresorerie=True), recuperation=projet.recuperations.get()
    )

    projet.refresh_from_db()
    fermeture.fermer_demande(acteur=UtilisateurFactory(agent=True), demande=projet)

    assert Document.objects.filter(nature="recuperation").count() == 1


# --- Le modèle de la lettre -----------------------------------------------------------------------
def publier(genre, corps, appel=None):
    agente = UtilisateurFactory(agent=True)
    brouillon = modeles.ouvrir_brouillon(acteur=agente, genre=genre, appel=appel)
    modeles.enregistrer_modele(acteur=agente, modele=brouillon, objet="Fin", corps=corps)
    return modeles.publier_modele(acteur=agente, modele=brouillon)


def test_la_lettre_suit_le_modele_que_la_ville_a_ecrit_pour_l_appel(projet):
    depenser(projet, Decimal(15000))
    publier(
        "remboursement",
        "<p>Rendez {{ a_rembourser }} avant le {{ remboursement_avant }}.</p><p>{{ calcul }}</p>",
        projet.appel,
    )
    fermeture.regler_solde(acteur=UtilisateurFactory(agent=True), demande=projet)
    lettre = " ".join(texte_pdf(Document.objects.get(nature="recuperation")).split())
    assert "Rendez 2 400,00 $ avant le" in lettre.replace("\u202f", " ").replace("\u00a0", " ")
    assert "Versé au-delà de l’aide finale" in lettre.replace("'", "’")
    assert "chèque" not in lettre


def test_la_lettre_garde_la_version_du_modele_dont_elle_est_faite(projet, client):
    depenser(projet, Decimal(15000))
    agente = UtilisateurFactory(agent=True)
    ecrite = publier("remboursement", "<p>Rendez {{ a_rembourser }}.</p>", projet.appel)
    fermeture.regler_solde(acteur=agente, demande=projet)
    suivante = publier("remboursement", "<p>Une autre version.</p>", projet.appel)
    assert suivante.version == ecrite.version + 1

    lettre = LettreFermeture.objects.get(demande=projet)
    assert lettre.modele == ecrite
    assert lettre.document.nature == "recuperation"
    client.force_login(agente)
    page = " ".join(client.get(f"/ville/demandes/{projet.reference}/fermeture/").text.split())
    assert f"faite de la version {ecrite.version} du modèle de l'appel" in page
    with pytest.raises(ProtectedError):
        ecrite.delete()


def test_la_lettre_d_avant_cette_version_se_lit_sans_modele(projet, client):
    depenser(projet, Decimal(15000))
    agente = UtilisateurFactory(agent=True)
    fermeture.regler_solde(acteur=agente, demande=projet)
    LettreFermeture.objects.all().delete()
    client.force_login(agente)
    page = client.get(f"/ville/demandes/{projet.reference}/fermeture/").text
    assert "Lettre de fermeture" in page
    assert "faite de la version" not in page


def test_un_champ_vide_du_modele_n_ecrit_ni_lettre_ni_reclamation(projet):
    depenser(projet, Decimal(15000))
    publier("remboursement", "<p>Reste : {{ dernier_versement }}</p>")
    with pytest.raises(RegleViolee, match="dernier_versement"):
        fermeture.regler_solde(acteur=UtilisateurFactory(agent=True), demande=projet)
    assert not Document.objects.filter(nature="recuperation").exists()
    assert not projet.recuperations.exists()
    assert not Email.objects.exists()


# --- Le dernier versement -------------------------------------------------------------------------
def test_un_versement_annule_en_route_se_reprend_au_dernier_versement():
    """18 000 $ admissibles : 14 400 $ d'aide, dont 4 000 $ étaient dans un versement annulé."""
    decision = DecisionFactory(demande__etat="conventionnee")
    projet = decision.demande
    convention = ConventionFactory(en_vigueur=True, decision=decision)
    VersementFactory(convention=convention, no=1, montant=Decimal(8000), verse=True)
    VersementFactory(convention=convention, no=2, montant=Decimal(4000), etat="annule")
    VersementFactory(convention=convention, no=3, montant=Decimal(4000), condition="final")
    projet.final = RapportFactory(demande=projet, accepte=True, autres_aides_publiques=Decimal(0))
    depenser(projet, Decimal(18000))
    agente = UtilisateurFactory(agent=True)

    for _ in range(2):
        fermeture.regler_solde(acteur=agente, demande=projet)

    suite = convention.versements.exclude(etat__in=["verse", "annule"]).order_by("no")
    assert [(v.no, v.montant, v.condition) for v in suite] == [
        (3, Decimal("4000.00"), "final"),
        (4, Decimal("2400.00"), "final"),
    ]


def test_on_ne_ferme_pas_tant_que_l_aide_finale_n_est_pas_toute_versee(projet):
    depenser(projet, Decimal("18000.02"))
    with pytest.raises(RegleViolee, match="pas toute versée"):
        fermeture.fermer_demande(acteur=UtilisateurFactory(agent=True), demande=projet)
    projet.refresh_from_db()
    assert projet.etat == "conventionnee"
