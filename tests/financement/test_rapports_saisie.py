"""Un rapport s'enregistre en s'écrivant, à plusieurs, avec les preuves de chaque dépense."""

from decimal import Decimal

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse

from appels.services import pieces as pieces_appels
from appels.tasks import analyser_piece
from financement.ecarts_depenses import budget_prevu, ecarts_du_rapport
from financement.models import PieceRapport, Rapport
from financement.services import pieces_rapport
from financement.services import rapports as services
from socle.concurrence import empreinte
from socle.exceptions import PermissionRefusee, RegleViolee
from tests.factories import AffectationFactory, MembreComiteFactory
from tests.financement.objets import Formulaire, page, recit, un_projet, verbes

pytestmark = pytest.mark.django_db
AIDES = "autres_aides_publiques"
PDF = b"%PDF-1.7\n1 0 obj\n<<>>\nendobj\ntrailer\n<<>>\n%%EOF\n"


@pytest.fixture(autouse=True)
def fichiers(settings, tmp_path):
    settings.MEDIA_ROOT = str(tmp_path)


@pytest.fixture
def projet():
    return un_projet()


def pdf(nom="facture.pdf", octets=PDF):
    return SimpleUploadedFile(nom, octets)


def ecrire(client, projet, partie, **donnees):
    adresse = reverse(
        "organisme:rapport_enregistrer", args=[projet.demande.reference, "final", partie]
    )
    return client.post(adresse, donnees)


def depenses(*montants, **champs):
    lignes = {
        f"depenses-{rang}-{nom}": valeur
        for rang, montant in enumerate(montants)
        for nom, valeur in (("categorie", "salaires"), ("libelle", ""), ("montant", montant))
    }
    entete = {"depenses-TOTAL_FORMS": len(montants), "depenses-INITIAL_FORMS": 0}
    return lignes | entete | champs


# --- En écrivant ----------------------------------------------------------------------------------
def test_une_reponse_s_enregistre_seule_et_dit_l_heure(projet, client):
    client.force_login(projet.gens.membre)
    question = projet.questions["final"]["activites"]
    reponse = ecrire(client, projet, question.pk, **{f"q{question.pk}": "Dix rencontres."})
    assert reponse.status_code == 200, reponse.text
    assert reponse.json()["message"].startswith("Enregistré à")
    assert recit(projet.final, "activites") == "Dix rencontres."
    assert reponse.json()["base"] == empreinte("Dix rencontres.")


def test_deux_collegues_sur_la_meme_reponse_les_deux_textes_restent(projet, client):
    question = projet.questions["final"]["activites"]
    services.enregistrer_reponse(
        acteur=projet.gens.responsable, rapport=projet.final, question=question, valeur="La sienne"
    )
    client.force_login(projet.gens.membre)
    saisie = {f"q{question.pk}": "La mienne", f"b{question.pk}": empreinte(None)}
    reponse = ecrire(client, projet, question.pk, **saisie)
    assert reponse.status_code == 409
    conflit = reponse.json()["conflit"]
    assert (conflit["texte"], conflit["auteur"]) == ("La sienne", projet.gens.responsable.nom)
    assert recit(projet.final, "activites") == "La sienne"
    # Garder la mienne, en connaissance de cause.
    saisie[f"b{question.pk}"] = conflit["base"]
    assert ecrire(client, projet, question.pk, **saisie).status_code == 200
    assert recit(projet.final, "activites") == "La mienne"


@pytest.mark.parametrize(
    ("partie", "premiere", "seconde"),
    [
        ("depenses", depenses("100"), depenses("200")),
        (
            "autres_aides_publiques",
            {"autres_aides_publiques": "1"},
            {"autres_aides_publiques": "2"},
        ),
        ("indicateurs", {"personnes_distinctes": "1"}, {"personnes_distinctes": "2"}),
    ],
)
def test_les_nombres_aussi_demandent_quand_une_collegue_a_ecrit(
    projet, client, partie, premiere, seconde
):
    vide = {"depenses-TOTAL_FORMS": 0, "depenses-INITIAL_FORMS": 0}
    base = empreinte(services.valeur_de(projet.final, partie))
    client.force_login(projet.gens.responsable)
    vue = {f"b{partie}": base}
    assert ecrire(client, projet, partie, **vide | premiere | vue).status_code == 200
    ecrit = services.valeur_de(Rapport.objects.get(pk=projet.final.pk), partie)
    client.force_login(projet.gens.membre)
    reponse = ecrire(client, projet, partie, **vide | seconde | vue)
    assert reponse.status_code == 409
    assert reponse.json()["conflit"]["auteur"] == projet.gens.responsable.nom
    assert services.valeur_de(Rapport.objects.get(pk=projet.final.pk), partie) == ecrit


