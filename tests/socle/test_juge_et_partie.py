"""Une personne de la Ville qui est aussi membre d'un organisme n'y fait pas les deux côtés."""

import pytest
from django.core.files.base import ContentFile
from django.urls import reverse

from appels.models import Demande
from appels.recusations import demandes_recusees
from evaluations.compte_rendu import document_lisible
from evaluations.models import Affectation
from evaluations.visibilite import demandes_confiees, demandes_revelees_a, nombre_a_faire
from financement.models import LotPaiement
from financement.services.reserves import verificateurs, verificateurs_de
from socle.cycle_de_vie import transitionner
from socle.exceptions import TransitionRefusee
from socle.permissions import MATRICE
from tests.evaluations.objets import affectation, declarer, un_comite
from tests.factories import (
    AdhesionFactory,
    DecisionFactory,
    DemandeFactory,
    DocumentFactory,
    MembreComiteFactory,
    ResolutionFactory,
    SeanceFactory,
    UtilisateurFactory,
    VersementFactory,
)
from tests.financement.objets import un_projet

pytestmark = pytest.mark.django_db

EXTRAIT = b"%PDF-1.7 de tous"
DE_LA_VILLE = ["agent", "approbation", "tresorerie", "administration"]
# Ce que chaque côté peut : rien de ceci ne se fait des deux.
RESERVEES = sorted(
    {
        "convention.preparer",
        "convention.contresigner",
        "convention.resilier",
        "echange.suivre",
        "echange.repondre",
        "lettre.emettre",
        "organisme.verifier",
        "rapport.examiner",
        "recuperation.reclamer",
        "recuperation.encaisser",
        "recuperation.radier",
        "reexamen.confier",
        "reexamen.recevoir",
        "somme.reporter",
        "versement.proposer",
        "versement.verser",
        "versement.retenir",
    }
    | {
        f"demande.{geste}"
        for geste in (
            "suivre",
            "traiter",
            "accorder_derogation",
            "ouvrir_evaluation",
            "clore_evaluation",
            "decider",
            "conventionner",
            "fermer",
            "resilier",
            "preparer_avis",
        )
    }
)


def des_deux_cotes(organisme, role="responsable"):
    personne = UtilisateurFactory(roles=DE_LA_VILLE)
    AdhesionFactory(organisme=organisme, utilisateur=personne, role=role)
    return personne


@pytest.mark.parametrize("permission", RESERVEES)
def test_la_ville_ne_se_prononce_pas_sur_son_propre_organisme(permission):
    demande = DemandeFactory(en_evaluation=True)
    objet = demande.organisme if permission == "organisme.verifier" else demande
    personne = des_deux_cotes(demande.organisme, role="redacteur")
    collegue = UtilisateurFactory(roles=DE_LA_VILLE)

    assert permission in MATRICE
    assert not personne.peut(permission, objet)
    assert collegue.peut(permission, objet)


def test_elle_n_autorise_pas_un_versement_a_son_organisme():
    versement = VersementFactory()
    personne = des_deux_cotes(versement.convention.demande.organisme)

    assert not personne.peut("versement.autoriser", versement)
    assert UtilisateurFactory(roles=DE_LA_VILLE).peut("versement.autoriser", versement)


def test_elle_garde_les_gestes_de_l_organisme():
    demande = DemandeFactory()
    personne = des_deux_cotes(demande.organisme)

    for permission in ("demande.voir", "demande.rediger", "demande.deposer", "echange.ecrire"):
        assert personne.peut(permission, demande), permission
    assert Demande.objects.visibles_par(personne).filter(pk=demande.pk).exists()


def test_ni_les_pages_ni_les_listes_de_la_ville_ne_lui_montrent_sa_demande(client):
    projet = un_projet()
    demande, autre = projet.demande, DecisionFactory().demande
    personne = des_deux_cotes(demande.organisme)
    client.force_login(personne)

    suivies = Demande.objects.sans_recusation(personne)
    assert autre in suivies
    assert demande not in suivies
    assert demande in demandes_recusees(personne)
    for nom in ("ville:demande", "ville:decider", "ville:convention"):
        assert client.get(reverse(nom, args=[demande.reference])).status_code == 404, nom


def test_un_geste_refuse_ne_lui_dit_pas_une_decision_sans_lettre():
    demande = DecisionFactory().demande
    assert demande.etat_visible == "en_traitement"

    with pytest.raises(TransitionRefusee) as refus:
        transitionner(demande, "reprendre", acteur=des_deux_cotes(demande.organisme))
    assert "accept" not in refus.value.message.lower()
    with pytest.raises(TransitionRefusee) as refus:
        transitionner(demande, "reprendre", acteur=UtilisateurFactory(agent=True))
    assert "accept" in refus.value.message.lower()


