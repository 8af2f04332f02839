"""Les pages du réexamen : demandé par l'organisme, tranché par une autre personne."""

import datetime as dt
from decimal import Decimal

import pytest
from django.urls import reverse
from django.utils import timezone
from post_office.models import Email

from financement.models import Reexamen
from financement.services import decisions
from financement.services import reexamens as services
from socle import horloge
from socle.exceptions import RegleViolee
from socle.journal import journaliser
from tests.factories import (
    AffectationFactory,
    DecisionFactory,
    MembreComiteFactory,
    RecommandationFactory,
    ResolutionFactory,
    UtilisateurFactory,
    dans,
)
from tests.financement.objets import Formulaire, des_gens, envoyer, page, requetes, verbes

pytestmark = pytest.mark.django_db


def une_refusee(jours=1):
    """Une demande refusée et annoncée par une lettre d'il y a ``jours`` jours."""
    decideur = UtilisateurFactory(approbation=True)
    decision = DecisionFactory(refusee=True, prise_par=decideur)
    decision.lettres.create(emise_le=dans(days=-jours))
    demande = decision.demande
    type(demande).objects.filter(pk=demande.pk).update(etat_annonce="refusee")
    demande.refresh_from_db()
    demande.decideur = decideur
    demande.gens = des_gens(demande.organisme)
    return demande


@pytest.fixture
def demande(db):
    return une_refusee()


def demander(demande, role="responsable", motifs="Une fiche a été oubliée."):
    return envoyer(
        getattr(demande.gens, role), "organisme:reexamen", demande.reference, motifs=motifs
    )


@pytest.fixture
def reexamen(demande):
    """Demandé, et confié par qui a décidé à une approbation qui n'a pris part à rien."""
    demander(demande)
    objet = demande.reexamens.get()
    services.confier_reexamen(
        acteur=demande.decideur, reexamen=objet, personne=demande.gens.approbation
    )
    return objet


def trancher(reexamen, qui, **donnees):
    complet = {"suite": "maintenir", "reponse": "La procédure a été suivie."}
    return envoyer(qui, "ville:reexamen", reexamen.pk, **complet | donnees)


# --- Demander -------------------------------------------------------------------------------------
def test_demander_un_reexamen_par_la_page(demande):
    texte = page(demande.gens.responsable, "organisme:reexamen", demande.reference).text
    assert "Demander le réexamen" in texte

    assert demander(demande).status_code == 302

    reexamen = demande.reexamens.get()
    assert (reexamen.etat, reexamen.demande_par) == ("demande", demande.gens.responsable)
    assert verbes(demande) == ["reexamen.demander"]
    assert "Une fiche a été oubliée." in page(demande.gens.agent, "ville:reexamens").text


@pytest.mark.parametrize(
    ("motifs", "phrase"),
    [("", "Dites quelle erreur"), (" \n ", "Dites quelle erreur"), ("a\x00b", "nul")],
)
def test_des_motifs_impossibles_se_disent_pres_du_champ(demande, motifs, phrase):
    reponse = demander(demande, motifs=motifs)
    assert reponse.status_code == 200
    assert phrase in Formulaire(reponse.text).erreur("motifs")
    assert not Reexamen.objects.exists()
    assert verbes(demande) == []


def test_des_motifs_tres_longs_sont_gardes(demande):
    motifs = "Une fiche oubliée. " * 2000
    assert demander(demande, motifs=motifs).status_code == 302
    assert demande.reexamens.get().motifs == motifs.strip()


def test_le_dernier_jour_la_page_l_accepte_et_le_lendemain_la_refuse():
    dernier, passe = une_refusee(jours=30), une_refusee(jours=31)
    for demande, offert in ((dernier, True), (passe, False)):
        suivi = page(demande.gens.responsable, "organisme:demande", demande.reference).text
        assert ("Demander un réexamen</a>" in suivi) is offert
        assert ("Un réexamen pouvait se demander" in suivi) is not offert
    assert demander(dernier).status_code == 302

    reponse = demander(passe, motifs="Ce que j'avais écrit.")

    assert reponse.status_code == 200
    assert "délai pour demander un réexamen est passé" in reponse.text
    assert not passe.reexamens.exists()
    assert verbes(passe) == []
    texte = page(passe.gens.responsable, "organisme:reexamen", passe.reference).text
    assert "Demander le réexamen" not in texte


