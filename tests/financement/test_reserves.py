"""« Acceptée sous réserve » : qui vérifie, d'ici quand, et la convention qui attend."""

import datetime as dt
from decimal import Decimal as D

import pytest

from financement.documents import conditions
from financement.models import Reserve
from financement.services import conventions, decisions, reserves
from socle import horloge
from socle.exceptions import PermissionRefusee, RegleViolee
from tests.factories import (
    AffectationFactory,
    DemandeFactory,
    MembreComiteFactory,
    RecommandationFactory,
    ResolutionFactory,
)
from tests.financement.objets import Formulaire, des_gens, envoyer, page, verbes

pytestmark = pytest.mark.django_db


@pytest.fixture
def demande(db):
    demande = DemandeFactory(recommandee=True)
    RecommandationFactory(demande=demande)
    demande.gens = des_gens(demande.organisme)
    demande.resolution = ResolutionFactory(appel=demande.appel)
    return demande


def dans(jours):
    return horloge.aujourdhui() + dt.timedelta(days=jours)


def decider(demande, **donnees):
    """Par la page, comme elle est remplie, avec une réserve."""
    qui = demande.gens.approbation
    remplie = Formulaire(page(qui, "ville:decider", demande.reference).text).donnees()
    reserve = {
        "reserves-0-texte": "La charte de l'organisme, signée",
        "reserves-0-verificateur": demande.gens.agent.pk,
        "reserves-0-echeance": dans(20).isoformat(),
    }
    reponse = envoyer(qui, "ville:decider", demande.reference, **remplie | reserve | donnees)
    demande.refresh_from_db()
    return reponse


@pytest.fixture
def reserve(demande):
    decider(demande)
    type(demande).objects.filter(pk=demande.pk).update(etat_annonce="acceptee")
    demande.refresh_from_db()
    return Reserve.objects.get()


def preparer(demande):
    return conventions.preparer_convention(acteur=demande.gens.agent, demande=demande)


def test_la_page_pose_la_reserve_avec_la_decision(demande):
    assert decider(demande).status_code == 302
    reserve = Reserve.objects.get()
    assert (demande.etat, reserve.demande, reserve.verificateur) == (
        "acceptee",
        demande,
        demande.gens.agent,
    )
    assert reserve.echeance == dans(20)
    assert "La charte de l'organisme, signée" in conditions(reserve.decision)[0]


def test_sans_texte_il_n_y_a_pas_de_reserve(demande):
    decider(
        demande,
        **{
            "reserves-0-texte": "",
            "reserves-0-verificateur": "",
            "reserves-0-echeance": "",
        },
    )
    assert demande.etat == "acceptee"
    assert not Reserve.objects.exists()


@pytest.mark.parametrize(
    ("champ", "valeur", "phrase"),
    [
        ("reserves-0-verificateur", "", "obligatoire"),
        ("reserves-0-echeance", "", "obligatoire"),
        ("reserves-0-echeance", "demain", "date"),
        ("reserves-0-texte", "x" * 301, "300"),
        ("reserves-0-texte", "", "obligatoire"),
    ],
)
def test_une_reserve_incomplete_se_dit_pres_du_champ(demande, champ, valeur, phrase):
    reponse = decider(demande, **{champ: valeur})
    formulaire = Formulaire(reponse.text)
    assert phrase in formulaire.erreur(champ)
    assert formulaire.valeur("motifs") == "Projet solide."
    assert demande.etat == "recommandee"


def test_une_echeance_passee_ou_un_refus_sous_reserve_sont_refuses(demande):
    commun = {
        "acteur": demande.gens.approbation,
        "demande": demande,
        "resolution": demande.resolution,
    }
    reserve = {"texte": "x", "verificateur": demande.gens.agent, "echeance": dans(-1)}
    for options in (
        {"resultat": "acceptee", "montant_accorde": D("16000"), "reserves": [reserve]},
        {"resultat": "refusee", "motifs": "Non", "reserves": [{**reserve, "echeance": dans(1)}]},
    ):
        with pytest.raises(RegleViolee) as refus:
            decisions.decider(**commun, **options)
        assert refus.value.champ == "reserves"
    assert not demande.decisions.exists()


def test_une_personne_recusee_ne_verifie_pas(demande):
    membre = MembreComiteFactory(appel=demande.appel, utilisateur=demande.gens.agent)
    AffectationFactory(demande=demande, membre=membre, recusee=True)
    assert demande.gens.agent not in reserves.verificateurs(demande)
    reponse = decider(demande)
    assert Formulaire(reponse.text).erreur("reserves-0-verificateur")


def test_la_convention_attend_que_la_reserve_soit_levee(demande, reserve):
    with pytest.raises(RegleViolee, match="charte") as refus:
        preparer(demande)
    assert refus.value.code == "reserve"
    assert (
        "La convention attend"
        in page(demande.gens.agent, "ville:convention", demande.reference).text
    )

    envoyer(demande.gens.agent, "ville:reserve", reserve.pk, constat="Reçue le 3, conforme.")

    reserve.refresh_from_db()
    assert (reserve.levee_par, reserve.constat) == (demande.gens.agent, "Reçue le 3, conforme.")
    assert verbes(demande)[-1] == "reserve.lever"
    assert preparer(demande).montant == D("16000.00")


