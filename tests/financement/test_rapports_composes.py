"""Le formulaire d'un rapport se compose comme celui d'un appel, et part de ce qui était prévu."""

import datetime as dt

import pytest
from django.test import Client
from django.urls import reverse
from django.utils.html import escape

from appels.formulaires import questions_de
from appels.models import Appel, Formulaire
from appels.services import formulaires, revisions
from financement.models import Rapport
from financement.services.rapports_attendus import attendre_rapport
from socle.exceptions import RegleViolee
from tests.factories import (
    AdhesionFactory,
    AppelFactory,
    ConventionFactory,
    UtilisateurFactory,
    dans,
)
from tests.financement import objets
from tests.financement.objets import page, recit, un_projet

pytestmark = pytest.mark.django_db
ACTIVITES = [
    {"nom": "Souper", "debut": "2031-02-01", "lieu": "Salle Pélican", "personnes": "40"},
    {"nom": "Visite", "debut": "2031-03-01", "fin": "2031-03-05"},
]


@pytest.fixture
def agent():
    return UtilisateurFactory(agent=True)


def publier(formulaire):
    Formulaire.objects.filter(pk=formulaire.pk).update(publie_le=dans())


def par_code(formulaire):
    return {question.code: question for question in questions_de(formulaire.pk).values()}


@pytest.fixture
def conventionnee():
    """Une demande dont le formulaire a un tableau d'activités, l'appel ses rapports livrés."""
    demande = ConventionFactory(en_vigueur=True).demande
    formulaire = formulaires.creer_formulaire_par_defaut(appel=demande.appel)
    publier(formulaire)
    demande.formulaire = formulaire
    demande.save(update_fields=["formulaire"])
    tableau = next(q for q in par_code(formulaire).values() if q.type == "activites")
    demande.reponses.create(question=tableau, valeur=ACTIVITES)
    formulaires.creer_formulaires_des_rapports(appel=demande.appel)
    demande.appel.formulaires.update(publie_le=dans())
    return demande


# --- Composer -------------------------------------------------------------------------------------
@pytest.mark.parametrize("nature", ["rapport_etape", "rapport_final"])
def test_le_formulaire_d_un_rapport_se_compose_et_se_voit_d_avance(client, agent, nature):
    appel = AppelFactory()
    formulaires.creer_formulaires_des_rapports(appel=appel)
    client.force_login(agent)
    adresse = reverse("ville:formulaire", args=[appel.code, nature])
    de_la_demande = reverse("ville:formulaire", args=[appel.code, "demande"])
    assert adresse in client.get(de_la_demande).text
    reponse = client.post(
        reverse("ville:formulaire_section_nouvelle", args=[appel.code, nature]),
        {
            "titre": "Les leçons",
            "questions-TOTAL_FORMS": "1",
            "questions-INITIAL_FORMS": "0",
            "questions-0-libelle": "Qu'avez-vous appris ?",
            "questions-0-type": "texte_long",
            "questions-0-obligatoire": "on",
        },
    )
    assert reponse.url == adresse
    section = formulaires.formulaire_courant(appel, nature).sections.get(titre="Les leçons")
    apercu = client.get(
        reverse("ville:formulaire_apercu", args=[appel.code, nature, section.pk])
    ).text
    assert "Qu&#x27;avez-vous appris ?" in apercu


def test_les_pages_de_l_appel_menent_aux_formulaires_des_rapports(client, agent):
    appel = AppelFactory()
    client.force_login(agent)
    adresse = reverse("ville:formulaire", args=[appel.code, "rapport_final"])
    assert adresse in client.get(reverse("ville:appel", args=[appel.code])).text
    texte = client.get(adresse).text
    assert "Cet appel n&#x27;en a pas encore" in texte or "Cet appel n'en a pas encore" in texte


def test_un_appel_d_avant_recoit_le_formulaire_livre_avec_ses_conditions(agent):
    appel = AppelFactory(ouvert=True)
    formulaire = formulaires.ouvrir_revision(acteur=agent, appel=appel, nature="rapport_final")
    questions = par_code(formulaire)
    assert questions["realisees"].type == "realisees"
    assert questions["ecarts"].si_question == questions["ecart"]
    revisions.publier_revision(acteur=agent, revision=formulaire)
    assert formulaires.formulaire_courant(appel, "rapport_final").publie_le


def test_le_formulaire_d_un_rapport_change_apres_la_decision_pas_une_fois_archive(agent):
    appel = AppelFactory(ouvert=True)
    Appel.objects.filter(pk=appel.pk).update(etat="decide")
    appel = Appel.objects.get(pk=appel.pk)
    formulaires.ouvrir_revision(acteur=agent, appel=appel, nature="rapport_etape")
    with pytest.raises(RegleViolee):
        formulaires.ouvrir_revision(acteur=agent, appel=appel, nature="demande")
    Appel.objects.filter(pk=appel.pk).update(etat="archive")
    with pytest.raises(RegleViolee):
        formulaires.ouvrir_revision(
            acteur=agent, appel=Appel.objects.get(pk=appel.pk), nature="rapport_final"
        )


