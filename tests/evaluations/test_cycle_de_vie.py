"""Chaque transition permise et interdite d'une affectation, d'une fiche et d'une séance."""

import itertools

import pytest

from evaluations.models import Affectation, Evaluation, Seance
from socle.cycle_de_vie import transitionner
from socle.exceptions import PermissionRefusee, TransitionRefusee
from socle.models import EntreeJournal
from tests.evaluations.objets import declarer, seance_ouverte, soumettre, un_comite
from tests.factories import UtilisateurFactory

pytestmark = pytest.mark.django_db

PERMISES = {
    Affectation: {
        ("a_declarer", "declarer_sans_conflit"),
        ("a_declarer", "declarer_conflit"),
        ("libre", "declarer_conflit"),
    },
    Evaluation: {
        ("en_cours", "soumettre"),
        ("rouverte", "soumettre"),
        ("soumise", "rouvrir"),
        ("soumise", "rouvrir_en_seance"),
        ("rouverte", "resoumettre_en_seance"),
    },
    Seance: {("preparee", "ouvrir"), ("ouverte", "clore")},
}


def _transitions(modele):
    champ = modele._meta.get_field("etat")
    return sorted({transition.name for transition in champ.get_all_transitions(modele)})


TOUTES = [
    (modele, etat, nom)
    for modele in PERMISES
    for etat, nom in itertools.product(modele.Etat.values, _transitions(modele))
]


@pytest.mark.parametrize(
    ("modele", "etat", "nom"),
    [cas for cas in TOUTES if (cas[1], cas[2]) not in PERMISES[cas[0]]],
    ids=lambda v: v if isinstance(v, str) else v.__name__,
)
def test_une_transition_interdite_est_refusee(modele, etat, nom):
    methode = getattr(modele(etat=etat), nom)
    assert methode._django_fsm.get_transition(etat) is None


@pytest.mark.parametrize(
    ("modele", "etat", "nom"),
    [cas for cas in TOUTES if (cas[1], cas[2]) in PERMISES[cas[0]]],
    ids=lambda v: v if isinstance(v, str) else v.__name__,
)
def test_une_transition_permise_existe(modele, etat, nom):
    methode = getattr(modele(etat=etat), nom)
    assert methode._django_fsm.get_transition(etat) is not None


def test_le_parcours_entier_s_ecrit_au_journal():
    pret = un_comite(membres=2)
    demande = pret.demandes[0]
    soumettre(demande, pret.membres[0])
    declarer(demande, pret.membres[1], conflit=True)
    seance_ouverte(pret)

    verbes = set(EntreeJournal.objects.values_list("verbe", flat=True))
    assert {
        "demande.affecter_comite",
        "affectation.declarer_sans_conflit",
        "affectation.declarer_conflit",
        "evaluation.soumettre",
        "seance.preparer",
        "seance.inscrire_presences",
        "seance.ouvrir",
    } <= verbes


def test_se_recuser_demande_de_dire_le_lien():
    pret = un_comite()
    affectation = pret.demandes[0].affectations.first()
    acteur = affectation.membre.utilisateur

    with pytest.raises(TransitionRefusee, match="lien"):
        transitionner(affectation, "declarer_conflit", acteur=acteur)


def test_personne_ne_declare_pour_un_autre():
    pret = un_comite()
    affectation = pret.demandes[0].affectations.get(membre=pret.membres[0])

    for autre in (pret.membres[1].utilisateur, pret.agente, UtilisateurFactory()):
        with pytest.raises(PermissionRefusee):
            transitionner(affectation, "declarer_sans_conflit", acteur=autre)


def test_une_seance_sans_presence_ne_s_ouvre_pas():
    pret = un_comite()
    with pytest.raises(TransitionRefusee, match="présentes"):
        seance_ouverte(pret, presents=[])


def test_une_fiche_ne_se_soumet_plus_apres_la_cloture_de_l_evaluation():
    pret = un_comite()
    demande = pret.demandes[0]
    for membre in pret.membres[:2]:
        soumettre(demande, membre)
    demande.refresh_from_db()
    transitionner(demande, "clore_evaluation", acteur=pret.agente)

    with pytest.raises(TransitionRefusee, match="n'est pas ouverte"):
        soumettre(demande, pret.membres[2])
