"""Chaque transition permise et interdite d'une lettre, d'un réexamen, d'une convention, d'un
versement, d'un rapport et d'une récupération ; puis leurs gardes, par les services."""

import datetime as dt
import itertools
from decimal import Decimal

import pytest
from django.db import IntegrityError, transaction
from django.utils import timezone

from financement.models import (
    Avenant,
    Convention,
    Lettre,
    Rapport,
    Recuperation,
    Reexamen,
    Versement,
)
from financement.services import conventions, fermeture, lettres, rapports, reexamens, versements
from socle import horloge
from socle.cycle_de_vie import transitionner
from socle.exceptions import PermissionRefusee, RegleViolee, TransitionRefusee
from tests.factories import (
    AdhesionFactory,
    AffectationFactory,
    ConventionFactory,
    DecisionFactory,
    MembreComiteFactory,
    UtilisateurFactory,
    dans,
)
from tests.financement.objets import PREUVE, des_gens, raconter, un_projet, verbes

pytestmark = pytest.mark.django_db

# (état de départ, transition) → état d'arrivée, d'après la conception du cycle de vie.
PERMISES = {
    Lettre: {
        ("preparee", "emettre"): "emise",
        ("emise", "transmettre"): "transmise",
    },
    Reexamen: {
        ("demande", "maintenir"): "maintenu",
        ("demande", "accueillir"): "modifie",
    },
    Convention: {
        ("brouillon", "transmettre"): "transmise",
        ("transmise", "signer"): "signee",
        ("signee", "contresigner"): "en_vigueur",
        ("en_vigueur", "terminer"): "echue",
        ("transmise", "resilier"): "resiliee",
        ("signee", "resilier"): "resiliee",
        ("en_vigueur", "resilier"): "resiliee",
    },
    Avenant: {
        ("demande", "approuver"): "approuve",
        ("demande", "refuser"): "refuse",
        ("approuve", "signer"): "signe",
    },
    Versement: {
        ("prevu", "proposer"): "exigible",
        ("retenu", "proposer"): "exigible",
        ("exigible", "autoriser"): "autorise",
        ("autorise", "verser"): "verse",
        ("prevu", "retenir"): "retenu",
        ("exigible", "retenir"): "retenu",
        ("autorise", "retenir"): "retenu",
        ("prevu", "annuler"): "annule",
        ("exigible", "annuler"): "annule",
        ("retenu", "annuler"): "annule",
    },
    Rapport: {
        ("attendu", "deposer"): "depose",
        ("a_corriger", "deposer"): "depose",
        ("depose", "renvoyer"): "a_corriger",
        ("depose", "accepter"): "accepte",
    },
    Recuperation: {
        ("reclamee", "encaisser"): "remboursee",
        ("reclamee", "radier"): "radiee",
    },
}


def _transitions(modele):
    champ = modele._meta.get_field("etat")
    return sorted({transition.name for transition in champ.get_all_transitions(modele)})


TOUTES = [
    (modele, etat, nom)
    for modele in PERMISES
    for etat, nom in itertools.product(modele.Etat.values, _transitions(modele))
]


def _nom(valeur):
    return valeur if isinstance(valeur, str) else valeur.__name__


@pytest.mark.parametrize(
    ("modele", "etat", "nom"),
    [cas for cas in TOUTES if (cas[1], cas[2]) not in PERMISES[cas[0]]],
    ids=_nom,
)
def test_une_transition_interdite_est_refusee(modele, etat, nom):
    methode = getattr(modele(etat=etat), nom)
    assert methode._django_fsm.get_transition(etat) is None


@pytest.mark.parametrize(
    ("modele", "etat", "nom", "arrivee"),
    [
        (modele, *cas, arrivee)
        for modele, table in PERMISES.items()
        for cas, arrivee in table.items()
    ],
    ids=_nom,
)
def test_une_transition_permise_mene_ou_il_faut(modele, etat, nom, arrivee):
    passage = getattr(modele(etat=etat), nom)._django_fsm.get_transition(etat)
    assert passage is not None
    assert passage.target == arrivee


