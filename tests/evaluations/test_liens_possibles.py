"""Les liens possibles : des indices montrés au membre et à l'agent, qui ne décident rien seuls."""

import pytest
from django.test import Client
from django.urls import reverse

from evaluations.indices import liens_possibles
from evaluations.liens_possibles import Entourage, Personne, domaine, liens
from evaluations.models import LienEcarte
from evaluations.services import interets
from socle.exceptions import PermissionRefusee, RegleViolee
from tests.evaluations.objets import declarer, un_comite
from tests.factories import (
    AdhesionFactory,
    AffectationFactory,
    DemandeFactory,
    MembreComiteFactory,
    UtilisateurFactory,
)

PARLURES = Entourage(
    cle=1,
    nom="Café Parlures inc.",
    domaines=frozenset({"parlures.org"}),
    signataire="Amina Traoré",
    administrateurs=("Louis-Philippe Gélinas", "Zoé Nadeau"),
    membres=("Karim Ben Salah",),
)


@pytest.mark.parametrize(
    ("personne", "indice"),
    [
        (Personne("Alix Roy", "alix@parlures.org"), "même domaine de courriel : parlures.org"),
        (Personne("Alix Roy", "alix@ca.parlures.org"), "même domaine de courriel"),
        (Personne("AMINA TRAORE"), "porte le nom de la personne autorisée à signer"),
        (Personne("Zoe Nadeau"), "porte le nom d'une personne du conseil d'administration"),
        (
            Personne("Marthe Gélinas-Roy"),
            "même nom de famille que celui d'une personne du conseil d'administration",
        ),
        (Personne("Inès Salah"), "même nom de famille que celui d'une personne qui rédige"),
        (Personne("Alix Roy", employeur="Parlures"), "employeur inscrit au profil : Parlures"),
        (
            Personne("Alix Roy", declares={1: "Emploi, contrat ou mandat"}),
            "lien déjà déclaré avec cet organisme : emploi, contrat ou mandat",
        ),
    ],
)
def test_chaque_indice_se_dit(personne, indice):
    (trouve,) = liens(personne, PARLURES)

    assert trouve.startswith(indice)


@pytest.mark.parametrize(
    "personne",
    [
        Personne("Alix Roy", "alix@ailleurs.org", "Café du Marché"),
        Personne("Alix Roy", "alix@nonparlures.org"),
        Personne("Amina", declares={2: "Emploi"}),
        Personne("Rachid Ben Ali"),  # une particule n'est pas un nom
        Personne("Alix Roy", employeur="Inc."),
    ],
)
def test_sans_indice_rien_n_est_dit(personne):
    assert liens(personne, PARLURES) == ()


def test_une_adresse_a_tout_le_monde_ne_rapproche_personne():
    assert domaine("amina@gmail.com") == ""
    assert domaine("https://www.parlures.org/contact") == "parlures.org"


# --- En base --------------------------------------------------------------------------------------
@pytest.fixture
def pret(db):
    """D01 est d'un organisme au domaine de M2 ; rien ne rapproche les autres."""
    pret = un_comite(membres=3, demandes=2)
    membre = pret.membres[1].utilisateur
    membre.email = "membre@parlures.org"
    membre.save()
    organisme = pret.demandes[0].organisme
    organisme.courriel = "info@parlures.org"
    organisme.save()
    return pret


def page(qui, nom, *args, **donnees):
    client = Client()
    client.force_login(qui)
    adresse = reverse(nom, args=args)
    return client.post(adresse, donnees) if donnees else client.get(adresse)


def test_les_indices_viennent_du_dossier_des_membres_et_des_declarations_passees(pret):
    premiere, seconde = pret.demandes
    ancienne = DemandeFactory(en_evaluation=True, organisme=seconde.organisme)
    siege = MembreComiteFactory(appel=ancienne.appel, utilisateur=pret.membres[0].utilisateur)
    AffectationFactory(demande=ancienne, membre=siege, recusee=True)
    seconde.organisme.administrateurs = "Jeanne Untel\nGeorges Lavoie"
    seconde.organisme.save()
    AdhesionFactory(organisme=premiere.organisme, utilisateur__nom="Paul Bolduc")
    lavoie, bolduc = (UtilisateurFactory(nom=nom) for nom in ("Rita Lavoie", "Paul Bolduc"))
    membres = [
        *pret.membres,
        MembreComiteFactory(appel=pret.appel, utilisateur=lavoie),
        MembreComiteFactory(appel=pret.appel, utilisateur=bolduc),
    ]

    trouves = liens_possibles(membres, pret.demandes)

    assert {paire: len(dits) for paire, dits in trouves.items()} == {
        (premiere.pk, pret.membres[1].pk): 1,
        (seconde.pk, pret.membres[0].pk): 1,
        (seconde.pk, membres[3].pk): 1,
        (premiere.pk, membres[4].pk): 1,
    }
    assert "déjà déclaré" in trouves[seconde.pk, pret.membres[0].pk][0]