def test_elle_ne_verifie_pas_une_reserve_de_son_organisme():
    demande = DecisionFactory().demande
    personne = des_deux_cotes(demande.organisme)
    collegue = UtilisateurFactory(agent=True)

    assert set(verificateurs(demande)) & {personne, collegue} == {collegue}
    assert set(verificateurs_de([demande])[demande.pk]) & {personne, collegue} == {collegue}


def test_un_lot_de_paiement_qui_la_paie_se_cache():
    versement = VersementFactory(verse=True)
    lot = LotPaiement.objects.create(numero="PAI-1", total=2)
    for paye in (versement, VersementFactory(verse=True)):
        type(paye).objects.filter(pk=paye.pk).update(lot=lot)
    personne = des_deux_cotes(versement.convention.demande.organisme)

    assert not LotPaiement.objects.visibles_par(personne).exists()
    assert LotPaiement.objects.visibles_par(UtilisateurFactory(tresorerie=True)).exists()


def test_qui_entre_dans_l_organisme_apres_coup_ne_note_plus_ni_ne_recommande():
    pret = un_comite(membres=2)
    demande, presidence = pret.demandes[0], pret.membres[0]
    declarer(demande, presidence)
    confiee = affectation(demande, presidence)
    assert presidence.utilisateur.peut("evaluation.noter", confiee)

    AdhesionFactory(organisme=demande.organisme, utilisateur=presidence.utilisateur)
    personne = type(presidence.utilisateur).objects.get(pk=presidence.utilisateur_id)

    for permission in ("evaluation.noter", "evaluation.modifier_en_seance"):
        assert not personne.peut(permission, confiee), permission
    for permission in ("demande.recommander", "demande.rouvrir_evaluation"):
        assert not personne.peut(permission, demande), permission
    assert not Affectation.objects.non_recusees_de(personne).exists()
    assert not demandes_confiees(personne, demande.appel).exists()
    assert not demandes_revelees_a(personne, demande.appel).exists()
    assert nombre_a_faire(personne) == 0


@pytest.mark.parametrize(
    "permission",
    ["scenario.preparer", "archive.produire", "retour.voir", "seance.compte_rendu"],
)
def test_ce_qui_parle_de_tout_l_appel_se_ferme_a_qui_y_a_depose(permission):
    demande = DemandeFactory(en_evaluation=True)
    personne = des_deux_cotes(demande.organisme)
    ailleurs = SeanceFactory()

    assert not personne.peut(permission, SeanceFactory(appel=demande.appel))
    assert personne.peut(permission, ailleurs)


def test_un_brouillon_ne_ferme_rien():
    demande = DemandeFactory()

    assert des_deux_cotes(demande.organisme).peut("archive.produire", demande.appel)


def test_le_compte_rendu_entier_ne_se_lit_pas_au_comite_par_l_organisme():
    demande = DemandeFactory(en_evaluation=True)
    membre = MembreComiteFactory(appel=demande.appel)
    seance = SeanceFactory(appel=demande.appel, compte_rendu=DocumentFactory())
    assert document_lisible(membre.utilisateur, seance) == seance.compte_rendu

    AdhesionFactory(organisme=demande.organisme, utilisateur=membre.utilisateur)
    personne = type(membre.utilisateur).objects.get(pk=membre.utilisateur_id)
    assert document_lisible(personne, seance) is None


def test_l_extrait_du_proces_verbal_se_ferme_a_la_personne_recusee(client):
    pret = un_comite(membres=1)
    recuse = pret.membres[0]
    declarer(pret.demandes[0], recuse, conflit=True)
    recuse.utilisateur.roles = ["agent"]
    recuse.utilisateur.save()
    resolution = ResolutionFactory(appel=pret.appel)
    resolution.extrait.save("extrait.pdf", ContentFile(EXTRAIT), save=True)
    adresse = reverse("ville:resolution_extrait", args=[pret.appel.code, resolution.pk])

    client.force_login(recuse.utilisateur)
    assert client.get(adresse).status_code == 404
    client.force_login(pret.agente)
    reponse = client.get(adresse)
    assert b"".join(reponse.streaming_content) == EXTRAIT
    page = client.get(reverse("ville:decisions", args=[pret.appel.code])).text
    assert adresse in page
    client.force_login(recuse.utilisateur)
    assert adresse not in client.get(reverse("ville:decisions", args=[pret.appel.code])).text


def test_ce_qui_attend_une_decision_ne_compte_pas_ce_dont_on_est_partie(client):
    demande = DemandeFactory(recommandee=True)
    adresse = reverse("ville:decisions", args=[demande.appel.code])
    for personne, nombre in (
        (des_deux_cotes(demande.organisme), 0),
        (UtilisateurFactory(approbation=True), 1),
    ):
        client.force_login(personne)
        assert client.get(adresse).context["a_decider"] == nombre