@pytest.mark.parametrize("modele", PERMISES, ids=_nom)
def test_la_table_nomme_tous_les_etats_et_toutes_les_transitions(modele):
    table = PERMISES[modele]
    assert {nom for _, nom in table} == set(_transitions(modele))
    atteints = {modele._meta.get_field("etat").default, *table.values()}
    assert atteints == set(modele.Etat.values)


@pytest.mark.parametrize("modele", PERMISES, ids=_nom)
def test_chaque_transition_demande_une_permission(modele):
    champ = modele._meta.get_field("etat")
    assert all(t.custom["permission"] for t in champ.get_all_transitions(modele))


# --- Aides ----------------------------------------------------------------------------------------
def refuse(objet, faire, erreur=RegleViolee, match=None):
    """``faire()`` est refusé : ni l'état ni le journal ne bougent."""
    etat, avant = type(objet).objects.get(pk=objet.pk).etat, verbes(objet)
    with pytest.raises(erreur, match=match) as refus:
        faire()
    assert type(objet).objects.get(pk=objet.pk).etat == etat
    assert verbes(objet) == avant
    return refus.value


def passe(objet, faire, vers):
    """``faire()`` mène à ``vers`` et écrit une seule entrée au journal de l'objet."""
    avant = len(verbes(objet))
    faire()
    objet.refresh_from_db()
    assert objet.etat == vers
    nouvelles = verbes(objet)[avant:]
    assert len(nouvelles) == 1, nouvelles
    return nouvelles[0]


@pytest.fixture
def projet(db):
    return un_projet()


# --- Versement ------------------------------------------------------------------------------------
def proposer(projet, rang=0, acteur=None):
    return versements.proposer_versement(
        acteur=acteur or projet.gens.agent, versement=projet.versements[rang]
    )


def test_un_versement_va_de_prevu_a_verse_en_trois_mains(projet):
    gens, versement = projet.gens, projet.versements[0]

    passe(versement, lambda: proposer(projet), "exigible")
    passe(
        versement,
        lambda: versements.autoriser_versement(acteur=gens.approbation, versement=versement),
        "autorise",
    )
    passe(
        versement,
        lambda: versements.verser_versement(
            acteur=gens.tresorerie, versement=versement, reference=" TR-2031-1 "
        ),
        "verse",
    )

    assert verbes(versement) == ["versement.proposer", "versement.autoriser", "versement.verser"]
    assert (versement.propose_par, versement.autorise_par) == (gens.agent, gens.approbation)
    assert (versement.verse_par, versement.reference) == (gens.tresorerie, "TR-2031-1")
    assert versement.verse_le is not None


def test_qui_propose_n_autorise_pas_meme_avec_les_deux_roles(projet):
    double = UtilisateurFactory(roles=["agent", "approbation", "tresorerie"])
    versement = projet.versements[0]
    proposer(projet, acteur=double)

    refuse(
        versement,
        lambda: versements.autoriser_versement(acteur=double, versement=versement),
        PermissionRefusee,
    )
    with pytest.raises(IntegrityError, match="autorise_par_un_autre"), transaction.atomic():
        Versement.objects.filter(pk=versement.pk).update(autorise_par=double)
    passe(
        versement,
        lambda: versements.autoriser_versement(acteur=projet.gens.approbation, versement=versement),
        "autorise",
    )


def test_la_garde_refuse_aussi_au_systeme_de_sauter_la_seconde_personne(projet):
    versement = projet.versements[0]
    proposer(projet)
    for champs in ({}, {"autorise_par": projet.gens.agent}):
        refuse(
            versement,
            lambda champs=champs: transitionner(versement, "autoriser", acteur=None, champs=champs),
            TransitionRefusee,
            "une autre",
        )


@pytest.mark.parametrize(
    "role", ["approbation", "tresorerie", "administration", "mifi", "responsable"]
)
def test_seul_l_agent_propose(projet, role):
    qui = getattr(projet.gens, role)
    refuse(projet.versements[0], lambda: proposer(projet, acteur=qui), PermissionRefusee)