def test_une_revision_publiee_emporte_les_reponses_des_rapports_en_cours_seulement(agent):
    projet = un_projet()
    appel = projet.demande.appel
    question = projet.questions["final"]["activites"]
    projet.final.reponses.create(question=question, valeur="Dix rencontres.")
    Rapport.objects.filter(pk=projet.etape.pk).update(etat="depose", depose_le=dans())
    Appel.objects.filter(pk=appel.pk).update(etat="decide")
    for nature in ("rapport_final", "rapport_etape"):
        revision = formulaires.ouvrir_revision(
            acteur=agent, appel=Appel.objects.get(pk=appel.pk), nature=nature
        )
        touches = revisions.publier_revision(acteur=agent, revision=revision)
        assert touches == (1 if nature == "rapport_final" else 0)
    final, etape = Rapport.objects.get(pk=projet.final.pk), Rapport.objects.get(pk=projet.etape.pk)
    assert final.formulaire.revision == 2
    assert recit(final, "activites") == "Dix rencontres."
    assert final.reponses.get().question.section.formulaire == final.formulaire
    assert etape.formulaire == projet.etape.formulaire


# --- Partir de ce qui était prévu -----------------------------------------------------------------
def test_le_rapport_part_des_activites_prevues_et_du_budget_convenu(conventionnee):
    demande = conventionnee
    rapport = attendre_rapport(demande=demande, nature="final", echeance=dt.date(2031, 9, 30))
    assert rapport.formulaire.nature == "rapport_final"
    assert recit(rapport, "realisees") == [
        {"nom": "Souper", "prevu": "samedi 1er\u00a0février 2031, Salle Pélican, 40 personnes"},
        {"nom": "Visite", "prevu": "samedi 1er\u00a0mars 2031 au mercredi 5\u00a0mars 2031"},
    ]
    membre = UtilisateurFactory()
    demande.organisme.adhesions.create(utilisateur=membre, role="redacteur")
    texte = page(membre, "organisme:rapport", demande.reference, "final").text
    assert "samedi 1er\u00a0février 2031, Salle Pélican, 40 personnes" in texte
    for poste in demande.postes.all():
        assert escape(poste.get_categorie_display()) in texte
    # Attendu une seconde fois (une convention refaite), il garde ce qui est écrit.
    rapport.reponses.update(valeur=[{"nom": "Souper", "debut": "2031-02-02"}])
    attendre_rapport(demande=demande, nature="final", echeance=dt.date(2031, 9, 30))
    assert recit(rapport, "realisees") == [{"nom": "Souper", "debut": "2031-02-02"}]


def test_une_activite_prevue_sans_nouvelles_empeche_le_depot(conventionnee):
    rapport = attendre_rapport(demande=conventionnee, nature="etape", echeance=dt.date(2031, 3, 31))
    phrases = [manque.libelle for manque in rapport.manques()]
    assert any("activité 1 : écrivez quand elle s'est tenue" in phrase for phrase in phrases)
    # Près du champ, son nom ne se répète pas.
    personne = AdhesionFactory(organisme=conventionnee.organisme).utilisateur
    adresse = ("organisme:rapport", conventionnee.reference, "etape")
    donnees = objets.Formulaire(page(personne, *adresse).text).donnees()
    refus = objets.envoyer(personne, *adresse, **donnees, deposer="1").text
    assert "<p>Activité 1 : écrivez quand" in refus
    faites = [{"nom": "Souper", "debut": "2031-02-02"}, {"nom": "Visite", "constat": "Annulée"}]
    rapport.reponses.filter(question__code="realisees").update(valeur=faites)
    assert not any("activité" in manque.libelle.lower() for manque in rapport.manques()[:1])


def test_une_question_conditionnelle_ne_manque_que_si_elle_se_pose(conventionnee):
    rapport = attendre_rapport(demande=conventionnee, nature="etape", echeance=dt.date(2031, 3, 31))
    questions = par_code(rapport.formulaire)
    for reponse, attendue in (("Non", False), ("Oui", True)):
        rapport.reponses.update_or_create(
            question=questions["difficultes"], defaults={"valeur": reponse}
        )
        manques = {manque.ancre for manque in rapport.manques()}
        assert (f"id_q{questions['difficultes-lesquelles'].pk}" in manques) is attendue


def test_seule_la_ville_compose(client):
    appel = AppelFactory()
    formulaires.creer_formulaires_des_rapports(appel=appel)
    adresse = reverse("ville:formulaire", args=[appel.code, "rapport_final"])
    projet = un_projet()
    for role in ("tresorerie", "responsable", "mifi"):
        navigateur = Client()
        navigateur.force_login(getattr(projet.gens, role))
        assert navigateur.get(adresse).status_code == 404
