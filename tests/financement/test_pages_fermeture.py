"""La page du solde : le calcul, le règlement, la récupération, la fermeture."""

from decimal import Decimal

import pytest
from post_office.models import Email

from financement.models import Rapport, Recuperation, Versement
from socle.models import EntreeJournal
from tests.factories import AffectationFactory, MembreComiteFactory, dans
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


def finir(projet, depenses="20000.00", verses=2, accepte=True):
    """Le rapport final accepté ; de 8 000, 6 400 et 1 600 $, ``verses`` versements payés."""
    projet.final.depenses.create(categorie="salaires", montant=Decimal(depenses))
    Rapport.objects.filter(pk=projet.final.pk).update(
        etat="accepte" if accepte else "depose",
        depose_le=dans(),
        accepte_le=dans() if accepte else None,
        autres_aides_publiques=0,
    )
    for versement in projet.versements[:verses]:
        Versement.objects.filter(pk=versement.pk).update(
            etat="verse",
            propose_par=projet.gens.agent,
            autorise_par=projet.gens.approbation,
            verse_le=dans(),
        )


@pytest.fixture
def projet(db):
    return un_projet()


def agir(projet, role, action, **donnees):
    reponse = envoyer(
        getattr(projet.gens, role),
        "ville:fermeture_agir",
        projet.demande.reference,
        action,
        **donnees,
    )
    projet.demande.refresh_from_db()
    for versement in projet.versements:
        versement.refresh_from_db()
    return reponse


def lire(projet, role="agent"):
    qui = getattr(projet.gens, role)
    texte = page(qui, "ville:fermeture", projet.demande.reference).text
    return texte.replace("\u00a0", " ").replace("\u202f", " ")


# --- Le chemin ------------------------------------------------------------------------------------
def test_avant_le_rapport_final_la_page_dit_ce_qu_elle_attend(projet):
    assert "rapport final n'est pas encore déposé" in lire(projet).replace("&#x27;", "'")
    agir(projet, "agent", "fermer")
    assert projet.demande.etat == "conventionnee"


def test_le_calcul_se_lit_ligne_par_ligne(projet):
    finir(projet, depenses="19000.00")
    texte = lire(projet)
    # 80 % de 19 000 $ = 15 200 $ ; 14 400 $ versés, 800 $ restent.
    for montant in ("19 000,00 $", "15 200,00 $", "14 400,00 $", "800,00 $"):
        assert montant in texte


def test_regler_ramene_le_dernier_versement_a_ce_qui_est_du_puis_on_ferme(projet):
    finir(projet, depenses="19000.00")
    dernier = projet.versements[2]

    assert agir(projet, "agent", "regler").status_code == 302
    assert (dernier.montant, dernier.etat) == (Decimal("800.00"), "prevu")

    agir(projet, "agent", "fermer")
    assert projet.demande.etat == "conventionnee"
    Versement.objects.filter(pk=dernier.pk).update(
        etat="verse",
        propose_par=projet.gens.agent,
        autorise_par=projet.gens.approbation,
        verse_le=dans(),
    )
    agir(projet, "agent", "fermer")
    projet.convention.refresh_from_db()
    assert (projet.demande.etat, projet.convention.etat) == ("fermee", "echue")
    assert verbes(projet.demande) == ["demande.fermer"]
    assert verbes(projet.convention) == ["convention.terminer"]
    assert "Fermer la demande" not in lire(projet)


def test_le_trop_verse_se_reclame_se_rembourse_et_on_ferme(projet):
    finir(projet, depenses="15000.00")
    agir(projet, "agent", "regler")
    # 80 % de 15 000 $ = 12 000 $ ; 14 400 $ versés.
    recuperation = projet.demande.recuperations.get()
    assert (recuperation.montant, recuperation.etat) == (Decimal("2400.00"), "reclamee")
    assert projet.versements[2].etat == "annule"

    agir(projet, "agent", "fermer")
    assert projet.demande.etat == "conventionnee"
    assert "Remboursement reçu" in lire(projet, "tresorerie")
    agir(projet, "tresorerie", "encaisser")
    agir(projet, "agent", "fermer")

    recuperation.refresh_from_db()
    assert (recuperation.etat, projet.demande.etat) == ("remboursee", "fermee")