@pytest.mark.parametrize("role", ["agent", "approbation", "administration", "responsable"])
def test_seule_la_tresorerie_paie(projet, role):
    versement = projet.versements[0]
    proposer(projet)
    versements.autoriser_versement(acteur=projet.gens.tresorerie, versement=versement)
    refuse(
        versement,
        lambda: versements.verser_versement(
            acteur=getattr(projet.gens, role), versement=versement, reference="TR-1"
        ),
        PermissionRefusee,
    )


def test_qui_est_recuse_ne_touche_pas_au_versement(projet):
    membre = MembreComiteFactory(appel=projet.demande.appel, utilisateur=projet.gens.agent)
    AffectationFactory(demande=projet.demande, membre=membre, recusee=True)
    refuse(projet.versements[0], lambda: proposer(projet), PermissionRefusee)


@pytest.mark.parametrize("etat", ["attendu", "depose", "a_corriger"])
def test_un_rapport_qui_n_est_pas_accepte_bloque_le_versement(projet, etat):
    Rapport.objects.filter(pk=projet.etape.pk).update(
        etat=etat, depose_le=dans() if etat == "depose" else None
    )
    refuse(
        projet.versements[1],
        lambda: proposer(projet, 1),
        TransitionRefusee,
        "n'est pas accepté",
    )


def test_un_rapport_en_retard_bloque_le_versement_jusqu_a_son_acceptation(projet):
    etape, versement = projet.etape, projet.versements[1]
    hier = horloge.aujourdhui() - dt.timedelta(days=1)
    raconter(etape, activites="Dix rencontres.")
    Rapport.objects.filter(pk=etape.pk).update(echeance=hier)
    etape.refresh_from_db()
    assert etape.est_en_retard

    refuse(versement, lambda: proposer(projet, 1), TransitionRefusee, "n'est pas accepté")
    rapports.deposer_rapport(acteur=projet.gens.membre, rapport=etape)
    refuse(versement, lambda: proposer(projet, 1), TransitionRefusee, "n'est pas accepté")
    rapports.accepter_rapport(acteur=projet.gens.agent, rapport=etape)
    passe(versement, lambda: proposer(projet, 1), "exigible")


def test_le_rapport_d_etape_ne_debloque_pas_le_versement_final(projet):
    Rapport.objects.filter(pk=projet.etape.pk).update(etat="accepte", depose_le=dans())
    refuse(projet.versements[2], lambda: proposer(projet, 2), TransitionRefusee, "accepté")


@pytest.mark.parametrize("etat", ["transmise", "signee", "echue", "resiliee"])
def test_sans_convention_en_vigueur_rien_ne_se_verse(projet, etat):
    Convention.objects.filter(pk=projet.convention.pk).update(etat=etat)
    gens = projet.gens
    refuse(projet.versements[0], lambda: proposer(projet), TransitionRefusee, "en vigueur")

    for depart, faire in (
        ("exigible", lambda v: versements.autoriser_versement(acteur=gens.tresorerie, versement=v)),
        (
            "autorise",
            lambda v: versements.verser_versement(
                acteur=gens.tresorerie, versement=v, reference="TR-1"
            ),
        ),
    ):
        Versement.objects.filter(pk=projet.versements[0].pk).update(
            etat=depart, propose_par=gens.agent
        )
        refuse(
            projet.versements[0],
            lambda faire=faire: faire(projet.versements[0]),
            TransitionRefusee,
            "en vigueur",
        )


def test_un_paiement_demande_sa_reference_et_une_retenue_son_motif(projet):
    versement = projet.versements[0]
    assert (
        refuse(
            versement,
            lambda: versements.retenir_versement(
                acteur=projet.gens.agent, versement=versement, motif="  "
            ),
        ).champ
        == "motif"
    )
    proposer(projet)
    versements.autoriser_versement(acteur=projet.gens.approbation, versement=versement)
    assert (
        refuse(
            versement,
            lambda: versements.verser_versement(
                acteur=projet.gens.tresorerie, versement=versement, reference=" "
            ),
        ).champ
        == "reference"
    )