def test_la_semaine_de_qui_verifie_la_montre_avec_sa_date(demande, reserve):
    assert "Réserve à lever" in page(demande.gens.agent, "ville:accueil").text
    assert "Réserve à lever" not in page(demande.gens.approbation, "ville:accueil").text
    Reserve.objects.update(echeance=dans(-1))
    assert "En retard" in page(demande.gens.agent, "ville:accueil").text
    assert (
        "1 réserve à lever" in page(demande.gens.agent, "ville:decisions", demande.appel.code).text
    )


@pytest.mark.parametrize("role", ["tresorerie", "administration", "responsable", "autre", "mifi"])
def test_seuls_la_personne_designee_et_l_approbation_la_levent(demande, reserve, role):
    qui = getattr(demande.gens, role)
    assert envoyer(qui, "ville:reserve", reserve.pk, constat="x").status_code == 404
    with pytest.raises(PermissionRefusee):
        reserves.lever_reserve(acteur=qui, reserve=reserve, constat="x")


def test_une_reserve_ne_se_leve_qu_une_fois_et_avec_un_constat(demande, reserve):
    qui = demande.gens.approbation
    vide = envoyer(qui, "ville:reserve", reserve.pk, constat=" ")
    assert "obligatoire" in Formulaire(vide.text).erreur("constat")
    envoyer(qui, "ville:reserve", reserve.pk, constat="Conforme.")
    encore = envoyer(qui, "ville:reserve", reserve.pk, constat="Autre chose.")
    assert encore.status_code == 302
    reserve.refresh_from_db()
    assert reserve.constat == "Conforme."


def test_avant_la_lettre_l_organisme_ne_lit_rien_de_la_reserve(demande):
    decider(demande)
    texte = page(demande.gens.responsable, "organisme:demande", demande.reference).text
    assert "charte" not in texte
    assert "cceptée" not in texte


# --- En lot ---------------------------------------------------------------------------------------
def decider_ensemble(demande, **donnees):
    """Par la page du lot, comme elle est remplie, sauf ``donnees``."""
    qui = demande.gens.approbation
    remplie = Formulaire(page(qui, "ville:decisions_lot", demande.appel.code).text).donnees()
    reponse = envoyer(qui, "ville:decisions_lot", demande.appel.code, **remplie | donnees)
    demande.refresh_from_db()
    return reponse


def reserve_de(demande, no=0, **champs):
    donnees = {
        "texte": "La charte de l'organisme, signée",
        "verificateur": demande.gens.agent.pk,
        "echeance": dans(20).isoformat(),
    }
    return {f"d{demande.pk}-reserves-{no}-{nom}": v for nom, v in (donnees | champs).items()}


def test_le_lot_accepte_aussi_sous_reserve(demande):
    sans = DemandeFactory(recommandee=True, appel=demande.appel, volet=demande.volet)
    RecommandationFactory(demande=sans)
    seconde = reserve_de(demande, 1, texte="La preuve d'assurance")
    assert decider_ensemble(demande, **reserve_de(demande) | seconde).status_code == 302
    textes = ["La charte de l'organisme, signée", "La preuve d'assurance"]
    assert [reserve.texte for reserve in Reserve.objects.order_by("pk")] == textes
    assert {reserve.demande for reserve in Reserve.objects.all()} == {demande}
    sans.refresh_from_db()
    assert (demande.etat, sans.etat) == ("acceptee", "acceptee")


@pytest.mark.parametrize(
    ("champs", "phrase"),
    [
        ({"echeance": "31/31/2031"}, "Saisissez une date valide"),
        ({"verificateur": ""}, "obligatoire"),
        ({"verificateur": "0"}, "Sélectionnez un choix valide"),
        ({"echeance": "2020-01-01"}, "est à venir"),
    ],
)
def test_une_reserve_fausse_arrete_le_lot_et_garde_sa_saisie(demande, champs, phrase):
    reponse = decider_ensemble(demande, **reserve_de(demande, **champs))
    assert reponse.status_code == 200
    assert phrase in reponse.text
    texte = Formulaire(reponse.text).valeur(f"d{demande.pk}-reserves-0-texte")
    assert texte == "La charte de l'organisme, signée"
    assert demande.etat == "recommandee"
    assert not Reserve.objects.exists()


def test_une_reserve_n_accompagne_pas_un_refus_en_lot(demande):
    refus = {
        f"d{demande.pk}-{nom}": valeur
        for nom, valeur in {"resultat": "refusee", "montant_accorde": "", "motifs": "Non."}.items()
    }
    reponse = decider_ensemble(demande, **reserve_de(demande) | refus)
    assert "Une réserve accompagne une acceptation" in reponse.text
    assert demande.etat == "recommandee"


def test_le_lot_n_offre_pas_a_un_recuse_de_verifier(demande):
    membre = MembreComiteFactory(appel=demande.appel, utilisateur=demande.gens.agent)
    AffectationFactory(demande=demande, membre=membre, recusee=True)
    texte = page(demande.gens.approbation, "ville:decisions_lot", demande.appel.code).text
    assert demande.gens.approbation.nom in texte
    assert demande.gens.agent.nom not in texte
    reponse = decider_ensemble(demande, **reserve_de(demande))
    assert reponse.status_code == 200
    assert not Reserve.objects.exists()