def test_fermer_sans_avoir_reclame_le_trop_verse_est_refuse(projet):
    finir(projet, depenses="15000.00", verses=3)

    reponse = agir(projet, "agent", "fermer")

    assert "trop-versé" in messages_de(reponse)
    assert projet.demande.etat == "conventionnee"
    assert verbes(projet.demande) == []
    assert not Recuperation.objects.exists()
    agir(projet, "agent", "regler")
    agir(projet, "tresorerie", "encaisser")
    agir(projet, "agent", "fermer")
    assert projet.demande.etat == "fermee"


def test_fermer_avec_un_versement_retenu_est_refuse(projet):
    finir(projet)
    Versement.objects.filter(pk=projet.versements[2].pk).update(etat="retenu", motif="À vérifier.")
    agir(projet, "agent", "fermer")
    assert projet.demande.etat == "conventionnee"


@pytest.mark.parametrize("etat", ["exigible", "autorise"])
def test_regler_refuse_de_laisser_partir_un_versement_de_trop(projet, etat):
    """Proposé avant le calcul et plus grand que ce qui est dû, il se retient d'abord."""
    finir(projet, depenses="19000.00")
    dernier = projet.versements[2]
    Versement.objects.filter(pk=dernier.pk).update(
        etat=etat,
        propose_par=projet.gens.agent,
        autorise_par=projet.gens.approbation if etat == "autorise" else None,
    )

    refuse = agir(projet, "agent", "regler")
    assert (dernier.montant, dernier.etat) == (Decimal("1600.00"), etat)
    assert "dépasse ce qui reste dû" in messages_de(refuse)

    envoyer(
        projet.gens.tresorerie,
        "ville:versement_agir",
        dernier.pk,
        "retenir",
        motif="Solde moindre.",
    )
    agir(projet, "agent", "regler")
    assert (dernier.montant, dernier.etat) == (Decimal("800.00"), "retenu")


def test_radier_garde_son_motif(projet):
    finir(projet, depenses="15000.00")
    agir(projet, "agent", "regler")

    agir(projet, "approbation", "radier", motif="Organisme dissous.")

    recuperation = projet.demande.recuperations.get()
    assert (recuperation.etat, recuperation.motif) == ("radiee", "Organisme dissous.")
    assert EntreeJournal.objects.get(verbe="recuperation.radier").motif == "Organisme dissous."
    assert "Organisme dissous." in lire(projet)


# --- Refuser --------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("motif", "phrase"),
    [("", "obligatoire"), (" ", "obligatoire"), ("m" * 301, "300 caractères"), ("a\x00", "nul")],
)
def test_un_motif_impossible_se_dit_pres_du_champ(projet, motif, phrase):
    finir(projet, depenses="15000.00")
    agir(projet, "agent", "regler")

    reponse = agir(projet, "approbation", "radier", motif=motif)

    assert reponse.status_code == 200
    formulaire = Formulaire(reponse.text, "/radier/")
    assert phrase in formulaire.erreur("motif")
    if "\x00" not in motif:
        assert formulaire.valeur("motif") == motif
    recuperation = projet.demande.recuperations.get()
    assert recuperation.etat == "reclamee"
    assert verbes(recuperation) == []


def test_une_action_inconnue_donne_404(projet):
    assert agir(projet, "agent", "effacer").status_code == 404


@pytest.mark.parametrize(
    ("role", "action"), [("tresorerie", "encaisser"), ("approbation", "radier")]
)
def test_sans_somme_reclamee_rien_ne_se_fait(projet, role, action):
    finir(projet)
    reponse = agir(projet, role, action, motif="Dissous.")
    assert reponse.status_code == 302
    assert "Aucune somme" in messages_de(reponse)
    assert not Recuperation.objects.exists()


