"""Les pages des modèles : écrits par la Ville, vérifiés, essayés, publiés, figés."""

import io

import pytest
from django.db import ProgrammingError, transaction
from pypdf import PdfReader

from financement import fusion
from financement.apercus import pdf_de
from financement.champs_fusion import champs_de
from financement.models import Decision, ModeleDocument
from financement.services import modeles
from socle.exceptions import PermissionRefusee, RegleViolee
from tests.factories import (
    AffectationFactory,
    AppelFactory,
    DecisionFactory,
    DemandeFactory,
    MembreComiteFactory,
    UtilisateurFactory,
)
from tests.financement.objets import Formulaire, envoyer, messages_de, page, requetes, verbes

pytestmark = pytest.mark.django_db


@pytest.fixture
def agente():
    return UtilisateurFactory(agent=True)


def ecrire(agente, genre="refusee", corps="<p>Juste.</p>", **champs):
    return envoyer(agente, "ville:modele", genre, **{"objet": "Objet", "corps": corps, **champs})


# --- Écrire, publier ------------------------------------------------------------------------------
def test_du_modele_livre_a_la_version_publiee_par_les_pages(agente):
    assert "Le modèle livré" in page(agente, "ville:modeles").text
    depart = Formulaire(page(agente, "ville:modele", "refusee").text)
    assert "Demander un réexamen" in depart.valeur("corps")

    reponse = ecrire(agente, corps="<p>Madame, monsieur, {{ organisme }}.</p>")
    assert "brouillon est enregistré" in messages_de(reponse)
    brouillon = ModeleDocument.objects.get(publie_le=None)
    assert (brouillon.version, brouillon.modifie_par) == (2, agente)
    assert "En cours" in page(agente, "ville:modeles").text

    reponse = ecrire(agente, corps="<p>{{ organisme }}, non.</p>", apercu="1")
    assert reponse.url.endswith(f"/modeles/versions/{brouillon.pk}/")
    ecrire(agente, corps="<p>{{ organisme }}, non.</p>", publier="1")

    brouillon.refresh_from_db()
    assert brouillon.publie_par == agente
    assert modeles.lire_modele("refusee") == brouillon
    assert verbes(brouillon)[-1] == "modele.publier"
    assert "Version\n                2" in page(agente, "ville:modeles").text


def test_une_version_publiee_ne_change_plus_meme_en_sql(agente):
    modele = modeles.fixer_modele("acceptee")
    with pytest.raises(RegleViolee) as refus:
        modeles.enregistrer_modele(acteur=agente, modele=modele, objet="x", corps="<p>x</p>")
    assert refus.value.code == "publie"
    for changement in (
        lambda: ModeleDocument.objects.filter(pk=modele.pk).update(corps="<p>x</p>"),
        lambda: ModeleDocument.objects.filter(pk=modele.pk).delete(),
    ):
        with pytest.raises(ProgrammingError, match="publié"), transaction.atomic():
            changement()


def test_un_appel_adapte_le_sien_sans_toucher_a_celui_de_la_ville(agente):
    appel = AppelFactory()
    assert "Celui de la Ville" not in page(agente, "ville:modeles_appel", appel.code).text
    envoyer(
        agente, "ville:modele_appel", appel.code, "acceptee",
        objet="Bravo", corps="<p>Cet appel.</p>", publier="1",
    )  # fmt: skip
    assert modeles.lire_modele("acceptee", appel).objet == "Bravo"
    assert modeles.lire_modele("acceptee").objet != "Bravo"
    assert appel.code in page(agente, "ville:modeles").text
    assert "Version" in page(agente, "ville:modeles_appel", appel.code).text


def test_un_brouillon_s_abandonne_et_ce_qui_valait_vaut_encore(agente):
    ecrire(agente, corps="<p>Brouillon.</p>")
    brouillon = ModeleDocument.objects.get(publie_le=None)
    envoyer(agente, "ville:modele_abandonner", brouillon.pk)
    assert not ModeleDocument.objects.filter(publie_le=None).exists()
    assert modeles.lire_modele("refusee").version == 1


# --- Mauvaise saisie ------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("champ", "valeur", "phrase"),
    [
        ("corps", "<p>{{ motif }}</p>", "« motif » n'existe pas. Vouliez-vous écrire « motifs » ?"),
        ("corps", "<p>Un <strong>mot</p>", "<strong> ouverte à la ligne 1 n'est pas fermée"),
        ("corps", "<p>{{ organisme </p>", "Des accolades ne vont pas deux par deux"),
        ("corps", "<p>{{ montant_accorde }}</p>", "« montant_accorde » n'existe pas"),
        ("corps", "", "obligatoire"),
        ("corps", "<script>x</script>", "Écrivez le texte"),
        ("objet", "Pour {{ organism }}", "Vouliez-vous écrire « organisme » ?"),
        ("objet", "{{ motifs }}", "n'existe pas"),
        ("objet", "", "obligatoire"),
        ("objet", "O" * 201, "200 caractères"),
    ],
)
def test_une_erreur_se_dit_pres_du_champ_et_garde_ce_qui_est_ecrit(agente, champ, valeur, phrase):
    reponse = ecrire(agente, **{"corps": "<p>Juste.</p>", champ: valeur})

    assert reponse.status_code == 200
    formulaire = Formulaire(reponse.text)
    assert phrase in formulaire.erreur(champ)
    assert formulaire.valeur(champ) == valeur
    assert not ModeleDocument.objects.filter(corps="<p>Juste.</p>").exists()