def test_autant_de_requetes_pour_une_demande_que_pour_trois(pret, django_assert_num_queries):
    with django_assert_num_queries(3):
        liens_possibles(pret.membres, pret.demandes[:1])
    with django_assert_num_queries(3):
        liens_possibles(pret.membres, pret.demandes)


def test_le_membre_voit_l_indice_quand_il_declare(pret):
    texte = page(pret.membres[1].utilisateur, "comite:interets", pret.appel.code).text

    assert "Un lien possible" in texte
    assert "Même domaine de courriel : parlures.org" in texte
    autre = page(pret.membres[0].utilisateur, "comite:interets", pret.appel.code).text
    assert "parlures.org" not in autre


def test_chaque_lien_s_explique_en_une_phrase(pret):
    texte = page(pret.membres[0].utilisateur, "comite:interets", pret.appel.code).text

    assert "en recevez un contrat" in texte
    assert texte.count("<dt>") >= 6


def test_un_indice_ne_decide_rien(pret):
    """Le membre se dit sans lien malgré l'indice : il lit ; l'agent voit les deux."""
    declarer(pret.demandes[0], pret.membres[1])

    lecture = page(pret.membres[1].utilisateur, "comite:lecture", pret.demandes[0].reference)
    assert lecture.status_code == 200
    assert "Déclaré sans lien" in page(pret.agente, "ville:liens", pret.appel.code).text


def test_l_agent_voit_les_indices_la_ou_il_confie(pret):
    for adresse, cle in (
        ("ville:liens", pret.appel.code),
        ("ville:affecter_demande", pret.demandes[0].reference),
    ):
        assert "même domaine de courriel" in page(pret.agente, adresse, cle).text
    assert "1 à examiner" in page(pret.agente, "ville:comite", pret.appel.code).text
    pret.membres[1].utilisateur.email = "membre@exemple.test"
    pret.membres[1].utilisateur.save()
    assert "Aucun lien possible" in page(pret.agente, "ville:liens", pret.appel.code).text


def test_ecarter_un_lien_demande_une_raison_et_se_defait(pret):
    chemin = ("ville:lien", pret.demandes[0].reference, pret.membres[1].pk)
    sans_motif = page(pret.agente, *chemin, motif="")
    assert "champ--erreur" in sans_motif.text
    page(pret.agente, *chemin, motif="Homonyme vérifié")

    ecarte = LienEcarte.objects.get()
    assert (ecarte.motif, ecarte.ecarte_par) == ("Homonyme vérifié", pret.agente)
    assert "Homonyme vérifié" in page(pret.agente, *chemin).text
    page(pret.agente, *chemin, retablir="1")
    assert not LienEcarte.objects.exists()


def test_personne_n_ecarte_son_propre_lien(pret):
    pret.membres[1].utilisateur.roles = ["agent"]
    pret.membres[1].utilisateur.save()
    champs = {"demande": pret.demandes[0], "membre": pret.membres[1], "motif": "Bof"}

    with pytest.raises(RegleViolee, match="collègue"):
        interets.ecarter_lien(acteur=pret.membres[1].utilisateur, **champs)
    with pytest.raises(PermissionRefusee):
        interets.ecarter_lien(acteur=pret.membres[0].utilisateur, **champs)
    texte = page(
        pret.membres[1].utilisateur, "ville:lien", pret.demandes[0].reference, pret.membres[1].pk
    ).text
    assert "Il s'agit de vous" in texte


def test_ecarter_ce_qui_n_est_pas_un_lien_est_refuse(pret):
    with pytest.raises(RegleViolee, match="n'existe plus"):
        interets.ecarter_lien(
            acteur=pret.agente, demande=pret.demandes[1], membre=pret.membres[1], motif="Rien"
        )


@pytest.mark.parametrize("nom", ["ville:liens", "ville:lien"])
def test_seul_un_agent_impartial_voit_les_liens(pret, nom):
    args = [pret.appel.code]
    if nom == "ville:lien":
        args = [pret.demandes[0].reference, pret.membres[1].pk]
    for qui in (pret.membres[0].utilisateur, UtilisateurFactory(tresorerie=True)):
        assert page(qui, nom, *args).status_code == 404
    siegeant = UtilisateurFactory(agent=True)
    siege = MembreComiteFactory(appel=pret.appel, utilisateur=siegeant, code="M9")
    AffectationFactory(demande=pret.demandes[0], membre=siege, recusee=True)
    reponse = page(siegeant, nom, *args)
    assert reponse.status_code == 404 or "Projetunique1" not in reponse.text
