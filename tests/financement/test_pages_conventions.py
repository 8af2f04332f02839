"""Les pages de la convention : préparée et suivie par la Ville, signée par l'organisme."""

import pytest
from django.urls import reverse
from post_office.models import Email

from financement.models import Convention, Rapport, Versement
from financement.semaine import attentes
from financement.services.modeles import fixer_modele
from tests.factories import (
    AffectationFactory,
    ConventionFactory,
    DecisionFactory,
    DocumentFactory,
    MembreComiteFactory,
)
from tests.financement.objets import (
    Formulaire,
    des_gens,
    envoyer,
    page,
    requetes,
    un_projet,
    verbes,
)

pytestmark = pytest.mark.django_db


@pytest.fixture
def acceptee(db):
    """Une demande acceptée et annoncée, sans convention encore."""
    demande = DecisionFactory().demande
    type(demande).objects.filter(pk=demande.pk).update(etat_annonce="acceptee")
    demande.refresh_from_db()
    demande.gens = des_gens(demande.organisme)
    return demande


def agir(demande, role, action, **donnees):
    if action == "contresigner":
        donnees.setdefault("consentement", "on")
    return envoyer(
        getattr(demande.gens, role), "ville:convention_agir", demande.reference, action, **donnees
    )


@pytest.fixture
def transmise(acceptee):
    ConventionFactory(
        decision=acceptee.decisions.get(), etat="transmise", document=DocumentFactory()
    )
    return acceptee


def signer(demande, role="responsable", **donnees):
    complet = {"nom": "Alix Essai", "titre": "Direction", "consentement": "on"}
    return envoyer(
        getattr(demande.gens, role), "organisme:convention", demande.reference, **complet | donnees
    )


def test_la_convention_se_lit_avant_d_etre_transmise(acceptee):
    """Quand la Ville a son modèle ; la personne récusée ou sans le droit n'y va pas."""
    agir(acceptee, "agent", "preparer")
    lien = "Lire la convention avant de la transmettre"
    assert lien not in page(acceptee.gens.agent, "ville:convention", acceptee.reference).text
    modele = fixer_modele("convention")
    adresse = reverse("ville:modele_apercu_pdf", args=[modele.pk, acceptee.reference])
    assert adresse in page(acceptee.gens.agent, "ville:convention", acceptee.reference).text
    assert (
        adresse not in page(acceptee.gens.tresorerie, "ville:convention", acceptee.reference).text
    )
    agir(acceptee, "agent", "transmettre")
    assert lien not in page(acceptee.gens.agent, "ville:convention", acceptee.reference).text


# --- Le chemin entier -----------------------------------------------------------------------------
def test_de_la_preparation_a_l_entree_en_vigueur_par_les_pages(acceptee):
    gens = acceptee.gens
    assert "Préparer la convention" in page(gens.agent, "ville:convention", acceptee.reference).text

    assert agir(acceptee, "agent", "preparer").status_code == 302
    convention = acceptee.conventions.get()
    assert [v.montant for v in convention.versements.order_by("no")] == [8000, 6400, 1600]
    assert acceptee.rapports.count() == 2
    assert page(gens.responsable, "organisme:convention", acceptee.reference).status_code == 404

    (attente,) = [a for a in attentes(gens.agent) if a.sorte == "Convention"]
    assert (attente.action, "à transmettre" in attente.detail) == ("Transmettre", True)
    # Ce que transmettre fige se lit avant, et se change avant.
    brouillon = page(gens.agent, "ville:convention", acceptee.reference).text
    assert "figés dans un PDF" in brouillon
    assert brouillon.index("Résultats attendus") < brouillon.index("Transmettre pour signature")

    agir(acceptee, "agent", "transmettre")
    assert Email.objects.filter(subject__startswith="Convention à signer").count() == 1
    assert (
        "Signer la convention"
        in page(gens.responsable, "organisme:convention", acceptee.reference).text
    )
    assert (
        "Une personne responsable"
        in page(gens.membre, "organisme:convention", acceptee.reference).text
    )

    assert signer(acceptee).status_code == 302
    assert (
        "Signer pour la Ville" not in page(gens.agent, "ville:convention", acceptee.reference).text
    )
    agir(acceptee, "approbation", "contresigner")

    convention.refresh_from_db()
    acceptee.refresh_from_db()
    assert (convention.etat, acceptee.etat) == ("en_vigueur", "conventionnee")
    assert (convention.signataire_nom, convention.signee_par) == ("Alix Essai", gens.responsable)
    assert convention.en_vigueur_par == gens.approbation
    assert verbes(convention) == [
        "convention.preparer",
        "convention.transmettre",
        "convention.signer",
        "convention.contresigner",
    ]