def test_avant_la_lettre_la_page_ne_dit_rien_de_la_decision():
    decision = DecisionFactory(refusee=True)
    demande = decision.demande
    demande.gens = des_gens(demande.organisme)
    texte = page(demande.gens.responsable, "organisme:reexamen", demande.reference).text
    assert "ne peut pas être réexaminée" in texte
    assert "efus" not in texte
    assert demander(demande).status_code == 200
    assert not Reexamen.objects.exists()


def test_demander_deux_fois_n_en_fait_qu_un(demande):
    demander(demande)
    encore = demander(demande, motifs="Une seconde fois.")
    assert encore.status_code == 200
    assert "déjà en cours" in encore.text
    assert demande.reexamens.count() == 1
    assert verbes(demande) == ["reexamen.demander"]
    pendant = page(demande.gens.responsable, "organisme:reexamen", demande.reference).text
    assert "Votre réexamen est à l'étude" in pendant
    assert "Demander le réexamen" not in pendant
    suivi = page(demande.gens.responsable, "organisme:demande", demande.reference).text
    assert "Votre demande de réexamen" in suivi
    assert "Demander un réexamen" not in suivi


@pytest.mark.parametrize("role", ["membre", "autre", "agent", "approbation", "mifi"])
def test_seul_le_responsable_demande(demande, role):
    qui = getattr(demande.gens, role)
    assert page(qui, "organisme:reexamen", demande.reference).status_code == 404
    assert demander(demande, role).status_code == 404
    assert not Reexamen.objects.exists()


# --- Trancher -------------------------------------------------------------------------------------
def test_maintenir_repond_a_l_organisme_et_laisse_la_decision(demande, reexamen):
    qui = demande.gens.approbation
    Email.objects.all().delete()

    assert trancher(reexamen, qui).status_code == 302

    reexamen.refresh_from_db()
    demande.refresh_from_db()
    assert (reexamen.etat, reexamen.tranche_par, demande.etat) == ("maintenu", qui, "refusee")
    assert reexamen.reponse == "La procédure a été suivie."
    assert verbes(reexamen) == ["reexamen.maintenir"]
    assert {e.to[0] for e in Email.objects.all()} == {
        demande.gens.responsable.email,
        demande.gens.membre.email,
    }
    assert "La procédure a été suivie." in page(qui, "ville:reexamen", reexamen.pk).text


def test_accueillir_rouvre_la_demande(demande, reexamen):
    trancher(reexamen, demande.gens.approbation, suite="accueillir")
    demande.refresh_from_db()
    reexamen.refresh_from_db()
    assert (reexamen.etat, demande.etat) == ("modifie", "evaluee")


@pytest.mark.parametrize(
    ("champ", "valeur", "phrase"),
    [
        ("reponse", "", "Écrivez pourquoi"),
        ("reponse", "  ", "Écrivez pourquoi"),
        ("reponse", "a\x00", "nul"),
        ("suite", "", "Dites si"),
        ("suite", "annuler", "choix"),
    ],
)
def test_une_reponse_incomplete_se_dit_pres_de_son_champ(demande, reexamen, champ, valeur, phrase):
    reponse = trancher(reexamen, demande.gens.approbation, **{champ: valeur})

    assert reponse.status_code == 200
    formulaire = Formulaire(reponse.text, action=f"/reexamens/{reexamen.pk}/")
    assert phrase in formulaire.erreur(champ)
    if champ == "suite":
        assert formulaire.valeur("reponse") == "La procédure a été suivie."
    else:
        assert formulaire.valeur("suite") == "maintenir"
    reexamen.refresh_from_db()
    assert (reexamen.etat, reexamen.reponse) == ("demande", "")
    assert verbes(reexamen) == []


