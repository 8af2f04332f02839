"""La liste d'attente se réveille quand l'argent revient, dans l'ordre et à temps."""

import datetime as dt
from decimal import Decimal as D

import pytest

from financement.models import Credit, Recuperation
from financement.services import conventions, decisions, fermeture, transferts
from financement.services.attente import liste_d_attente
from socle import horloge
from socle.exceptions import PermissionRefusee, RegleViolee
from tests.factories import (
    AffectationFactory,
    DecisionFactory,
    DemandeFactory,
    MembreComiteFactory,
    ResolutionFactory,
    UtilisateurFactory,
    VoletFactory,
)
from tests.financement.objets import envoyer, page, requetes, un_projet, verbes

pytestmark = pytest.mark.django_db


def en_attente(appel, rang=1, jours=30, montant="16000.00"):
    demande = DemandeFactory(
        recommandee=True, etat="liste_attente", appel=appel, montant_demande=D(montant)
    )
    DecisionFactory(
        en_attente=True,
        demande=demande,
        rang_attente=rang,
        attente_jusqu_au=horloge.aujourdhui() + dt.timedelta(days=jours),
    )
    return demande


@pytest.fixture
def projet(db):
    """Un projet de 16 000 $ qui prend toute l'enveloppe, et une demande qui attend."""
    projet = un_projet()
    projet.appel = projet.demande.appel
    projet.volet = projet.demande.volet
    projet.volet.enveloppe = D("16000.00")
    projet.volet.save()
    projet.attend = en_attente(projet.appel)
    return projet


def reveillables(projet, qui=None):
    places = liste_d_attente(qui or projet.gens.approbation, projet.appel)
    return [place.demande for place in places if place.est_reveillable]


def semaine(projet, role):
    texte = page(getattr(projet.gens, role), "ville:accueil").text
    return "Liste d'attente à réveiller" in texte.replace("&#x27;", "'")


# --- Ce qui la réveille ---------------------------------------------------------------------------
def resilier(projet):
    conventions.resilier_convention(
        acteur=projet.gens.approbation, convention=projet.convention, motif="Arrêt"
    )


def refuser_de_signer(projet):
    type(projet.convention).objects.filter(pk=projet.convention.pk).update(etat="transmise")
    type(projet.demande).objects.filter(pk=projet.demande.pk).update(etat="acceptee")
    projet.convention.refresh_from_db()
    resilier(projet)


def abandonner(projet):
    type(projet.convention).objects.filter(pk=projet.convention.pk).update(etat="brouillon")
    type(projet.demande).objects.filter(pk=projet.demande.pk).update(etat="acceptee")
    projet.demande.refresh_from_db()
    decisions.abandonner(
        acteur=projet.gens.approbation, demande=projet.demande, motif="L'organisme renonce."
    )


def rembourser(projet):
    """Tout est versé, puis tout revient."""
    for versement in projet.versements:
        type(versement).objects.filter(pk=versement.pk).update(
            etat="verse",
            propose_par=projet.gens.agent,
            autorise_par=projet.gens.approbation,
            verse_le=horloge.maintenant(),
        )
    objet = Recuperation.objects.create(demande=projet.demande, montant=D("16000.00"))
    fermeture.encaisser_recuperation(acteur=projet.gens.tresorerie, recuperation=objet)


def transferer(projet):
    autre = VoletFactory(appel=projet.appel, enveloppe=D("40000.00"))
    autre.sources.filter(bailleur="Ville").delete()
    transferts.transferer(
        acteur=projet.gens.approbation,
        resolution=ResolutionFactory(appel=projet.appel),
        credit=Credit.objects.get(volet=autre, bailleur="MIFI"),
        volet=projet.volet,
        montant=D("16000.00"),
        motif="Pour la liste d'attente.",
    )


@pytest.mark.parametrize(
    "retour", [resilier, refuser_de_signer, abandonner, rembourser, transferer]
)
def test_l_argent_qui_revient_la_reveille(projet, retour):
    assert reveillables(projet) == []
    assert not semaine(projet, "approbation")

    retour(projet)

    assert reveillables(projet) == [projet.attend]
    assert semaine(projet, "approbation")
    assert semaine(projet, "agent")
    decisions.decider(
        acteur=projet.gens.approbation,
        demande=projet.attend,
        resolution=ResolutionFactory(appel=projet.appel),
        resultat="acceptee",
        montant_accorde=D("16000.00"),
    )
    assert reveillables(projet) == []