def test_une_signature_sur_papier_dit_qui_a_signe_et_qui_l_a_inscrite(transmise):
    agir(transmise, "agent", "papier", nom="Alix Essai", titre="Présidence")

    convention = transmise.conventions.get()
    assert (convention.etat, convention.signature_papier) == ("signee", True)
    assert convention.signataire_nom == "Alix Essai"
    assert verbes(convention) == ["convention.signer", "convention.inscrire_signature"]
    assert (
        "(sur papier)" in page(transmise.gens.agent, "ville:convention", transmise.reference).text
    )


def test_resilier_par_la_page_annule_les_versements_a_venir(db):
    projet = un_projet()
    projet.demande.gens = projet.gens
    agir(projet.demande, "approbation", "resilier", motif="Abandon du projet.")

    projet.convention.refresh_from_db()
    projet.demande.refresh_from_db()
    assert (projet.convention.etat, projet.demande.etat) == ("resiliee", "resiliee")
    assert set(projet.convention.versements.values_list("etat", flat=True)) == {"annule"}
    texte = page(projet.gens.agent, "ville:convention", projet.demande.reference).text
    assert "Résiliée" in texte
    assert "Préparer la convention" not in texte


# --- Refuser --------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("champ", "valeur", "phrase"),
    [
        ("nom", "", "obligatoire"),
        ("nom", "   ", "obligatoire"),
        ("nom", "N" * 121, "120 caractères"),
        ("nom", "A\x00", "nul"),
        ("titre", "", "obligatoire"),
        ("titre", "T" * 121, "120 caractères"),
        ("consentement", "", "obligatoire"),
    ],
)
def test_une_signature_incomplete_se_dit_pres_de_son_champ(transmise, champ, valeur, phrase):
    saisie = {"nom": "Alix Essai", "titre": "Direction", champ: valeur}

    reponse = signer(transmise, **{champ: valeur})

    assert reponse.status_code == 200
    formulaire = Formulaire(reponse.text)
    assert phrase in formulaire.erreur(champ)
    for nom in ("nom", "titre"):
        if "\x00" not in saisie[nom]:
            assert formulaire.valeur(nom) == saisie[nom]
    convention = transmise.conventions.get()
    assert (convention.etat, convention.signataire_nom) == ("transmise", "")
    assert verbes(convention) == []


@pytest.mark.parametrize(
    ("champ", "valeur", "phrase"),
    [
        ("nom", "", "obligatoire"),
        ("nom", "N" * 121, "120 caractères"),
        ("titre", "T" * 121, "120 caractères"),
    ],
)
def test_une_signature_papier_incomplete_se_dit_pres_de_son_champ(transmise, champ, valeur, phrase):
    saisie = {"nom": "Alix Essai", "titre": "Direction", champ: valeur}

    reponse = agir(transmise, "agent", "papier", **saisie)

    assert reponse.status_code == 200
    formulaire = Formulaire(reponse.text, "/papier/")
    assert phrase in formulaire.erreur(champ)
    assert {nom: formulaire.valeur(nom) for nom in saisie} == saisie
    assert transmise.conventions.get().etat == "transmise"


@pytest.mark.parametrize("motif", ["", "  \n "])
def test_resilier_sans_motif_se_dit_pres_du_champ(db, motif):
    projet = un_projet()
    projet.demande.gens = projet.gens

    reponse = agir(projet.demande, "approbation", "resilier", motif=motif)

    assert reponse.status_code == 200
    assert "obligatoire" in Formulaire(reponse.text, "/resilier/").erreur("motif")
    # L'erreur se voit sans ouvrir la section.
    assert "<details open>" in reponse.text
    projet.convention.refresh_from_db()
    assert projet.convention.etat == "en_vigueur"
    assert verbes(projet.convention) == []


def test_preparer_attend_la_lettre(db):
    demande = DecisionFactory().demande
    demande.gens = des_gens(demande.organisme)
    reponse = agir(demande, "agent", "preparer")
    assert reponse.status_code == 302
    suite = page(demande.gens.agent, "ville:convention", demande.reference)
    assert not Convention.objects.exists()
    assert suite.status_code == 200


# --- Deux fois ------------------------------------------------------------------------------------
def test_preparer_et_transmettre_deux_fois_ne_font_qu_une_convention(acceptee):
    for action in ("preparer", "preparer", "transmettre", "transmettre"):
        assert agir(acceptee, "agent", action).status_code == 302

    assert (Convention.objects.count(), Versement.objects.count()) == (1, 3)
    assert Rapport.objects.count() == 2
    assert Email.objects.filter(subject__startswith="Convention à signer").count() == 1
    assert verbes(acceptee.conventions.get()) == ["convention.preparer", "convention.transmettre"]


