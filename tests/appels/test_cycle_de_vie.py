"""La table des états de la demande et de l'appel, écrite ici une seconde fois pour la vérifier."""

import pytest
from django.db import IntegrityError, transaction
from django_fsm import FSMField

from appels.models import Appel, Demande
from socle.cycle_de_vie import transitionner
from socle.exceptions import PermissionRefusee, TransitionRefusee
from socle.models import EntreeJournal
from tests.factories import (
    AdhesionFactory,
    AppelFactory,
    DemandeFactory,
    UtilisateurFactory,
    dans,
)

pytestmark = pytest.mark.django_db

DEMANDE = {
    ("brouillon", "deposer", "deposee"),
    ("deposee", "reprendre", "brouillon"),
    ("brouillon", "retirer", "retiree"),
    ("deposee", "retirer", "retiree"),
    ("a_completer", "retirer", "retiree"),
    ("recevable", "retirer", "retiree"),
    ("deposee", "demander_complement", "a_completer"),
    ("a_completer", "completer", "deposee"),
    ("deposee", "declarer_recevable", "recevable"),
    ("a_completer", "declarer_recevable", "recevable"),
    ("deposee", "declarer_irrecevable", "irrecevable"),
    ("a_completer", "declarer_irrecevable", "irrecevable"),
    ("recevable", "ouvrir_evaluation", "en_evaluation"),
    ("en_evaluation", "clore_evaluation", "evaluee"),
    ("evaluee", "rouvrir_evaluation", "en_evaluation"),
    ("evaluee", "recommander", "recommandee"),
    ("recommandee", "accepter", "acceptee"),
    ("liste_attente", "accepter", "acceptee"),
    ("recommandee", "refuser", "refusee"),
    ("liste_attente", "refuser", "refusee"),
    ("recommandee", "mettre_en_attente", "liste_attente"),
    ("refusee", "rouvrir_apres_reexamen", "evaluee"),
    ("irrecevable", "rouvrir_apres_reexamen", "deposee"),
    ("acceptee", "conventionner", "conventionnee"),
    ("conventionnee", "fermer", "fermee"),
    ("acceptee", "resilier", "resiliee"),
    ("conventionnee", "resilier", "resiliee"),
}
APPEL = {
    ("brouillon", "publier", "publie"),
    ("publie", "ouvrir_evaluation", "en_evaluation"),
    ("en_evaluation", "arreter_decisions", "decide"),
    ("decide", "archiver", "archive"),
    ("brouillon", "annuler", "annule"),
    ("publie", "annuler", "annule"),
    ("en_evaluation", "annuler", "annule"),
}


def table(modele):
    champ = next(c for c in modele._meta.concrete_fields if isinstance(c, FSMField))
    return {(t.source, t.name, t.target) for t in champ.get_all_transitions(modele)}


@pytest.mark.parametrize(("modele", "attendue"), [(Demande, DEMANDE), (Appel, APPEL)])
def test_la_table_est_celle_du_plan(modele, attendue):
    assert table(modele) == attendue


@pytest.mark.parametrize("etat", Demande.Etat.values)
def test_une_transition_interdite_est_refusee_et_n_ecrit_rien(etat):
    demande = DemandeFactory(deposee_le=dans(days=-1), motif_irrecevabilite="Hors territoire.")
    Demande.objects.filter(pk=demande.pk).update(etat=etat)
    demande.refresh_from_db()
    permises = {nom for source, nom, _ in DEMANDE if source == etat}

    for nom in {nom for _, nom, _ in DEMANDE} - permises:
        with pytest.raises(TransitionRefusee) as refus:
            transitionner(demande, nom, acteur=None)
        assert refus.value.code == "etat"

    demande.refresh_from_db()
    assert demande.etat == etat
    assert not EntreeJournal.objects.exists()


@pytest.mark.parametrize(("source", "nom", "cible"), sorted(DEMANDE))
def test_une_transition_permise_change_l_etat_et_s_ecrit_au_journal(
    source, nom, cible, monkeypatch
):
    """Les gardes ont leurs tests ailleurs : ici, on les ouvre toutes."""
    demande = DemandeFactory(deposee_le=dans(days=-1), motif_irrecevabilite="Hors territoire.")
    Demande.objects.filter(pk=demande.pk).update(etat=source)
    demande.refresh_from_db()
    passage = getattr(Demande, nom)._django_fsm.transitions[source]
    monkeypatch.setattr(passage, "conditions", [])

    transitionner(demande, nom, acteur=None, motif="Essai")

    assert demande.etat == cible
    entree = EntreeJournal.objects.pour(demande).get()
    assert entree.verbe == f"demande.{nom}"
    assert entree.motif == "Essai"
    assert entree.details == {"de": source, "vers": cible}


def test_la_permission_est_demandee_avant_les_gardes():
    demande = DemandeFactory()
    etrangere = AdhesionFactory().utilisateur

    with pytest.raises(PermissionRefusee):
        transitionner(demande, "deposer", acteur=etrangere)


def test_la_date_et_l_auteur_de_l_etat_sont_poses():
    demande = DemandeFactory()
    responsable = AdhesionFactory(organisme=demande.organisme).utilisateur

    transitionner(demande, "deposer", acteur=responsable)

    assert demande.deposee_le is not None
    assert demande.deposee_par == responsable


def test_un_etat_ne_se_change_pas_a_la_main():
    demande = DemandeFactory()

    with pytest.raises(AttributeError):
        demande.etat = "acceptee"


def test_la_base_refuse_un_etat_sans_ce_qu_il_demande():
    demande = DemandeFactory()

    with pytest.raises(IntegrityError), transaction.atomic():
        Demande.objects.filter(pk=demande.pk).update(etat="deposee")


@pytest.mark.parametrize(
    ("poids", "phrase"), [((60, 40), None), ((60, 39.99), "totaliser 100"), ((60, 40.01), "100")]
)
def test_publier_demande_des_poids_qui_totalisent_cent(poids, phrase):
    appel = AppelFactory()
    for critere, valeur in zip(appel.criteres.all(), poids, strict=True):
        critere.poids = valeur
        critere.save()
    agente = UtilisateurFactory(agent=True)

    if phrase is None:
        transitionner(appel, "publier", acteur=agente)
        assert appel.etat == "publie"
    else:
        with pytest.raises(TransitionRefusee, match=phrase):
            transitionner(appel, "publier", acteur=agente)