# --- Deux fois ------------------------------------------------------------------------------------
def test_regler_deux_fois_ne_reclame_qu_une_fois(projet):
    finir(projet, depenses="15000.00")
    for _ in range(2):
        agir(projet, "agent", "regler")
    assert Recuperation.objects.count() == 1
    assert verbes(projet.demande) == ["recuperation.reclamer"]
    assert verbes(projet.versements[2]) == ["versement.annuler"]


def test_regler_deux_fois_ne_reduit_qu_une_fois(projet):
    finir(projet, depenses="19000.00")
    for _ in range(2):
        agir(projet, "agent", "regler")
    assert projet.versements[2].montant == Decimal("800.00")


def test_encaisser_radier_et_fermer_deux_fois_n_ecrivent_qu_une_entree(projet):
    finir(projet, depenses="15000.00")
    agir(projet, "agent", "regler")
    for role, action in (
        ("tresorerie", "encaisser"),
        ("approbation", "radier"),
        ("agent", "fermer"),
    ):
        for _ in range(2):
            agir(projet, role, action, motif="Dissous.")
    recuperation = projet.demande.recuperations.get()
    assert verbes(recuperation) == ["recuperation.encaisser"]
    assert verbes(projet.demande) == ["recuperation.reclamer", "demande.fermer"]
    # Une lettre à chacune des deux personnes de l'organisme, une seule fois.
    assert Email.objects.filter(subject__startswith="Fermeture").count() == 2


# --- Qui ------------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("action", "refuses"),
    [
        ("regler", "approbation tresorerie administration mifi responsable autre"),
        ("fermer", "approbation tresorerie administration mifi responsable autre"),
        ("encaisser", "agent approbation administration mifi responsable autre"),
        ("radier", "agent tresorerie administration mifi responsable autre"),
    ],
)
def test_les_autres_roles_recoivent_404(projet, action, refuses):
    finir(projet, depenses="15000.00")
    if action in {"encaisser", "radier"}:
        agir(projet, "agent", "regler")
    avant = EntreeJournal.objects.count()
    for role in refuses.split():
        for motif in ("Dissous.", ""):
            assert agir(projet, role, action, motif=motif).status_code == 404, role
    assert EntreeJournal.objects.count() == avant
    assert projet.demande.etat == "conventionnee"


@pytest.mark.parametrize("role", ["mifi", "responsable", "autre"])
def test_la_page_est_pour_la_ville(projet, role):
    qui = getattr(projet.gens, role)
    assert page(qui, "ville:fermeture", projet.demande.reference).status_code == 404


def test_qui_est_recuse_ne_voit_ni_ne_ferme(projet):
    finir(projet)
    membre = MembreComiteFactory(appel=projet.demande.appel, utilisateur=projet.gens.agent)
    AffectationFactory(demande=projet.demande, membre=membre, recusee=True)
    agent = projet.gens.agent
    assert page(agent, "ville:fermeture", projet.demande.reference).status_code == 404
    assert agir(projet, "agent", "regler").status_code == 404


def test_la_page_n_offre_que_ce_que_la_personne_peut_faire(projet):
    finir(projet, depenses="15000.00")
    agir(projet, "agent", "regler")
    boutons = (
        "Régler le solde</button>",
        "Fermer la demande</button>",
        "Remboursement reçu",
        "Radier la somme",
    )
    attendus = {
        "agent": (True, True, False, False),
        "tresorerie": (False, False, True, False),
        "approbation": (False, False, False, True),
        "administration": (False, False, False, False),
    }
    for role, offre in attendus.items():
        texte = lire(projet, role)
        assert tuple(bouton in texte for bouton in boutons) == offre, role


def test_la_page_coute_autant_pour_une_depense_que_pour_quatre(projet):
    finir(projet)
    avant = requetes(projet.gens.agent, "ville:fermeture", projet.demande.reference)
    for _ in range(3):
        projet.final.depenses.create(categorie="autre", montant="10.00")
    assert requetes(projet.gens.agent, "ville:fermeture", projet.demande.reference) == avant