def test_sans_retour_la_page_dit_ce_qui_manque(projet):
    texte = page(projet.gens.agent, "ville:decisions", projet.appel.code).text
    assert "Il manque 16 000,00 $ au volet" in texte.replace("\u00a0", " ").replace("\u202f", " ")


def test_les_rangs_se_servent_dans_l_ordre(projet):
    """Un second, plus petit, ne passe pas devant ; servi le premier, il a son tour."""
    second = en_attente(projet.appel, rang=2, montant="4000.00")
    projet.volet.enveloppe = D("20000.00")
    projet.volet.save()
    assert reveillables(projet) == []
    projet.volet.enveloppe = D("36000.00")
    projet.volet.save()
    assert reveillables(projet) == [projet.attend, second]


def test_une_place_echue_ne_se_reveille_plus(projet):
    resilier(projet)
    projet.attend.decisions.update(attente_jusqu_au=horloge.aujourdhui() - dt.timedelta(days=1))
    second = en_attente(projet.appel, rang=2)

    assert reveillables(projet) == [second]
    texte = page(projet.gens.approbation, "ville:accueil").text
    assert "échue" in texte
    options = {
        "acteur": projet.gens.approbation,
        "demande": projet.attend,
        "resolution": ResolutionFactory(appel=projet.appel),
    }
    with pytest.raises(RegleViolee) as refus:
        decisions.decider(**options, resultat="acceptee", montant_accorde=D("16000.00"))
    assert refus.value.code == "attente_echue"
    decisions.decider(**options, resultat="refusee", motifs="La place est échue.")
    projet.attend.refresh_from_db()
    assert projet.attend.etat == "refusee"


def test_le_dernier_jour_vaut_encore(projet):
    projet.attend.decisions.update(attente_jusqu_au=horloge.aujourdhui())
    resilier(projet)
    assert reveillables(projet) == [projet.attend]


def test_une_personne_recusee_ne_la_voit_pas(projet):
    resilier(projet)
    membre = MembreComiteFactory(appel=projet.appel, utilisateur=projet.gens.agent)
    AffectationFactory(demande=projet.attend, membre=membre, recusee=True)
    assert reveillables(projet, projet.gens.agent) == []
    assert projet.attend.titre not in page(projet.gens.agent, "ville:accueil").text
    texte = page(projet.gens.agent, "ville:decisions", projet.appel.code).text
    assert projet.attend.titre not in texte


def test_la_page_coute_autant_pour_une_place_que_pour_trois(projet):
    resilier(projet)
    qui = projet.gens.agent
    couts = [requetes(qui, "ville:decisions", projet.appel.code), requetes(qui, "ville:accueil")]
    for rang in (2, 3):
        en_attente(projet.appel, rang=rang)
    assert couts == [
        requetes(qui, "ville:decisions", projet.appel.code),
        requetes(qui, "ville:accueil"),
    ]


# --- Abandonner -----------------------------------------------------------------------------------
@pytest.fixture
def acceptee(db):
    decision = DecisionFactory()
    return decision.demande


def test_abandonner_montre_ses_effets_puis_rend_l_argent(acceptee):
    qui = UtilisateurFactory(approbation=True)
    texte = page(qui, "ville:abandonner", acceptee.reference).text
    assert "16 000,00" in texte.replace("\u00a0", " ").replace("\u202f", " ")
    vide = envoyer(qui, "ville:abandonner", acceptee.reference, motif="")
    assert "obligatoire" in vide.text

    envoyer(qui, "ville:abandonner", acceptee.reference, motif="L'organisme renonce.")

    acceptee.refresh_from_db()
    assert acceptee.etat == "resiliee"
    assert verbes(acceptee) == ["demande.resilier"]
    assert sum(c.libre for c in Credit.objects.all()) == D("110000.00")


def test_abandonner_ne_remplace_pas_une_resiliation():
    projet = un_projet()
    with pytest.raises(RegleViolee) as refus:
        decisions.abandonner(acteur=projet.gens.approbation, demande=projet.demande, motif="Non")
    assert refus.value.code == "convention"
    with pytest.raises(PermissionRefusee):
        decisions.abandonner(acteur=projet.gens.agent, demande=projet.demande, motif="Non")