def test_trancher_deux_fois_ne_change_pas_la_reponse(demande, reexamen):
    qui = demande.gens.approbation
    trancher(reexamen, qui)
    courriels = Email.objects.count()
    encore = trancher(reexamen, qui, suite="accueillir", reponse="Autre réponse.")

    # Rejoué, l'envoi mène à la page, où la réponse se lit.
    assert encore.status_code == 302
    reexamen.refresh_from_db()
    assert (reexamen.etat, reexamen.reponse) == ("maintenu", "La procédure a été suivie.")
    assert verbes(reexamen) == ["reexamen.maintenir"]
    assert Email.objects.count() == courriels


def test_qui_a_decide_ne_tranche_pas_et_ne_se_le_voit_pas_offert(demande, reexamen):
    assert "Trancher" not in page(demande.decideur, "ville:reexamen", reexamen.pk).text
    assert trancher(reexamen, demande.decideur).status_code == 404
    assert "Trancher" in page(demande.gens.approbation, "ville:reexamen", reexamen.pk).text
    reexamen.refresh_from_db()
    assert reexamen.etat == "demande"


@pytest.mark.parametrize(
    "role", ["agent", "tresorerie", "administration", "mifi", "responsable", "autre"]
)
def test_les_autres_roles_ne_tranchent_pas(demande, reexamen, role):
    qui = getattr(demande.gens, role)
    assert trancher(reexamen, qui).status_code == 404
    reexamen.refresh_from_db()
    assert reexamen.etat == "demande"
    if role in {"agent", "tresorerie", "administration"}:
        assert "Trancher" not in page(qui, "ville:reexamen", reexamen.pk).text
    else:
        assert page(qui, "ville:reexamen", reexamen.pk).status_code == 404
        assert page(qui, "ville:reexamens").status_code == 404


# --- Confier --------------------------------------------------------------------------------------
def prendre_part(demande, qui, comment):
    """``qui`` prend part à la demande, à l'une ou l'autre de ses étapes."""
    if comment == "recevabilité":
        demande.verifications.create(point="delai", reponse="oui", faite_par=qui)
    elif comment == "évaluation":
        membre = MembreComiteFactory(appel=demande.appel, utilisateur=qui)
        AffectationFactory(demande=demande, membre=membre, libre=True)
    elif comment == "recommandation":
        RecommandationFactory(demande=demande, inscrite_par=qui)
    elif comment == "séance":
        avis = RecommandationFactory(demande=demande)
        membre = MembreComiteFactory(appel=demande.appel, utilisateur=qui)
        avis.seance.presences.create(membre=membre, presente=True)
    elif comment == "irrecevabilité":
        journaliser(acteur=qui, verbe="demande.declarer_irrecevable", objet=demande)
    else:
        demande.decisions.update(prise_par=qui)


@pytest.mark.parametrize(
    "comment",
    ["recevabilité", "irrecevabilité", "évaluation", "recommandation", "séance", "décision"],
)
def test_qui_a_pris_part_ne_recoit_pas_le_reexamen(demande, comment):
    demander(demande)
    reexamen = demande.reexamens.get()
    qui = demande.gens.approbation
    prendre_part(demande, qui, comment)

    with pytest.raises(RegleViolee, match="pris part"):
        services.confier_reexamen(
            acteur=demande.gens.administration, reexamen=reexamen, personne=qui
        )
    assert qui not in services.personnes_libres(reexamen)
    assert demande.gens.agent in services.personnes_libres(reexamen)


def test_confier_par_la_page_previent_la_personne_et_elle_seule_repond(demande):
    demander(demande)
    reexamen = demande.reexamens.get()
    agent = demande.gens.agent
    assert "Confier" not in page(agent, "ville:reexamen", reexamen.pk).text
    donnees = {"personne": agent.pk}
    assert envoyer(agent, "ville:reexamen_confier", reexamen.pk, **donnees).status_code == 404
    Email.objects.all().delete()

    envoyer(demande.decideur, "ville:reexamen_confier", reexamen.pk, **donnees)

    assert [e.to for e in Email.objects.all()] == [[agent.email]]
    assert verbes(demande)[-1] == "reexamen.confier"
    assert "à trancher" in page(agent, "ville:accueil").text
    # Ensuite, une autre personne : celle qui l'a déjà n'est pas proposée.
    choix = page(demande.decideur, "ville:reexamen", reexamen.pk).text
    assert "Confier à une autre personne" in choix
    assert f'<option value="{agent.pk}"' not in choix
    trancher(reexamen, agent, suite="accueillir")
    demande.refresh_from_db()
    assert demande.etat == "evaluee"
    assert verbes(demande)[-1] == "demande.rouvrir_apres_reexamen"