def test_signer_deux_fois_ne_change_pas_le_signataire(transmise):
    assert signer(transmise).status_code == 302
    encore = signer(transmise, nom="Une autre personne")

    convention = transmise.conventions.get()
    assert encore.status_code == 302
    assert convention.signataire_nom == "Alix Essai"
    assert verbes(convention) == ["convention.signer"]


def test_contresigner_et_resilier_deux_fois_n_ecrivent_qu_une_entree(transmise):
    signer(transmise)
    for _ in range(2):
        agir(transmise, "approbation", "contresigner")
    for _ in range(2):
        agir(transmise, "approbation", "resilier", motif="Abandon.")
    assert verbes(transmise.conventions.get()) == [
        "convention.signer",
        "convention.contresigner",
        "convention.resilier",
    ]


def test_la_signature_papier_ne_s_inscrit_pas_deux_fois(transmise):
    for nom in ("Alix Essai", "Une autre"):
        agir(transmise, "agent", "papier", nom=nom)
    convention = transmise.conventions.get()
    assert convention.signataire_nom == "Alix Essai"
    assert verbes(convention) == ["convention.signer", "convention.inscrire_signature"]


# --- Qui ------------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("depart", "action", "refuses"),
    [
        (None, "preparer", "approbation tresorerie administration mifi responsable autre"),
        ("brouillon", "transmettre", "approbation tresorerie mifi responsable autre"),
        ("transmise", "papier", "approbation tresorerie administration mifi responsable autre"),
        ("signee", "contresigner", "agent tresorerie administration mifi responsable autre"),
        ("en_vigueur", "resilier", "agent tresorerie administration mifi responsable autre"),
    ],
)
def test_les_autres_roles_recoivent_404(acceptee, depart, action, refuses):
    if depart:
        convention = ConventionFactory(decision=acceptee.decisions.get(), en_vigueur=True)
        Convention.objects.filter(pk=convention.pk).update(etat=depart)
    for role in refuses.split():
        for donnees in ({"nom": "Alix", "titre": "", "motif": "Abandon."}, {}):
            assert agir(acceptee, role, action, **donnees).status_code == 404, (role, donnees)
    if depart:
        convention.refresh_from_db()
        assert convention.etat == depart
        assert verbes(convention) == []
    else:
        assert not Convention.objects.exists()


@pytest.mark.parametrize("role", ["membre", "autre", "agent", "approbation", "mifi"])
def test_seul_le_responsable_signe_par_la_page(transmise, role):
    assert signer(transmise, role).status_code == 404
    assert transmise.conventions.get().etat == "transmise"


@pytest.mark.parametrize("role", ["autre", "agent", "mifi"])
def test_la_page_de_l_organisme_n_existe_que_pour_lui(transmise, role):
    qui = getattr(transmise.gens, role)
    assert page(qui, "organisme:convention", transmise.reference).status_code == 404


def test_qui_est_recuse_ne_voit_pas_la_convention(transmise):
    membre = MembreComiteFactory(appel=transmise.appel, utilisateur=transmise.gens.agent)
    AffectationFactory(demande=transmise, membre=membre, recusee=True)
    agent = transmise.gens.agent
    assert page(agent, "ville:convention", transmise.reference).status_code == 404
    assert agir(transmise, "agent", "papier", nom="Alix").status_code == 404


def test_une_action_inconnue_donne_404(transmise):
    assert agir(transmise, "agent", "effacer").status_code == 404


def test_agir_sans_convention_donne_404(acceptee):
    for role, action in (("agent", "transmettre"), ("approbation", "contresigner")):
        assert agir(acceptee, role, action).status_code == 404


def test_l_organisme_ne_voit_pas_la_convention_de_brouillon_ni_ses_versements(acceptee):
    agir(acceptee, "agent", "preparer")
    texte = page(acceptee.gens.responsable, "organisme:demande", acceptee.reference).text
    assert "CONV-" not in texte


# --- Requêtes -------------------------------------------------------------------------------------
def test_la_page_coute_autant_pour_un_versement_que_pour_trois(acceptee):
    convention = ConventionFactory(decision=acceptee.decisions.get(), en_vigueur=True)
    couts = []
    for no in (1, 2, 3):
        Versement.objects.create(
            convention=convention, no=no, montant="1000.00", condition="signature"
        )
        couts.append(
            (
                requetes(acceptee.gens.agent, "ville:convention", acceptee.reference),
                requetes(acceptee.gens.responsable, "organisme:convention", acceptee.reference),
            )
        )
    assert couts[0] == couts[2]