def test_sans_javascript_le_conflit_montre_les_deux_textes(projet):
    question = projet.questions["final"]["activites"]
    qui, arguments = projet.gens.membre, (projet.demande.reference, "final")
    formulaire = Formulaire(page(qui, "organisme:rapport", *arguments).text)
    donnees = {**formulaire.donnees(), f"q{question.pk}": "La mienne", "depenses-0-montant": "50"}
    services.enregistrer_reponse(
        acteur=projet.gens.responsable, rapport=projet.final, question=question, valeur="La sienne"
    )
    reponse = page(qui, "organisme:rapport", *arguments, methode="post", **donnees)
    assert reponse.status_code == 200
    assert "La sienne" in reponse.text
    formulaire = Formulaire(reponse.text)
    assert formulaire.valeur(f"q{question.pk}") == "La mienne"
    assert "répondu autrement" in formulaire.erreur(f"q{question.pk}")
    # Le reste, lui, s'est enregistré ; le second envoi est un choix.
    assert projet.final.depenses.get().montant == Decimal(50)
    assert recit(projet.final, "activites") == "La sienne"
    suite = {**formulaire.donnees(), "prendre": str(question.pk)}
    assert page(qui, "organisme:rapport", *arguments, methode="post", **suite).status_code == 302
    assert recit(projet.final, "activites") == "La sienne"


def test_un_rapport_depose_ne_s_enregistre_plus(projet, client):
    Rapport.objects.filter(pk=projet.final.pk).update(etat="depose", depose_le=projet.final.cree_le)
    client.force_login(projet.gens.membre)
    question = projet.questions["final"]["activites"]
    reponse = ecrire(client, projet, question.pk, **{f"q{question.pk}": "Trop tard"})
    assert (reponse.status_code, recit(projet.final, "activites")) == (409, "")


@pytest.mark.parametrize("partie", ["etat", "999999", "traitee999999", "traiteex"])
def test_une_partie_inconnue_n_existe_pas(projet, client, partie):
    client.force_login(projet.gens.membre)
    assert ecrire(client, projet, partie).status_code == 404


@pytest.mark.parametrize("role", ["autre", "agent", "mifi"])
def test_seul_l_organisme_enregistre(projet, client, role):
    client.force_login(getattr(projet.gens, role))
    assert ecrire(client, projet, "depenses", **depenses("5")).status_code == 404
    with pytest.raises(PermissionRefusee):
        services.enregistrer_rapport(
            acteur=getattr(projet.gens, role), rapport=projet.final, depenses=[]
        )


# --- Les dépenses et leurs preuves ----------------------------------------------------------------
@pytest.fixture
def depense(projet):
    return projet.final.depenses.create(categorie="salaires", montant="100.00")


def test_une_preuve_se_joint_a_sa_ligne_et_la_suit_quand_les_lignes_se_recrivent(projet, depense):
    arguments = (projet.demande.reference, "final")
    qui = projet.gens.membre
    donnees = Formulaire(page(qui, "organisme:rapport", *arguments).text).donnees()
    assert donnees["depenses-0-cle"] == str(depense.cle)
    page(
        qui, "organisme:rapport", *arguments, methode="post",
        **{**donnees, "depenses-0-montant": "120", "depenses-0-preuves": pdf()},
    )  # fmt: skip
    ligne = projet.final.depenses.get(montant="120")
    piece = projet.final.pieces.get()
    assert (ligne.cle, piece.depense_cle) == (depense.cle, depense.cle)
    assert verbes(projet.final) == ["rapport.joindre_piece"]
    texte = page(qui, "organisme:rapport", *arguments).text
    assert "facture.pdf" in texte
    # La retirer enregistre aussi ce qui est écrit.
    donnees = Formulaire(texte).donnees()
    page(
        qui, "organisme:rapport", *arguments, methode="post",
        **{**donnees, "depenses-0-montant": "130", "retirer_preuve": str(piece.cle)},
    )  # fmt: skip
    assert not projet.final.pieces.actives().exists()
    assert projet.final.depenses.filter(montant="130").exists()


def test_une_preuve_qui_n_est_pas_ce_qu_elle_dit_se_refuse_pres_d_elle(projet, depense):
    arguments = (projet.demande.reference, "final")
    donnees = Formulaire(page(projet.gens.membre, "organisme:rapport", *arguments).text).donnees()
    reponse = page(
        projet.gens.membre, "organisme:rapport", *arguments, methode="post",
        **{**donnees, "depenses-0-montant": "120", "depenses-0-preuves": pdf(octets=b"MZ")},
    )  # fmt: skip
    assert reponse.status_code == 200
    assert "contenu de ce fichier" in Formulaire(reponse.text).erreur("depenses-0-preuves")
    assert projet.final.depenses.filter(montant="120").exists()
    assert not projet.final.pieces.exists()


