"""À chaque moment, au cent près : quoi qu'on fasse des versements, les sommes tiennent."""

import threading
from decimal import Decimal as D

import pytest
from django.db import DatabaseError, connection, connections, transaction
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from appels.models import Demande
from financement.models import Credit
from financement.services import avenants, conventions, decisions, grand_livre, versements
from socle.exceptions import RegleViolee
from tests.factories import (
    AppelFactory,
    DemandeFactory,
    RecommandationFactory,
    ResolutionFactory,
    UtilisateurFactory,
    VoletFactory,
)
from tests.financement.objets import PREUVE, un_projet

ACTIONS = (
    "payer",
    "proposer",
    "autoriser",
    "retenir",
    "annuler",
    "scinder",
    "avenant",
    "resilier",
)
CENTS = st.integers(1, 1_600_000).map(lambda cents: D(cents) / 100)
GESTES = st.lists(
    st.tuples(st.sampled_from(ACTIONS), st.integers(0, 4), CENTS), min_size=4, max_size=10
)


def agir(projet, action, rang, montant):
    """Une action d'une personne, comme la page la ferait ; ce qui est refusé ne change rien."""
    gens, convention = projet.gens, projet.convention
    convention.refresh_from_db()
    liste = list(convention.versements.order_by("no"))
    versement = liste[rang % len(liste)]
    un = {"versement": versement}
    gestes = {
        "proposer": lambda: versements.proposer_versement(acteur=gens.agent, **un),
        "autoriser": lambda: versements.autoriser_versement(acteur=gens.approbation, **un),
        "payer": lambda: payer(projet, versement),
        "retenir": lambda: versements.retenir_versement(acteur=gens.agent, motif="Attend", **un),
        "annuler": lambda: versements.annuler_versement(acteur=gens.agent, motif="Non", **un),
        "scinder": lambda: versements.scinder_versement(acteur=gens.agent, montant=montant, **un),
        "avenant": lambda: changer(projet, montant),
        "resilier": lambda: conventions.resilier_convention(
            acteur=gens.approbation, convention=convention, motif="Arrêt"
        ),
    }
    try:
        with transaction.atomic():
            gestes[action]()
    except RegleViolee:
        pass


def payer(projet, versement):
    versements.proposer_versement(acteur=projet.gens.agent, versement=versement)
    versements.autoriser_versement(acteur=projet.gens.approbation, versement=versement)
    versements.verser_versement(acteur=projet.gens.tresorerie, versement=versement, reference="R")


def changer(projet, montant):
    avenant = avenants.demander_avenant(
        acteur=projet.gens.agent, convention=projet.convention, motif="Revu", montant=montant
    )
    avenants.approuver_avenant(
        acteur=projet.gens.approbation, avenant=avenant, preuve=PREUVE, resolution=projet.resolution
    )
    avenants.signer_avenant(
        acteur=projet.gens.responsable, avenant=avenant, nom="Alix", preuve=PREUVE
    )


def verifier(projet):
    convention = projet.convention
    convention.refresh_from_db()
    lus = list(convention.versements.all())
    verse = sum((v.montant for v in lus if v.etat == "verse"), D(0))
    prevu = sum((v.montant for v in lus if v.etat != "annule"), D(0))
    assert verse <= prevu <= convention.montant
    if not any(v.etat == "annule" for v in lus):
        assert prevu == convention.montant
    assert grand_livre.ecarts() == []
    for credit in Credit.objects.all():
        assert 0 <= credit.recuperation <= credit.versement <= credit.engagement <= credit.accord
        assert credit.libre >= 0


@pytest.mark.django_db
@settings(
    max_examples=6, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(GESTES)
def test_a_chaque_moment_les_sommes_tiennent_au_cent(monkeypatch, gestes):
    # Le PDF d'un avenant n'est pas le sujet : un seul octet suffit.
    monkeypatch.setattr("socle.documents.rendre_pdf", lambda html, titre: b"%PDF-")
    with transaction.atomic():
        projet = un_projet()
        projet.resolution = ResolutionFactory(appel=projet.demande.appel)
        for geste in gestes:
            agir(projet, *geste)
            verifier(projet)
        transaction.set_rollback(True)


# --- Tout le monde décide en même temps -----------------------------------------------------------
@pytest.mark.django_db(transaction=True)
def test_soixante_quatre_decisions_simultanees_sur_une_enveloppe():
    """64 connexions, un départ commun, de quoi en servir 20 : 20 passent, sans interblocage."""
    appel = AppelFactory(en_evaluation=True)
    volet = appel.volets.get()
    volet.enveloppe = D("20.00") * 1000
    volet.save()
    demandes = [
        DemandeFactory(recommandee=True, appel=appel, montant_demande=D("1000.00"))
        for _ in range(64)
    ]
    for demande in demandes:
        RecommandationFactory(demande=demande, montant=D("1000.00"))
    acteur = UtilisateurFactory(approbation=True)
    resolution = ResolutionFactory(appel=appel)
    depart, issues = threading.Barrier(64), []

    def decider(cle):
        try:
            depart.wait(timeout=60)
            decisions.decider(
                acteur=acteur,
                demande=Demande.objects.get(pk=cle),
                resolution=resolution,
                resultat="acceptee",
                montant_accorde=D("1000.00"),
            )
            issues.append("acceptee")
        except RegleViolee as refus:
            issues.append(refus.code)
        except DatabaseError as erreur:
            issues.append(repr(erreur))
        finally:
            connection.close()

    fils = [threading.Thread(target=decider, args=(demande.pk,)) for demande in demandes]
    for fil in fils:
        fil.start()
    for fil in fils:
        fil.join(timeout=120)

    assert sorted(issues) == ["acceptee"] * 20 + ["enveloppe"] * 44
    solde = grand_livre.soldes(appel)[0]
    assert (solde.accorde, solde.libre) == (D("20000.00"), D("0.00"))
    assert grand_livre.ecarts() == []


@pytest.mark.django_db(transaction=True)
def test_des_lots_qui_se_croisent_ne_s_attendent_pas_l_un_l_autre():
    """Deux lots et des décisions seules, sur deux volets, dans des ordres contraires."""
    appel = AppelFactory(en_evaluation=True)
    volets = [appel.volets.get(), VoletFactory(appel=appel)]
    demandes = [
        DemandeFactory(
            recommandee=True, appel=appel, volet=volets[n % 2], montant_demande=D("1000.00")
        )
        for n in range(12)
    ]
    for demande in demandes:
        RecommandationFactory(demande=demande, montant=D("1000.00"))
    acteur = UtilisateurFactory(approbation=True)
    resolution = ResolutionFactory(appel=appel)
    depart, issues = threading.Barrier(3), []

    def decider(choisies):
        lignes = [
            {"demande": demande, "resultat": "acceptee", "montant_accorde": D("1000.00")}
            for demande in choisies
        ]
        try:
            depart.wait(timeout=30)
            decisions.decider_lot(acteur=acteur, appel=appel, resolution=resolution, lignes=lignes)
            issues.append(len(lignes))
        except DatabaseError as erreur:
            issues.append(repr(erreur))
        finally:
            connections.close_all()

    groupes = (demandes[:4], demandes[4:8][::-1], demandes[8:][::-1])
    fils = [threading.Thread(target=decider, args=(groupe,)) for groupe in groupes]
    for fil in fils:
        fil.start()
    for fil in fils:
        fil.join(timeout=60)

    assert issues == [4, 4, 4]
    assert grand_livre.ecarts() == []