def test_un_versement_retenu_repasse_par_les_deux_personnes(projet):
    versement, gens = projet.versements[0], projet.gens
    double = UtilisateurFactory(roles=["agent", "approbation"])
    proposer(projet)
    versements.autoriser_versement(acteur=double, versement=versement)
    passe(
        versement,
        lambda: versements.retenir_versement(
            acteur=gens.tresorerie, versement=versement, motif="Compte à vérifier."
        ),
        "retenu",
    )

    # Qui avait autorisé propose à son tour : l'autorisation d'avant ne vaut plus.
    passe(versement, lambda: proposer(projet, acteur=double), "exigible")
    assert (versement.motif, versement.autorise_par, versement.autorise_le) == ("", None, None)
    refuse(
        versement,
        lambda: versements.autoriser_versement(acteur=double, versement=versement),
        PermissionRefusee,
    )


# --- Rapport --------------------------------------------------------------------------------------
@pytest.fixture
def depose(projet):
    raconter(projet.etape, activites="Dix rencontres.")
    passe(
        projet.etape,
        lambda: rapports.deposer_rapport(acteur=projet.gens.membre, rapport=projet.etape),
        "depose",
    )
    return projet


@pytest.mark.parametrize(
    "role",
    ["approbation", "tresorerie", "administration", "mifi", "responsable", "membre", "autre"],
)
def test_seul_l_agent_accepte_ou_renvoie_un_rapport(depose, role):
    qui, rapport = getattr(depose.gens, role), depose.etape
    refuse(
        rapport,
        lambda: rapports.accepter_rapport(acteur=qui, rapport=rapport),
        PermissionRefusee,
    )
    refuse(
        rapport,
        lambda: rapports.renvoyer_rapport(acteur=qui, rapport=rapport, remarques="Précisez."),
        PermissionRefusee,
    )


def test_un_rapport_renvoye_se_depose_encore_puis_s_accepte(depose):
    rapport, gens = depose.etape, depose.gens
    passe(
        rapport,
        lambda: rapports.renvoyer_rapport(
            acteur=gens.agent, rapport=rapport, remarques="Précisez les dates."
        ),
        "a_corriger",
    )
    remarque = rapport.remarques.get()
    assert remarque.texte == "Précisez les dates."
    refuse(
        rapport,
        lambda: rapports.deposer_rapport(acteur=gens.membre, rapport=rapport),
        match="remarque de la Ville est à traiter",
    )
    rapports.traiter_remarque(acteur=gens.membre, remarque=remarque, traitee=True)
    passe(rapport, lambda: rapports.deposer_rapport(acteur=gens.membre, rapport=rapport), "depose")
    passe(rapport, lambda: rapports.accepter_rapport(acteur=gens.agent, rapport=rapport), "accepte")
    assert (rapport.accepte_par, rapport.remarques.count()) == (gens.agent, 1)


def test_un_rapport_sans_ses_elements_ne_se_depose_pas(projet):
    for rapport, phrase in ((projet.etape, "activités"), (projet.final, "dépenses réelles")):
        refus = refuse(
            rapport,
            lambda rapport=rapport: rapports.deposer_rapport(
                acteur=projet.gens.membre, rapport=rapport
            ),
            match=phrase,
        )
        assert refus.code == "incomplet"
        # La machine le refuse aussi, sans le service.
        refuse(
            rapport,
            lambda rapport=rapport: transitionner(rapport, "deposer", acteur=None),
            TransitionRefusee,
            "manque",
        )


@pytest.mark.parametrize("role", ["agent", "approbation", "autre"])
def test_personne_d_autre_que_l_organisme_ne_depose(projet, role):
    raconter(projet.etape, activites="Dix rencontres.")
    refuse(
        projet.etape,
        lambda: rapports.deposer_rapport(acteur=getattr(projet.gens, role), rapport=projet.etape),
        PermissionRefusee,
    )


