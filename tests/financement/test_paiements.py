"""Les lots de paiements, leur fichier, le retour, et les coordonnées bancaires."""

import datetime as dt
import threading
from decimal import Decimal
from io import BytesIO

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection, transaction
from django.urls import reverse
from openpyxl import load_workbook

from financement.models import CoordonneesBancaires, LotPaiement, RetourPaiement, Versement
from financement.paiements import FichierIllisible, LignePaiement, ecrire_csv, lire_retour
from financement.services import conventions, paiements, versements
from socle import horloge
from socle.chiffrement import DechiffrementImpossible, chiffrer, dechiffrer
from socle.exceptions import PermissionRefusee, RegleViolee
from socle.models import EntreeJournal
from tests.factories import AffectationFactory, MembreComiteFactory, UtilisateurFactory
from tests.financement.objets import (
    Formulaire,
    envoyer,
    messages_de,
    page,
    requetes,
    un_projet,
    verbes,
)

pytestmark = pytest.mark.django_db
COMPTE = {"institution": "815", "transit": "20 015", "compte": "1234567"}
D = Decimal


@pytest.fixture
def projet():
    return autoriser(un_projet())


def autoriser(projet, rang=0):
    versement = projet.versements[rang]
    versements.proposer_versement(acteur=projet.gens.agent, versement=versement)
    versements.autoriser_versement(acteur=projet.gens.approbation, versement=versement)
    return projet


def preparer(projet, *versements_):
    choisis = [v.pk for v in versements_ or projet.versements[:1]]
    return paiements.preparer_lot(acteur=projet.gens.tresorerie, choisis=choisis)


def retour(*lignes, nom="retour.csv"):
    entetes = "paiement;montant;date;reference"
    return SimpleUploadedFile(nom, "\r\n".join([entetes, *lignes]).encode())


def importer(projet, lot, *lignes, **options):
    return paiements.importer_retour(
        acteur=projet.gens.tresorerie, lot=lot, fichier=retour(*lignes), **options
    )


# --- Les coordonnées bancaires --------------------------------------------------------------------
def test_elles_sont_chiffrees_lues_par_la_tresorerie_seule_et_chaque_lecture_se_journalise(projet):
    gens, organisme = projet.gens, projet.demande.organisme
    with pytest.raises(PermissionRefusee):
        paiements.inscrire_coordonnees(acteur=gens.membre, organisme=organisme, **COMPTE)
    paiements.inscrire_coordonnees(acteur=gens.responsable, organisme=organisme, **COMPTE)
    with connection.cursor() as curseur:
        curseur.execute("SELECT * FROM financement_coordonneesbancaires")
        rangee = str(curseur.fetchall())
    assert "1234567" not in rangee
    assert "20015" not in rangee
    for qui in (gens.agent, gens.approbation, gens.administration, gens.responsable, gens.autre):
        with pytest.raises(PermissionRefusee):
            paiements.lire_coordonnees(acteur=qui, organisme=organisme)
    claires = paiements.lire_coordonnees(acteur=gens.tresorerie, organisme=organisme)
    assert claires == {**COMPTE, "transit": "20015"}
    assert verbes(organisme)[-1] == "organisme.lire_coordonnees"
    assert "1234567" not in str(list(EntreeJournal.objects.values_list("details", flat=True)))


@pytest.mark.parametrize(
    ("champ", "valeur"),
    [("institution", "81"), ("transit", "2001"), ("compte", "1234"), ("compte", "1" * 13),
     ("compte", "12a45")],
)  # fmt: skip
def test_une_coordonnee_fausse_est_dite_pres_de_son_champ(projet, champ, valeur):
    reponse = envoyer(
        projet.gens.responsable,
        "organisme:coordonnees",
        projet.demande.organisme_id,
        **COMPTE | {champ: valeur},
    )
    assert "chiffres." in Formulaire(reponse.text).erreur(champ)
    assert not CoordonneesBancaires.objects.exists()


