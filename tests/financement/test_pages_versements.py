"""La page des versements : l'action prête, l'erreur près de son champ, rien deux fois."""

from io import BytesIO

import pytest
from django.urls import reverse
from openpyxl import load_workbook

from financement.models import Rapport, Versement
from socle.models import EntreeJournal
from tests.factories import (
    AffectationFactory,
    MembreComiteFactory,
    UtilisateurFactory,
    dans,
)
from tests.financement.objets import Formulaire, envoyer, page, requetes, un_projet, verbes

pytestmark = pytest.mark.django_db


@pytest.fixture
def projet(db):
    return un_projet()


def agir(projet, role, action, rang=0, **donnees):
    versement = projet.versements[rang]
    reponse = envoyer(
        getattr(projet.gens, role), "ville:versement_agir", versement.pk, action, **donnees
    )
    versement.refresh_from_db()
    return reponse


def mettre(projet, etat, rang=0):
    """Pose l'état d'un versement comme s'il y était arrivé."""
    Versement.objects.filter(pk=projet.versements[rang].pk).update(
        etat=etat, propose_par=projet.gens.agent, propose_le=dans()
    )
    if etat == "autorise":
        Versement.objects.filter(pk=projet.versements[rang].pk).update(
            autorise_par=projet.gens.approbation, autorise_le=dans()
        )


def actions(texte, versement):
    """Les actions offertes pour ``versement`` sur la page."""
    return [
        action
        for action in ("proposer", "autoriser", "verser", "retenir")
        if reverse("ville:versement_agir", args=[versement.pk, action]) in texte
    ]


# --- Faire ----------------------------------------------------------------------------------------
def test_trois_personnes_menent_un_versement_a_sa_fin_par_les_pages(projet):
    versement = projet.versements[0]
    for role, action, donnees, etat in (
        ("agent", "proposer", {}, "exigible"),
        ("approbation", "autoriser", {}, "autorise"),
        ("tresorerie", "verser", {"reference": "TR-2031-17"}, "verse"),
    ):
        qui = getattr(projet.gens, role)
        assert action in actions(page(qui, "ville:versements").text, versement)
        reponse = agir(projet, role, action, **donnees)
        assert reponse.status_code == 302
        assert versement.etat == etat

    assert verbes(versement) == ["versement.proposer", "versement.autoriser", "versement.verser"]
    assert "TR-2031-17" in page(projet.gens.agent, "ville:versements").text


def test_retenir_ecrit_son_motif_a_la_page_et_au_journal(projet):
    mettre(projet, "exigible")
    agir(projet, "approbation", "retenir", motif="Compte bancaire à vérifier.")

    assert projet.versements[0].etat == "retenu"
    assert "Compte bancaire à vérifier." in page(projet.gens.agent, "ville:versements").text
    assert EntreeJournal.objects.get(verbe="versement.retenir").motif.startswith("Compte")


def test_la_page_offre_a_chacun_ce_qu_il_peut_faire_et_rien_d_autre(projet):
    premier, etape, _ = projet.versements
    gens = projet.gens
    texte = page(gens.agent, "ville:versements").text
    assert actions(texte, premier) == ["proposer"]
    assert actions(texte, etape) == []
    mettre(projet, "exigible")
    for role, offertes in (
        ("agent", ["retenir"]),
        ("approbation", ["autoriser", "retenir"]),
        ("tresorerie", ["autoriser", "retenir"]),
        ("administration", []),
    ):
        assert actions(page(getattr(gens, role), "ville:versements").text, premier) == offertes
    mettre(projet, "autorise")
    assert actions(page(gens.tresorerie, "ville:versements").text, premier) == ["verser", "retenir"]
    Rapport.objects.filter(pk=projet.etape.pk).update(etat="accepte", depose_le=dans())
    assert actions(page(gens.agent, "ville:versements").text, etape) == ["proposer"]


# --- Refuser --------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("reference", "phrase"),
    [("", "obligatoire"), ("   ", "obligatoire"), ("R" * 61, "60 caractères"), ("A\x00B", "nul")],
)
def test_une_reference_impossible_se_dit_pres_de_son_champ(projet, reference, phrase):
    mettre(projet, "autorise")
    versement = projet.versements[0]

    reponse = agir(projet, "tresorerie", "verser", reference=reference)

    assert reponse.status_code == 200
    formulaire = Formulaire(reponse.text, f"{versement.pk}/verser/")
    assert phrase in formulaire.erreur("reference")
    if "\x00" not in reference:
        assert formulaire.valeur("reference") == reference
    assert (versement.etat, versement.reference) == ("autorise", "")
    assert verbes(versement) == []


@pytest.mark.parametrize(
    ("motif", "phrase"), [("", "obligatoire"), (" ", "obligatoire"), ("m" * 301, "300 caractères")]
)
def test_un_motif_impossible_se_dit_pres_de_son_champ(projet, motif, phrase):
    mettre(projet, "exigible")
    versement = projet.versements[0]

    reponse = agir(projet, "agent", "retenir", motif=motif)

    assert reponse.status_code == 200
    formulaire = Formulaire(reponse.text, f"{versement.pk}/retenir/")
    assert phrase in formulaire.erreur("motif")
    assert formulaire.valeur("motif") == motif
    assert versement.etat == "exigible"
    assert verbes(versement) == []