# --- Réexamen -------------------------------------------------------------------------------------
def refusee(jours):
    """Une demande refusée, dont la lettre est émise il y a ``jours`` jours."""
    decision = DecisionFactory(refusee=True, prise_par=UtilisateurFactory(approbation=True))
    demande = decision.demande
    responsable = AdhesionFactory(organisme=demande.organisme).utilisateur
    with horloge.a_la_date(dans(days=-jours)):
        lettres.emettre_lettre(
            acteur=UtilisateurFactory(agent=True), lettre=lettres.preparer_lettre(decision=decision)
        )
    demande.refresh_from_db()
    return demande, responsable


def demander(demande, acteur):
    return reexamens.demander_reexamen(
        acteur=acteur, demande=demande, motifs="Une fiche a été oubliée."
    )


def test_le_reexamen_se_demande_jusqu_au_trentieme_jour_compris():
    demande, responsable = refusee(30)
    assert reexamens.limite_reexamen(demande) == horloge.aujourdhui()

    reexamen = demander(demande, responsable)

    assert reexamen.etat == "demande"
    assert verbes(demande).count("reexamen.demander") == 1


def test_le_reexamen_est_refuse_le_trente_et_unieme_jour():
    demande, responsable = refusee(31)
    refus = refuse(demande, lambda: demander(demande, responsable), match="délai")
    assert refus.code == "delai"
    assert not Reexamen.objects.exists()


def test_la_derniere_minute_du_trentieme_jour_compte_et_la_suivante_non():
    demande, responsable = refusee(0)
    minuit = dt.datetime.combine(
        horloge.aujourdhui() + dt.timedelta(days=31),
        dt.time(),
        tzinfo=timezone.get_current_timezone(),
    )
    with horloge.a_la_date(minuit):
        refuse(demande, lambda: demander(demande, responsable), match="délai")
    with horloge.a_la_date(minuit - dt.timedelta(seconds=1)):
        assert demander(demande, responsable).etat == "demande"


def test_le_reexamen_ne_se_demande_pas_avant_la_lettre():
    decision = DecisionFactory(refusee=True)
    responsable = AdhesionFactory(organisme=decision.demande.organisme).utilisateur
    refus = refuse(decision.demande, lambda: demander(decision.demande, responsable))
    assert refus.code == "etat"


def test_seul_le_responsable_demande_un_reexamen():
    demande, _ = refusee(1)
    simple = AdhesionFactory(organisme=demande.organisme, role="redacteur").utilisateur
    for qui in (simple, AdhesionFactory().utilisateur, UtilisateurFactory(agent=True)):
        refuse(demande, lambda qui=qui: demander(demande, qui), PermissionRefusee)


def test_un_seul_reexamen_a_la_fois():
    demande, responsable = refusee(1)
    demander(demande, responsable)
    refus = refuse(demande, lambda: demander(demande, responsable), match="déjà en cours")
    assert refus.code == "existe"
    assert Reexamen.objects.count() == 1


def trancher(reexamen, acteur, suite="maintenir", reponse="La procédure a été suivie."):
    return reexamens.trancher_reexamen(
        acteur=acteur, reexamen=reexamen, suite=suite, reponse=reponse
    )


def test_qui_a_decide_ne_tranche_pas_le_reexamen():
    demande, responsable = refusee(1)
    reexamen = demander(demande, responsable)
    decideur = demande.decisions.get().prise_par

    refuse(reexamen, lambda: trancher(reexamen, decideur), PermissionRefusee)
    refuse(
        reexamen,
        lambda: trancher(reexamen, UtilisateurFactory(agent=True)),
        PermissionRefusee,
    )
    autre = UtilisateurFactory(approbation=True)
    refuse(reexamen, lambda: trancher(reexamen, autre), PermissionRefusee)
    reexamens.confier_reexamen(acteur=decideur, reexamen=reexamen, personne=autre)
    assert passe(reexamen, lambda: trancher(reexamen, autre), "maintenu") == "reexamen.maintenir"
    demande.refresh_from_db()
    assert (demande.etat, reexamen.tranche_par) == ("refusee", autre)