def test_l_organisme_ne_relit_que_la_fin_de_son_compte(projet):
    gens, pk = projet.gens, projet.demande.organisme_id
    assert envoyer(gens.responsable, "organisme:coordonnees", pk, **COMPTE).status_code == 302
    texte = page(gens.responsable, "organisme:coordonnees", pk).text
    assert "finissant par 567" in texte
    assert "1234567" not in texte
    assert page(gens.membre, "organisme:coordonnees", pk).status_code == 404
    assert envoyer(gens.agent, "ville:coordonnees_lire", pk).status_code == 404
    reponse = envoyer(gens.tresorerie, "ville:coordonnees_lire", pk)
    assert "1234567" in reponse.text
    assert reponse["Cache-Control"] == "no-store"


def test_une_autre_cle_ne_dechiffre_rien(settings):
    texte = chiffrer({"a": 1}, usage="essai")
    assert dechiffrer(texte, usage="essai") == {"a": 1}
    with pytest.raises(DechiffrementImpossible):
        dechiffrer(texte, usage="autre")
    settings.CLE_CHIFFREMENT = "une autre clé"
    with pytest.raises(DechiffrementImpossible):
        dechiffrer(texte, usage="essai")


# --- Le lot ---------------------------------------------------------------------------------------
def test_un_lot_prend_les_versements_autorises_une_seule_fois(projet):
    premier, deuxieme = projet.versements[:2]
    lot = preparer(projet)
    assert (lot.numero, lot.total) == (f"LOT-{horloge.aujourdhui().year}-001", D("8000.00"))
    for pris in (premier, deuxieme):
        with pytest.raises(RegleViolee) as refus:
            preparer(projet, pris)
        assert refus.value.code == "change"
    with pytest.raises(RegleViolee):
        paiements.preparer_lot(acteur=projet.gens.tresorerie, choisis=[])
    with pytest.raises(PermissionRefusee):
        paiements.preparer_lot(acteur=projet.gens.agent, choisis=[premier.pk])


@pytest.mark.django_db(transaction=True)
def test_deux_lots_prepares_en_meme_temps_ont_chacun_leur_numero():
    """Le second attend que le premier soit inscrit, même quand c'est le premier de l'année."""
    un, deux = autoriser(un_projet()), autoriser(un_projet())
    pret, numeros = threading.Event(), []

    def apres_le_premier():
        pret.wait(timeout=10)
        try:
            numeros.append(preparer(deux).numero)
        finally:
            connection.close()

    fil = threading.Thread(target=apres_le_premier)
    fil.start()
    with transaction.atomic():
        numeros.append(preparer(un).numero)
        pret.set()
        fil.join(timeout=0.5)
        assert len(numeros) == 1
    fil.join(timeout=20)
    assert [numero[-3:] for numero in numeros] == ["001", "002"]


def test_un_lot_defait_rend_ses_versements(projet):
    lot = preparer(projet)
    paiements.defaire_lot(acteur=projet.gens.tresorerie, lot=lot)
    assert preparer(projet).numero.endswith("-002")
    autre = preparer(autoriser(un_projet()))
    versement = autre.versements.get()
    versements.verser_versement(
        acteur=projet.gens.tresorerie, versement=versement, reference="TR-1"
    )
    with pytest.raises(RegleViolee):
        paiements.defaire_lot(acteur=projet.gens.tresorerie, lot=autre)