def test_la_meme_preuve_envoyee_deux_fois_n_y_est_qu_une_fois(projet, depense):
    for _ in range(2):
        pieces_rapport.joindre_preuve(
            acteur=projet.gens.membre, rapport=projet.final, depense=depense, fichier=pdf()
        )
    assert projet.final.pieces.count() == 1


def test_une_preuve_ne_se_joint_qu_a_une_ligne_du_rapport(projet):
    etranger = un_projet().final.depenses.create(categorie="salaires", montant="1")
    with pytest.raises(RegleViolee):
        pieces_rapport.joindre_preuve(
            acteur=projet.gens.membre, rapport=projet.final, depense=etranger, fichier=pdf()
        )


def test_l_antivirus_voit_les_preuves_et_previent_l_organisme(
    projet, depense, settings, monkeypatch
):
    settings.CLAMD_URL = "tcp://127.0.0.1:1"
    monkeypatch.setattr(pieces_appels, "_confier_analyse", lambda pk, modele: None)
    monkeypatch.setattr(pieces_appels, "signature_trouvee", lambda fichier, url: "Eicar")
    piece = pieces_rapport.joindre_preuve(
        acteur=projet.gens.membre, rapport=projet.final, depense=depense, fichier=pdf()
    )
    adresse = ("organisme:rapport_piece", piece.cle)
    assert page(projet.gens.membre, *adresse).status_code == 404
    analyser_piece(piece.pk, PieceRapport._meta.label_lower)
    assert PieceRapport.objects.get().analyse == "infectee"
    assert page(projet.gens.membre, *adresse).status_code == 404


def test_qui_voit_le_rapport_en_ouvre_les_fichiers_sauf_recuse(projet, depense):
    piece = pieces_rapport.joindre_preuve(
        acteur=projet.gens.membre, rapport=projet.final, depense=depense, fichier=pdf()
    )
    membre = MembreComiteFactory(appel=projet.demande.appel, utilisateur=projet.gens.approbation)
    AffectationFactory(demande=projet.demande, membre=membre, recusee=True)
    attendus = {"membre": 200, "agent": 200, "approbation": 404, "autre": 404, "mifi": 404}
    for role, statut in attendus.items():
        reponse = page(getattr(projet.gens, role), "organisme:rapport_piece", piece.cle)
        assert reponse.status_code == statut, role
        if reponse.streaming:
            b"".join(reponse.streaming_content)


# --- L'écart avec le budget -----------------------------------------------------------------------
def alertes(projet, nature, *lignes):
    rapport = getattr(projet, nature)
    prevus = [{"categorie": "salaires", "libelle": "", "montant": "1000.00"}]
    reelles = [
        {"categorie": categorie, "libelle": "", "montant": montant} for categorie, montant in lignes
    ]
    return [bool(lu.alerte) for lu in ecarts_du_rapport(rapport, reelles, prevus)]


@pytest.mark.parametrize(
    ("nature", "montant", "signale"),
    [
        ("final", "1150.00", False),
        ("final", "1150.01", True),
        ("final", "850.00", False),
        ("final", "849.99", True),
        # À l'étape, dépenser moins est normal : le projet n'est pas fini.
        ("etape", "100.00", False),
        ("etape", "1150.01", True),
    ],
)
def test_la_regle_des_quinze_pour_cent_a_la_cent_pres(projet, nature, montant, signale):
    assert alertes(projet, nature, ("salaires", montant)) == [signale]


def test_une_ligne_hors_du_budget_se_signale(projet):
    assert alertes(projet, "final", ("salaires", "1000.00"), ("autre", "1.00")) == [False, True]


def test_l_ecart_se_lit_sur_les_deux_pages_et_mene_a_l_avenant(projet, client):
    client.force_login(projet.gens.membre)
    prevu = budget_prevu(projet.final)[0]
    trop = Decimal(prevu["montant"]) * 2
    saisie = depenses(str(trop))
    saisie["depenses-0-categorie"], saisie["depenses-0-libelle"] = (
        prevu["categorie"],
        prevu["libelle"],
    )
    rendu = ecrire(client, projet, "depenses", **saisie).json()["rendu"]
    assert "L'écart dépasse 15" in rendu.replace("&#x27;", "'")
    texte = page(projet.gens.membre, "organisme:rapport", projet.demande.reference, "final").text
    assert "L'écart dépasse 15" in texte.replace("&#x27;", "'")
    assert reverse("organisme:avenant_demander", args=[projet.demande.reference]) in texte
    ville = page(projet.gens.agent, "ville:rapport", projet.final.pk).text
    assert "L'écart dépasse 15" in ville.replace("&#x27;", "'")
    assert "Aucune preuve" in ville