def test_un_reexamen_accueilli_rouvre_la_demande_et_retire_la_decision():
    demande, responsable = refusee(1)
    reexamen = demander(demande, responsable)
    autre = UtilisateurFactory(approbation=True)
    reexamens.confier_reexamen(acteur=None, reexamen=reexamen, personne=autre)

    passe(reexamen, lambda: trancher(reexamen, autre, suite="accueillir"), "modifie")

    demande.refresh_from_db()
    assert demande.etat == "evaluee"
    assert not demande.decisions.filter(en_vigueur=True).exists()


def test_un_reexamen_ne_se_tranche_pas_sans_reponse():
    demande, responsable = refusee(1)
    reexamen = demander(demande, responsable)
    acteur = UtilisateurFactory(approbation=True)
    assert refuse(reexamen, lambda: trancher(reexamen, acteur, reponse=" ")).champ == "reponse"
    assert refuse(reexamen, lambda: trancher(reexamen, acteur, suite="rien")).champ == "suite"


# --- Convention -----------------------------------------------------------------------------------
@pytest.fixture
def brouillon(db):
    convention = ConventionFactory()
    type(convention.demande).objects.filter(pk=convention.demande_id).update(
        etat_annonce="acceptee"
    )
    convention.gens = des_gens(convention.demande.organisme)
    return convention


def test_une_convention_se_signe_des_deux_cotes(brouillon):
    gens = brouillon.gens
    passe(
        brouillon,
        lambda: conventions.transmettre_convention(acteur=gens.agent, convention=brouillon),
        "transmise",
    )
    assert brouillon.document.empreinte
    passe(
        brouillon,
        lambda: conventions.signer_convention(
            acteur=gens.responsable,
            convention=brouillon,
            nom="Alix Essai",
            titre="Direction",
            preuve=PREUVE,
        ),
        "signee",
    )
    passe(
        brouillon,
        lambda: conventions.contresigner_convention(
            acteur=gens.approbation, convention=brouillon, preuve=PREUVE
        ),
        "en_vigueur",
    )
    brouillon.demande.refresh_from_db()
    assert brouillon.demande.etat == "conventionnee"


def test_sans_document_la_convention_ne_se_transmet_pas(brouillon):
    refuse(
        brouillon,
        lambda: transitionner(brouillon, "transmettre", acteur=brouillon.gens.agent),
        TransitionRefusee,
        "document",
    )


@pytest.mark.parametrize("role", ["membre", "autre", "agent", "approbation"])
def test_seul_le_responsable_signe_pour_l_organisme(brouillon, role):
    Convention.objects.filter(pk=brouillon.pk).update(etat="transmise")
    refuse(
        brouillon,
        lambda: conventions.signer_convention(
            acteur=getattr(brouillon.gens, role),
            convention=brouillon,
            nom="Alix Essai",
            preuve=PREUVE,
        ),
        PermissionRefusee,
    )


def test_une_signature_porte_un_nom(brouillon):
    Convention.objects.filter(pk=brouillon.pk).update(etat="transmise")
    responsable = brouillon.gens.responsable
    refuse(
        brouillon,
        lambda: conventions.signer_convention(
            acteur=responsable, convention=brouillon, nom="  ", preuve=PREUVE
        ),
        match="nom",
    )
    refuse(
        brouillon,
        lambda: transitionner(brouillon, "signer", acteur=responsable),
        TransitionRefusee,
        "signataire",
    )


@pytest.mark.parametrize("role", ["agent", "tresorerie", "responsable"])
def test_seule_l_approbation_contresigne_et_resilie(projet, role):
    convention, qui = projet.convention, getattr(projet.gens, role)
    refuse(
        convention,
        lambda: conventions.resilier_convention(
            acteur=qui, convention=convention, motif="Abandon."
        ),
        PermissionRefusee,
    )
    Convention.objects.filter(pk=convention.pk).update(etat="signee")
    refuse(
        convention,
        lambda: conventions.contresigner_convention(
            acteur=qui, convention=convention, preuve=PREUVE
        ),
        PermissionRefusee,
    )