def test_le_fichier_remis_porte_le_compte_et_se_journalise(projet):
    gens, organisme = projet.gens, projet.demande.organisme
    type(organisme).objects.filter(pk=organisme.pk).update(nom="=2+5 Accueil")
    paiements.inscrire_coordonnees(acteur=gens.responsable, organisme=organisme, **COMPTE)
    autre = autoriser(un_projet())
    lot = preparer(projet, projet.versements[0], autre.versements[0])
    octets = envoyer(gens.tresorerie, "ville:lot_fichier", lot.pk, "csv").content
    lignes = octets.decode("utf-8-sig").splitlines()
    assert lignes[0].startswith("lot;paiement;beneficiaire;neq;montant;mode")
    premiere = next(ligne for ligne in lignes if ";virement;" in ligne)
    assert f";'=2+5 Accueil;{organisme.neq};8000.00;virement;815;20015;1234567;" in premiere
    assert sum(";cheque;;;;" in ligne for ligne in lignes) == 1
    feuille = load_workbook(
        BytesIO(envoyer(gens.tresorerie, "ville:lot_fichier", lot.pk, "xlsx").content)
    ).active
    assert feuille.max_row == 3
    assert verbes(lot) == ["lotpaiement.preparer", *["lotpaiement.telecharger"] * 2]
    assert envoyer(gens.agent, "ville:lot_fichier", lot.pk, "csv").status_code == 404
    assert page(gens.tresorerie, "ville:lot_fichier", lot.pk, "csv").status_code == 405


def test_un_versement_retenu_apres_coup_n_est_plus_au_fichier_du_lot(projet):
    """Retenu, ou sa convention résiliée, il ne se paie plus, même préparé en lot la veille."""
    autre = autoriser(un_projet())
    resilie = autoriser(un_projet())
    retenu = projet.versements[0]
    lot = preparer(projet, retenu, autre.versements[0], resilie.versements[0])
    versements.retenir_versement(
        acteur=projet.gens.tresorerie, versement=retenu, motif="Rapport douteux."
    )
    conventions.resilier_convention(
        acteur=resilie.gens.approbation, convention=resilie.convention, motif="Fin."
    )
    octets = envoyer(projet.gens.tresorerie, "ville:lot_fichier", lot.pk, "csv").content
    lignes = octets.decode("utf-8-sig").splitlines()[1:]
    assert [ligne.split(";")[1] for ligne in lignes] == [str(autre.versements[0].pk)]
    assert "2 versements" in page(projet.gens.tresorerie, "ville:lot_paiement", lot.pk).text
    jour = horloge.aujourdhui()
    for versement, phrase in ((retenu, "« retenu »"), (resilie.versements[0], "plus en vigueur")):
        with pytest.raises(RegleViolee, match=phrase):
            importer(projet, lot, f"{versement.pk};8000;{jour};VIR-1")
    retenu.refresh_from_db()
    # Proposé et autorisé de nouveau, il revient au fichier de son lot.
    versements.proposer_versement(acteur=projet.gens.agent, versement=retenu)
    retenu.refresh_from_db()
    versements.autoriser_versement(acteur=projet.gens.approbation, versement=retenu)
    octets = envoyer(projet.gens.tresorerie, "ville:lot_fichier", lot.pk, "csv").content
    assert str(retenu.pk) in {ligne.split(";")[1] for ligne in octets.decode().splitlines()}


def test_qui_est_recuse_d_une_demande_ne_voit_pas_le_lot_qui_la_paie(projet):
    lot = preparer(projet)
    recusee = UtilisateurFactory(tresorerie=True)
    membre = MembreComiteFactory(appel=projet.demande.appel, utilisateur=recusee)
    AffectationFactory(demande=projet.demande, membre=membre, recusee=True)
    assert lot.numero in page(projet.gens.tresorerie, "ville:paiements").text
    assert lot.numero not in page(recusee, "ville:paiements").text
    assert page(recusee, "ville:lot_paiement", lot.pk).status_code == 404
    assert envoyer(recusee, "ville:lot_fichier", lot.pk, "csv").status_code == 404
    assert envoyer(recusee, "ville:lot_defaire", lot.pk).status_code == 404


def test_un_lot_sans_rien_a_payer_n_a_pas_de_fichier(projet):
    lot = preparer(projet)
    versements.retenir_versement(
        acteur=projet.gens.tresorerie, versement=projet.versements[0], motif="Attendre."
    )
    reponse = envoyer(projet.gens.tresorerie, "ville:lot_fichier", lot.pk, "csv")
    assert reponse.status_code == 302
    assert "n'a plus rien à payer" in messages_de(reponse)
    assert "lotpaiement.telecharger" not in verbes(lot)