def test_l_erreur_garde_le_filtre_et_la_reussite_y_revient(projet):
    mettre(projet, "autorise")
    filtre = {"reference": projet.demande.reference}
    texte = page(projet.gens.tresorerie, "ville:versements", **filtre).text
    envoi = Formulaire(texte, f"{projet.versements[0].pk}/verser/").donnees()

    refusee = agir(projet, "tresorerie", "verser", **envoi)
    retour = f"{reverse('ville:versements')}?reference={projet.demande.reference}"
    assert f'href="{retour}"' in refusee.text
    envoi = Formulaire(refusee.text, f"{projet.versements[0].pk}/verser/").donnees()
    faite = agir(projet, "tresorerie", "verser", **{**envoi, "reference": "TR-9"})
    assert faite.url == retour


@pytest.mark.parametrize("suite", ["https://ailleurs.example/", "\r\nX-Intrus: 1", "%00", "a=b&c"])
def test_une_suite_forgee_reste_sur_la_page(projet, suite):
    reponse = agir(projet, "agent", "proposer", suite=suite)
    assert reponse.status_code == 302
    assert reponse.url.startswith(reverse("ville:versements"))
    assert "X-Intrus" not in reponse.headers


# --- Deux fois ------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("depart", "role", "action", "donnees", "arrivee"),
    [
        ("prevu", "agent", "proposer", {}, "exigible"),
        ("exigible", "approbation", "autoriser", {}, "autorise"),
        ("autorise", "tresorerie", "verser", {"reference": "TR-1"}, "verse"),
        ("exigible", "agent", "retenir", {"motif": "À vérifier."}, "retenu"),
    ],
)
def test_l_envoi_rejoue_ne_fait_rien_de_plus(projet, depart, role, action, donnees, arrivee):
    mettre(projet, depart)
    agir(projet, role, action, **donnees)
    encore = agir(projet, role, action, **dict.fromkeys(donnees, "Autre chose"))

    versement = projet.versements[0]
    assert versement.etat == arrivee
    assert verbes(versement) == [f"versement.{action}"]
    assert "Autre chose" not in (versement.reference, versement.motif)
    suite = page(getattr(projet.gens, role), "ville:versements")
    assert encore.status_code in {200, 302}
    assert suite.status_code == 200


# --- Qui ------------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("depart", "action", "refuses"),
    [
        ("prevu", "proposer", "approbation tresorerie administration mifi responsable autre"),
        ("exigible", "autoriser", "agent administration mifi responsable autre"),
        ("autorise", "verser", "agent approbation administration mifi responsable autre"),
        ("exigible", "retenir", "administration mifi responsable autre"),
    ],
)
def test_les_autres_roles_recoivent_404(projet, depart, action, refuses):
    mettre(projet, depart)
    for role in refuses.split():
        donnees = {"reference": "TR-1", "motif": "Motif."}
        assert agir(projet, role, action, **donnees).status_code == 404, role
    assert projet.versements[0].etat == depart
    assert verbes(projet.versements[0]) == []


def test_un_role_refuse_recoit_404_meme_sans_reference(projet):
    mettre(projet, "autorise")
    assert agir(projet, "agent", "verser").status_code == 404


def test_qui_a_propose_recoit_404_en_autorisant(projet):
    double = UtilisateurFactory(roles=["agent", "approbation"])
    versement = projet.versements[0]
    envoyer(double, "ville:versement_agir", versement.pk, "proposer")
    assert actions(page(double, "ville:versements").text, versement) == ["retenir"]
    reponse = envoyer(double, "ville:versement_agir", versement.pk, "autoriser")
    assert reponse.status_code == 404
    versement.refresh_from_db()
    assert versement.etat == "exigible"


def test_qui_est_recuse_ne_voit_ni_ne_touche_le_versement(projet):
    membre = MembreComiteFactory(appel=projet.demande.appel, utilisateur=projet.gens.agent)
    AffectationFactory(demande=projet.demande, membre=membre, recusee=True)
    assert projet.demande.titre not in page(projet.gens.agent, "ville:versements").text
    assert agir(projet, "agent", "proposer").status_code == 404
    assert projet.versements[0].etat == "prevu"


def test_une_action_ou_un_versement_inconnus_donnent_404(projet):
    assert agir(projet, "agent", "effacer").status_code == 404
    for pk in (0, 10**18):
        reponse = envoyer(projet.gens.agent, "ville:versement_agir", pk, "proposer")
        assert reponse.status_code == 404


# --- La liste -------------------------------------------------------------------------------------
@pytest.mark.parametrize("role", ["agent", "approbation", "tresorerie"])
@pytest.mark.parametrize("etat", ["prevu", "exigible", "autorise"])
def test_la_liste_coute_autant_pour_un_projet_que_pour_trois(projet, role, etat):
    qui = getattr(projet.gens, role)
    mettre(projet, etat)
    un = requetes(qui, "ville:versements")
    for _ in range(2):
        mettre(un_projet(), etat)
    assert requetes(qui, "ville:versements") == un


@pytest.mark.parametrize(
    "filtre",
    [
        {"etat": "inconnu"},
        {"reference": "x" * 5000},
        {"page": "dix"},
        {"page": "9" * 40},
        {"format": "csv"},
    ],
)
def test_un_filtre_forge_ne_casse_pas_la_page(projet, filtre):
    assert page(projet.gens.agent, "ville:versements", **filtre).status_code == 200


def test_le_tableur_suit_le_filtre(projet):
    un_projet()
    reponse = page(
        projet.gens.tresorerie,
        "ville:versements",
        reference=projet.demande.reference,
        format="xlsx",
    )
    feuille = load_workbook(BytesIO(reponse.content)).active
    lignes = list(feuille.iter_rows(min_row=2, values_only=True))
    assert [(ligne[3], float(ligne[4])) for ligne in lignes] == [(1, 8000), (2, 6400), (3, 1600)]