def test_resilier_annule_ce_qui_reste_a_verser_et_garde_ce_qui_est_verse(projet):
    gens = projet.gens
    premier = projet.versements[0]
    proposer(projet)
    versements.autoriser_versement(acteur=gens.approbation, versement=premier)
    versements.verser_versement(acteur=gens.tresorerie, versement=premier, reference="TR-1")

    passe(
        projet.convention,
        lambda: conventions.resilier_convention(
            acteur=gens.approbation, convention=projet.convention, motif="Abandon du projet."
        ),
        "resiliee",
    )

    etats = list(projet.convention.versements.order_by("no").values_list("etat", flat=True))
    assert etats == ["verse", "annule", "annule"]
    projet.demande.refresh_from_db()
    assert projet.demande.etat == "resiliee"


# --- Lettre ---------------------------------------------------------------------------------------
def test_une_lettre_sans_document_ne_s_emet_pas():
    lettre = lettres.preparer_lettre(decision=DecisionFactory())
    refuse(
        lettre,
        lambda: transitionner(lettre, "emettre", acteur=UtilisateurFactory(agent=True)),
        TransitionRefusee,
        "document",
    )


def test_une_lettre_emise_et_transmise_ecrit_deux_entrees():
    decision = DecisionFactory()
    lettre = lettres.preparer_lettre(decision=decision)
    gens = des_gens(decision.demande.organisme)
    for qui in (gens.tresorerie, gens.administration, gens.responsable, gens.autre):
        refuse(
            lettre,
            lambda qui=qui: lettres.emettre_lettre(acteur=qui, lettre=lettre),
            PermissionRefusee,
        )

    lettres.emettre_lettre(acteur=gens.agent, lettre=lettre)
    lettres.emettre_lettre(acteur=gens.agent, lettre=lettre)

    assert verbes(lettre) == ["lettre.emettre", "lettre.transmettre"]


def test_la_lettre_d_une_decision_remplacee_ne_part_pas():
    decision = DecisionFactory()
    lettre = lettres.preparer_lettre(decision=decision)
    decision.en_vigueur = False
    decision.save()
    refus = refuse(
        lettre,
        lambda: lettres.emettre_lettre(acteur=UtilisateurFactory(agent=True), lettre=lettre),
        match="remplacée",
    )
    assert refus.code == "remplacee"


# --- Récupération ---------------------------------------------------------------------------------
@pytest.fixture
def recuperation(projet):
    premier = projet.versements[0]
    type(premier).objects.filter(pk=premier.pk).update(
        etat="verse",
        propose_par=projet.gens.agent,
        autorise_par=projet.gens.approbation,
        verse_le=horloge.maintenant(),
    )
    projet.recuperation = Recuperation.objects.create(
        demande=projet.demande, montant=Decimal("1200.00")
    )
    return projet


def test_la_tresorerie_encaisse_et_personne_d_autre(recuperation):
    objet, gens = recuperation.recuperation, recuperation.gens
    for qui in (gens.agent, gens.approbation, gens.administration, gens.responsable):
        refuse(
            objet,
            lambda qui=qui: fermeture.encaisser_recuperation(acteur=qui, recuperation=objet),
            PermissionRefusee,
        )
    passe(
        objet,
        lambda: fermeture.encaisser_recuperation(acteur=gens.tresorerie, recuperation=objet),
        "remboursee",
    )
    assert objet.remboursee_le is not None


def test_l_approbation_radie_avec_un_motif(recuperation):
    objet, gens = recuperation.recuperation, recuperation.gens
    refuse(
        objet,
        lambda: fermeture.radier_recuperation(
            acteur=gens.tresorerie, recuperation=objet, motif="Organisme dissous."
        ),
        PermissionRefusee,
    )
    vide = refuse(
        objet,
        lambda: fermeture.radier_recuperation(
            acteur=gens.approbation, recuperation=objet, motif=" "
        ),
    )
    assert vide.champ == "motif"
    passe(
        objet,
        lambda: fermeture.radier_recuperation(
            acteur=gens.approbation, recuperation=objet, motif="Organisme dissous."
        ),
        "radiee",
    )
    refuse(
        objet,
        lambda: fermeture.encaisser_recuperation(acteur=gens.tresorerie, recuperation=objet),
        TransitionRefusee,
        "plus possible",
    )