# --- Le retour ------------------------------------------------------------------------------------
def test_le_retour_inscrit_chaque_paiement_a_sa_date(projet):
    versement = projet.versements[0]
    lot = preparer(projet)
    jour = horloge.aujourdhui()
    rendu = importer(projet, lot, f"{versement.pk};8 000,00;{jour};VIR-77", total=D("8000.00"))
    versement.refresh_from_db()
    assert (versement.etat, versement.reference) == ("verse", "VIR-77")
    assert versement.verse_le == horloge.a_midi(jour)
    assert (rendu.nombre, rendu.total) == (1, D("8000.00"))


def test_le_meme_fichier_ne_s_importe_pas_deux_fois(projet):
    lot = preparer(projet)
    ligne = f"{projet.versements[0].pk};8000;{horloge.aujourdhui()};VIR-77"
    importer(projet, lot, ligne)
    with pytest.raises(RegleViolee, match="déjà été importé") as refus:
        importer(projet, lot, ligne)
    assert refus.value.code == "double"
    with pytest.raises(RegleViolee, match="est déjà inscrit"):
        importer(projet, lot, ligne, "")


def test_un_retour_faux_est_refuse_en_entier_chaque_ligne_nommee(projet):
    autre = autoriser(un_projet())
    hors = autoriser(un_projet())
    un, deux = projet.versements[0], autre.versements[0]
    lot = preparer(projet, un, deux)
    jour = horloge.aujourdhui()
    demain, hier = jour + dt.timedelta(days=1), jour - dt.timedelta(days=1)
    bonne = f"{un.pk};8000;{jour};VIR-1"
    for lignes, options, phrase in (
        ([bonne, f"{deux.pk};7999.99;{jour};VIR-2"], {}, "Ligne 3 : le paiement .* est de 8"),
        ([bonne, f"{hors.versements[0].pk};8000;{jour};V"], {}, "Ligne 3 .* pas de ce lot"),
        ([bonne, f"{deux.pk};8000;{demain};V"], {}, "date à venir"),
        ([bonne, f"{deux.pk};8000;{hier};V"], {}, "avant son autorisation"),
        ([bonne, bonne], {}, "deux fois"),
        ([bonne], {"total": D("8000.01")}, "totalise 8"),
    ):
        with pytest.raises(RegleViolee, match=phrase):
            importer(projet, lot, *lignes, **options)
    assert not Versement.objects.filter(etat="verse").exists()
    assert not RetourPaiement.objects.exists()
    # Les deux paiements justes, ensuite, passent.
    importer(projet, lot, bonne, f"{deux.pk};8000;{jour};VIR-2", total=D("16000"))
    assert Versement.objects.filter(etat="verse").count() == 2


@pytest.mark.parametrize(
    ("octets", "phrase"),
    [
        (b"", "colonne"),
        (b"paiement;montant\n1;2", "colonne « date »"),
        (b"\xff\xfe\x00", "UTF-8"),
        (b"paiement;montant;date;reference\n", "aucun paiement"),
        (b"paiement;montant;date;reference\nx;1;2030-01-01;r", "pas un nombre"),
        (b"paiement;montant;date;reference\n1;beaucoup;2030-01-01;r", "pas un nombre"),
        (b"paiement;montant;date;reference\n1;NaN;2030-01-01;r", "dollars et cents"),
        (b"paiement;montant;date;reference\n1;1.001;2030-01-01;r", "dollars et cents"),
        (b"paiement;montant;date;reference\n1;1;01/02/2030;r", "AAAA-MM-JJ"),
        (b"paiement;montant;date;reference\n1;1;2030-01-01;", "manque la r"),
        (b"paiement;montant;date;reference\n1;1", "AAAA-MM-JJ"),
    ],
)
def test_un_fichier_illisible_dit_pourquoi(octets, phrase):
    with pytest.raises(FichierIllisible, match=phrase):
        lire_retour(octets)