# --- Qui ------------------------------------------------------------------------------------------
@pytest.mark.parametrize("role", ["approbation", "tresorerie", "mifi"])
def test_les_autres_roles_n_ecrivent_pas_de_modele(role):
    personne = UtilisateurFactory(**{role: True})
    assert page(personne, "ville:modeles").status_code == 404
    assert ecrire(personne).status_code == 404
    with pytest.raises(PermissionRefusee):
        modeles.ouvrir_brouillon(acteur=personne, genre="refusee")
    assert page(UtilisateurFactory(agent=True), "ville:modele", "inconnu").status_code == 404


# --- Essayer --------------------------------------------------------------------------------------
@pytest.mark.parametrize("genre", ModeleDocument.Genre.values)
def test_chaque_modele_s_essaie_sur_une_demande_sans_decision(agente, genre):
    demande = DemandeFactory(recevable=True, titre="Un <b>titre</b>")
    modele = modeles.fixer_modele(genre)

    texte = page(agente, "ville:modele_apercu", modele.pk, demande=demande.reference).text

    assert demande.reference in texte
    assert "<b>titre</b>" not in texte
    assert "{{" not in texte
    assert "ne pourrait pas être émise" not in texte
    assert not Decision.objects.exists()


def test_l_apercu_pdf_se_dit_apercu_et_ne_garde_rien(agente):
    demande = DecisionFactory(refusee=True).demande
    modele = modeles.fixer_modele("refusee")
    reponse = page(agente, "ville:modele_apercu_pdf", modele.pk, demande.reference)
    assert reponse["Content-Type"] == "application/pdf"
    texte = PdfReader(io.BytesIO(reponse.content)).pages[0].extract_text()
    assert "Aperçu, sans valeur" in texte
    assert "Score sous le seuil." in texte
    assert demande.decisions.get().lettres.count() == 0


def test_l_apercu_previent_qu_un_champ_serait_vide(agente):
    decision = DecisionFactory()
    modele = modeles.ouvrir_brouillon(acteur=agente, genre="acceptee")
    modele = modeles.enregistrer_modele(
        acteur=agente, modele=modele, objet="Objet", corps="<p>{{ conditions }}</p>"
    )
    texte = page(agente, "ville:modele_apercu", modele.pk, demande=decision.demande.reference).text
    assert "Elle laisserait vide : conditions" in texte


def test_l_apercu_ne_montre_ni_demande_recusee_ni_brouillon(agente):
    appel = AppelFactory(en_evaluation=True)
    recusee = DemandeFactory(recevable=True, appel=appel)
    membre = MembreComiteFactory(appel=appel, utilisateur=agente)
    AffectationFactory(demande=recusee, membre=membre, recusee=True)
    brouillon = DemandeFactory()
    modele = modeles.fixer_modele("acceptee")

    texte = page(agente, "ville:modele_apercu", modele.pk).text

    assert recusee.reference not in texte
    assert brouillon.reference not in texte
    assert "Aucune demande à montrer" in texte
    for reference in (recusee.reference, brouillon.reference):
        assert page(agente, "ville:modele_apercu_pdf", modele.pk, reference).status_code == 404


def test_tous_les_champs_d_un_genre_ont_une_valeur_sur_une_decision_complete(agente):
    decision = DecisionFactory(
        motifs="Solide.", conditions="Deux rapports.", motifs_par_critere={"C1": "Bien."}
    )
    corps = "".join(f"<p>{{{{ {champ.nom} }}}}</p>" for champ in champs_de("acceptee"))
    modele = ModeleDocument(genre="acceptee", version=1, objet="Objet", corps=corps)
    rendu = pdf_de(modele, decision.demande)
    texte = "".join(p.extract_text() for p in PdfReader(io.BytesIO(rendu)).pages)
    for attendu in ("16 000,00 $", "seize mille dollars", "Deux rapports.", "Bien.", "MIFI"):
        assert attendu in texte.replace("\u00a0", " ")
    assert fusion.JETON.search(texte) is None


# --- Requêtes -------------------------------------------------------------------------------------
def test_la_liste_coute_autant_a_une_version_qu_a_trois(agente):
    modeles.fixer_modele("acceptee")
    un = requetes(agente, "ville:modeles")
    for genre in ("refusee", "convention"):
        modeles.fixer_modele(genre)
        modeles.ouvrir_brouillon(acteur=agente, genre=genre)
    assert requetes(agente, "ville:modeles") == un