def test_confier_a_personne_se_dit_pres_du_champ(demande):
    demander(demande)
    reponse = envoyer(demande.decideur, "ville:reexamen_confier", demande.reexamens.get().pk)
    formulaire = Formulaire(reponse.text, action="/confier/")
    assert "obligatoire" in formulaire.erreur("personne")


def test_sans_etre_confie_il_ne_se_tranche_pas(demande):
    demander(demande)
    assert trancher(demande.reexamens.get(), demande.gens.approbation).status_code == 404


# --- La lettre et la suite ------------------------------------------------------------------------
def test_la_lettre_est_figee_envoyee_et_se_lit_dans_l_espace(demande, reexamen):
    Email.objects.all().delete()
    trancher(reexamen, demande.gens.approbation, reponse="Trois fiches, comme la règle le veut.")
    reexamen.refresh_from_db()

    assert "Trois fiches" in reexamen.document.html
    assert "La décision est maintenue" in reexamen.document.html
    courriel = Email.objects.first()
    assert [p.name for p in courriel.attachments.all()] == [f"reexamen-{demande.reference}.pdf"]
    lien = reverse("document", args=[reexamen.document.cle])
    assert lien in page(demande.gens.responsable, "organisme:demande", demande.reference).text
    for qui, statut in ((demande.gens.responsable, 200), (demande.gens.autre, 404)):
        assert page(qui, "document", reexamen.document.cle).status_code == statut


def test_la_nouvelle_decision_se_lit_au_reexamen(demande, reexamen):
    trancher(reexamen, demande.gens.approbation, suite="accueillir")
    assert "sera décidée de nouveau" in page(demande.gens.agent, "ville:reexamen", reexamen.pk).text
    demande.refresh_from_db()
    type(demande).objects.filter(pk=demande.pk).update(etat="recommandee")
    RecommandationFactory(demande=demande)
    decisions.decider(
        acteur=demande.decideur,
        demande=demande,
        resolution=ResolutionFactory(appel=demande.appel),
        resultat="acceptee",
        montant_accorde=Decimal("16000"),
    )

    texte = page(demande.gens.agent, "ville:reexamen", reexamen.pk).text

    assert "Nouvelle décision : acceptée" in texte
    organisme = page(demande.gens.responsable, "organisme:demande", demande.reference).text
    assert "cceptée" not in organisme


def test_qui_est_recuse_ne_voit_pas_le_reexamen(demande, reexamen):
    membre = MembreComiteFactory(appel=demande.appel, utilisateur=demande.gens.approbation)
    AffectationFactory(demande=demande, membre=membre, recusee=True)
    qui = demande.gens.approbation
    assert demande.titre not in page(qui, "ville:reexamens").text
    assert trancher(reexamen, qui).status_code == 404


@pytest.mark.parametrize("role", ["agent", "approbation"])
def test_la_liste_coute_autant_pour_un_que_pour_trois(demande, reexamen, role):
    qui = getattr(demande.gens, role)
    un = requetes(qui, "ville:reexamens")
    for _ in range(2):
        demander(une_refusee())
    assert Reexamen.objects.count() == 3
    assert requetes(qui, "ville:reexamens") == un


def test_le_delai_se_compte_a_l_heure_de_la_ville():
    """Émise le 1er à 23 h 30 à Trois-Rivières (le 2 en temps universel) : le 31 compris."""
    demande = une_refusee()
    fuseau = timezone.get_current_timezone()
    emise = dt.datetime(2030, 7, 1, 23, 30, tzinfo=fuseau)
    demande.decisions.get().lettres.update(emise_le=emise)
    with horloge.a_la_date(emise):
        assert services.limite_reexamen(demande) == dt.date(2030, 7, 31)