def test_la_virgule_et_d_autres_colonnes_sont_acceptees():
    faits = lire_retour(
        b"Reference,Paiement,banque,Montant,Date\nVIR-9, 12 ,BNC,10.50,2030-01-02\n,,,,\n"
    )
    assert [(f.paiement, f.montant, f.reference) for f in faits] == [(12, D("10.50"), "VIR-9")]


def test_le_fichier_ecrit_se_relit_comme_un_tableur_le_lirait():
    ligne = LignePaiement("LOT-1", 3, 'Le "Pont"; accueil', "1100000059", D("5"), "R", "@somme")
    texte = ecrire_csv([ligne]).decode("utf-8-sig")
    assert '"Le ""Pont""; accueil"' in texte
    assert "'@somme" in texte


# --- Le seuil -------------------------------------------------------------------------------------
@pytest.mark.parametrize(("seuil", "permis"), [(8000, True), (7999, False)])
def test_au_dela_du_seuil_seule_l_approbation_autorise(settings, seuil, permis):
    settings.SEUIL_AUTORISATION_TRESORERIE = seuil
    projet = un_projet()
    versement, tresorerie = projet.versements[0], projet.gens.tresorerie
    versements.proposer_versement(acteur=projet.gens.agent, versement=versement)
    adresse = reverse("ville:versement_agir", args=[versement.pk, "autoriser"])
    assert (adresse in page(tresorerie, "ville:versements").text) is permis
    if permis:
        versements.autoriser_versement(acteur=tresorerie, versement=versement)
        return
    with pytest.raises(PermissionRefusee):
        versements.autoriser_versement(acteur=tresorerie, versement=versement)
    versements.autoriser_versement(acteur=projet.gens.approbation, versement=versement)


# --- Les pages ------------------------------------------------------------------------------------
def test_par_les_pages_du_lot_au_paiement(projet):
    tresorerie, versement = projet.gens.tresorerie, projet.versements[0]
    assert "Lots de paiements" in page(tresorerie, "ville:versements").text
    assert "Lots de paiements" not in page(projet.gens.agent, "ville:versements").text
    assert "Chèque" in page(tresorerie, "ville:paiements").text
    envoyer(tresorerie, "ville:paiements", versement=versement.pk)
    lot = LotPaiement.objects.get()
    assert "0 paiement inscrit sur 1" in page(tresorerie, "ville:lot_paiement", lot.pk).text
    reponse = envoyer(tresorerie, "ville:lot_paiement", lot.pk, total="8000")
    assert Formulaire(reponse.text).erreur("fichier")
    assert Formulaire(reponse.text).valeur("total") == "8000"
    ligne = f"{versement.pk};8000;{horloge.aujourdhui()};VIR-1"
    reponse = envoyer(tresorerie, "ville:lot_paiement", lot.pk, total="1", fichier=retour(ligne))
    assert "totalise" in Formulaire(reponse.text).erreur("total")
    envoyer(tresorerie, "ville:lot_paiement", lot.pk, total="8000", fichier=retour(ligne))
    assert "1 paiement inscrit sur 1" in page(tresorerie, "ville:lot_paiement", lot.pk).text
    assert "Rien à payer" in page(tresorerie, "ville:paiements").text


def test_les_pages_coutent_autant_a_un_versement_qu_a_trois(projet):
    tresorerie = projet.gens.tresorerie
    un = requetes(tresorerie, "ville:paiements")
    autres = [autoriser(un_projet()) for _ in range(2)]
    assert requetes(tresorerie, "ville:paiements") == un
    petit = preparer(projet)
    cout = requetes(tresorerie, "ville:lot_paiement", petit.pk)
    grand = preparer(projet, *(autre.versements[0] for autre in autres))
    assert requetes(tresorerie, "ville:lot_paiement", grand.pk) == cout
