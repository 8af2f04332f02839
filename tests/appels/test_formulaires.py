"""Composer un formulaire, le publier par révisions, sans rien perdre de ce qui est écrit."""

import datetime as dt

import pytest
from django.urls import reverse

from appels.formulaires import changements, par_code
from appels.models import Demande, Formulaire
from appels.services import demandes, depot, formulaires
from socle.exceptions import PermissionRefusee, RegleViolee
from tests.appels.conftest import adresse
from tests.factories import AppelFactory, UtilisateurFactory

pytestmark = pytest.mark.django_db

SECTIONS = [
    {
        "code": "besoin",
        "titre": "Le besoin",
        "questions": [
            {"code": "besoin", "libelle": "À quel besoin ?", "type": "texte_long"},
            {
                "code": "langue",
                "libelle": "Français ?",
                "type": "choix",
                "choix": ["Oui", "Non"],
            },
            {
                "code": "pourquoi",
                "libelle": "Pourquoi pas ?",
                "type": "texte_court",
                "si": {"question": "langue", "valeur": "Non"},
            },
        ],
    },
    {"code": "equipe", "titre": "L'équipe", "questions": [{"code": "q", "libelle": "Qui ?"}]},
]


@pytest.fixture
def agente(client):
    agente = UtilisateurFactory(agent=True)
    client.force_login(agente)
    return agente


@pytest.fixture
def appel():
    """Un appel en brouillon et son formulaire, pas encore publié."""
    appel = AppelFactory()
    appel.formulaires.all().delete()
    formulaires.creer_formulaire(appel=appel, sections=SECTIONS)
    return appel


@pytest.fixture
def ouvert(prete, accuses_confies):
    """Un appel ouvert, une demande en brouillon sous sa première révision, deux réponses."""
    prete.appel.formulaires.exclude(pk=prete.demande.formulaire_id).delete()
    premier = formulaires.creer_formulaire(appel=prete.appel, sections=SECTIONS)
    premier.publie_le = prete.appel.publie_le
    premier.save()
    Demande.objects.filter(pk=prete.demande.pk).update(formulaire=premier, formulaire_vu=premier)
    prete.demande.refresh_from_db()
    prete.premier = premier
    prete.questions = {code: q for (_, code), q in par_code(premier.pk).items()}
    for code, valeur in (("besoin", "L'isolement"), ("langue", "Oui"), ("q", "Nous")):
        prete.demande.reponses.create(question=prete.questions[code], valeur=valeur)
    return prete


def page(appel, nom="formulaire", **reste):
    return reverse(f"ville:{nom}", kwargs={"code": appel.code, "nature": "demande", **reste})


def envoi(*questions, titre="Le besoin", initiales=0, **reste):
    donnees = {
        "titre": titre,
        "aide": "",
        "questions-TOTAL_FORMS": len(questions),
        "questions-INITIAL_FORMS": initiales,
        "questions-MIN_NUM_FORMS": 0,
        "questions-MAX_NUM_FORMS": 60,
        **reste,
    }
    for rang, question in enumerate(questions):
        champs = {"type": "texte_long", "obligatoire": "on", **question}
        donnees |= {f"questions-{rang}-{nom}": valeur for nom, valeur in champs.items()}
    return donnees


# --- Composer -----------------------------------------------------------------------------------
def test_une_section_se_cree_avec_ses_questions_typees(client, agente, appel):
    client.post(
        page(appel, "formulaire_section_nouvelle"),
        envoi(
            {"libelle": "Que ferez-vous ?", "type": "activites"},
            {"libelle": "Votre public", "type": "choix", "choix": "Enfants\nAînés\n\nAînés"},
            {"libelle": "Votre public", "mots_max": "50", "obligatoire": ""},
            titre="Les activités",
        ),
    )

    section = appel.formulaires.get().sections.last()
    assert (section.titre, section.code) == ("Les activités", "les-activites")
    questions = list(section.questions.all())
    assert [q.code for q in questions] == ["que-ferez-vous", "votre-public", "votre-public-2"]
    assert questions[1].choix == ["Enfants", "Aînés"]
    assert (questions[2].mots_max, questions[2].obligatoire) == (50, False)


def test_modifier_une_section_garde_ses_questions_et_leurs_conditions(client, agente, appel):
    section = appel.formulaires.get().sections.first()
    besoin, langue, pourquoi = section.questions.all()
    client.post(
        page(appel, "formulaire_section", pk=section.pk),
        envoi(
            {"pk": besoin.pk, "libelle": "Le besoin ?", "ORDER": 3},
            {"pk": langue.pk, "libelle": "Français ?", "type": "choix", "choix": "Oui\nNon",
             "ORDER": 1},
            {"pk": pourquoi.pk, "libelle": "Pourquoi ?", "type": "texte_court", "ORDER": 2,
             "si_question": langue.pk, "si_valeur": "Non"},
            initiales=3,
        ),
    )  # fmt: skip

    apres = list(section.questions.all())
    assert [q.pk for q in apres] == [langue.pk, pourquoi.pk, besoin.pk]
    assert apres[1].si_question == langue
    assert apres[2].libelle == "Le besoin ?"
    assert apres[2].code == "besoin"


@pytest.mark.parametrize(
    ("champs", "phrase"),
    [
        ({"libelle": ""}, "champ--erreur"),
        ({"type": "choix", "choix": "Un seul"}, "Écrivez au moins deux choix"),
        ({"mots_max": "-5"}, "champ--erreur"),
        ({"mots_max": "beaucoup"}, "champ--erreur"),
        ({"type": "inconnu"}, "champ--erreur"),
        ({"si_question": "LANGUE", "si_valeur": ""}, "Écrivez la réponse qui fait poser"),
        ({"si_question": "LANGUE", "si_valeur": "Peut-être"}, "une de celles-ci : Oui, Non"),
        ({"si_question": "999999", "si_valeur": "Oui"}, "champ--erreur"),
    ],
)
def test_une_question_fautive_est_dite_et_rien_ne_s_ecrit(client, agente, appel, champs, phrase):
    langue = appel.formulaires.get().sections.first().questions.get(code="langue")
    champs = {nom: langue.pk if v == "LANGUE" else v for nom, v in champs.items()}

    reponse = client.post(
        page(appel, "formulaire_section_nouvelle"),
        envoi({"libelle": "Une question", "aide": "Gardé à l'écran", **champs}, titre="Essai"),
    )

    assert phrase in reponse.text
    assert "Gardé à l&#x27;écran" in reponse.text
    assert appel.formulaires.get().sections.count() == 2


def test_deux_questions_ne_dependent_pas_l_une_de_l_autre(agente, appel):
    section = appel.formulaires.get().sections.first()
    langue, pourquoi = section.questions.get(code="langue"), section.questions.get(code="pourquoi")
    pourquoi.type, pourquoi.choix = "choix", ["Oui", "Non"]
    pourquoi.save()

    with pytest.raises(RegleViolee, match="dépendre l'une de l'autre"):
        formulaires.enregistrer_section(
            acteur=agente,
            revision=section.formulaire,
            section=section,
            titre=section.titre,
            questions=[
                {"pk": pourquoi.pk, "libelle": "P", "si_question": langue, "si_valeur": "Non"},
                {"pk": langue.pk, "libelle": "L", "si_question": pourquoi, "si_valeur": "Oui"},
            ],
        )


def test_les_sections_se_deplacent_et_se_retirent(client, agente, appel):
    revision = appel.formulaires.get()
    equipe = revision.sections.get(code="equipe")

    client.post(page(appel, "formulaire_section_agir", pk=equipe.pk, action="monter"))
    assert [s.code for s in revision.sections.all()] == ["equipe", "besoin"]
    client.post(page(appel, "formulaire_section_agir", pk=equipe.pk, action="retirer"))
    assert [s.code for s in revision.sections.all()] == ["besoin"]


def test_ajouter_une_question_sans_javascript_garde_tout(client, agente, appel):
    reponse = client.post(
        page(appel, "formulaire_section_nouvelle"),
        envoi({"libelle": "", "aide": "À moitié écrite"}, titre="", ajouter_questions="1"),
    )
    assert "À moitié écrite" in reponse.text
    assert 'name="questions-1-libelle"' in reponse.text
    assert appel.formulaires.get().sections.count() == 2


def test_partir_du_formulaire_d_un_autre_appel_ou_du_modele(client, agente, appel, ouvert):
    source = ouvert.premier
    client.post(page(appel, "formulaire_agir", action="remplacer"), {"source": ""})
    assert appel.formulaires.get().sections.filter(code="personnes").exists()

    client.post(page(appel, "formulaire_agir", action="remplacer"), {"source": source.pk})

    copie = appel.formulaires.get()
    assert not changements(source, copie)
    pourquoi = par_code(copie.pk)["besoin", "pourquoi"]
    assert pourquoi.si_question.section.formulaire == copie
    assert client.get(page(appel)).status_code == 200


def test_l_apercu_montre_la_section_comme_l_organisme_la_verra(client, agente, appel):
    section = appel.formulaires.get().sections.first()
    apercu = client.get(page(appel, "formulaire_apercu", pk=section.pk)).text
    assert "À quel besoin ?" in apercu
    assert "Si vous avez répondu « Non » à « Français ? »." in apercu


# --- Les révisions ------------------------------------------------------------------------------
def reviser(agente, ouvert):
    """Ouvre une révision qui change « besoin », retire « q » et ajoute « combien »."""
    revision = formulaires.ouvrir_revision(acteur=agente, appel=ouvert.appel)
    besoin, langue, _ = revision.sections.get(code="besoin").questions.all()
    formulaires.enregistrer_section(
        acteur=agente,
        revision=revision,
        section=besoin.section,
        titre="Le besoin",
        questions=[
            {"pk": besoin.pk, "libelle": "À quel besoin répondez-vous ?", "type": "texte_court"},
            {"pk": langue.pk, "libelle": langue.libelle, "type": "choix", "choix": langue.choix},
            {"libelle": "Combien ?", "type": "nombre"},
        ],
    )
    formulaires.retirer_section(acteur=agente, section=revision.sections.get(code="equipe"))
    return revision


def test_publie_un_formulaire_ne_change_que_par_revision(agente, ouvert):
    section = ouvert.premier.sections.first()
    for appel in (
        lambda: formulaires.retirer_section(acteur=agente, section=section),
        lambda: formulaires.deplacer_section(acteur=agente, section=section, vers=1),
        lambda: formulaires.enregistrer_section(
            acteur=agente, revision=ouvert.premier, titre="X", questions=[]
        ),
        lambda: formulaires.remplacer_formulaire(
            acteur=agente, revision=ouvert.premier, source=None
        ),
    ):
        with pytest.raises(RegleViolee, match="publiée"):
            appel()


def test_tant_qu_elle_n_est_pas_publiee_personne_n_est_touche(agente, ouvert):
    revision = reviser(agente, ouvert)

    assert formulaires.ouvrir_revision(acteur=agente, appel=ouvert.appel) == revision
    ouvert.demande.refresh_from_db()
    assert ouvert.demande.formulaire == ouvert.premier
    neuve = demandes.commencer_demande(
        acteur=ouvert.responsable, appel=ouvert.appel, organisme=ouvert.demande.organisme
    )
    assert neuve.formulaire == ouvert.premier


def test_publiee_les_brouillons_y_passent_et_leurs_reponses_suivent(agente, ouvert, client):
    revision = reviser(agente, ouvert)
    publie = client.post(page(ouvert.appel, "formulaire_agir", action="publier"), follow=True)
    assert "les brouillons en sont prévenus" in publie.text

    demande = Demande.objects.get(pk=ouvert.demande.pk)
    assert demande.formulaire == revision
    valeurs = {
        r.question.code: r.valeur
        for r in demande.reponses.filter(question__section__formulaire=revision)
    }
    assert valeurs == {"besoin": "L'isolement", "langue": "Oui"}

    client.force_login(ouvert.redacteur)
    brouillon = client.get(adresse(demande, "besoin")).text
    assert "La Ville a changé le formulaire" in brouillon
    assert "Question ajoutée : « Combien ? »" in brouillon
    assert "Question changée : « À quel besoin répondez-vous ? »" in brouillon
    assert "auparavant « À quel besoin ? » ; se répond maintenant ainsi : texte court" in brouillon
    assert "Question retirée : « Qui ? »" in brouillon
    # Ce qui n'a plus de question se lit encore.
    assert "Nous" in brouillon

    client.post(reverse("organisme:revision_vue", kwargs={"reference": demande.reference}))
    assert "La Ville a changé" not in client.get(adresse(demande, "besoin")).text


def test_une_page_ouverte_avant_la_revision_ne_perd_pas_son_texte(agente, ouvert, client):
    reviser(agente, ouvert)
    client.post(page(ouvert.appel, "formulaire_agir", action="publier"))
    client.force_login(ouvert.redacteur)
    ancienne = ouvert.questions["besoin"]

    reponse = client.post(
        reverse(
            "organisme:enregistrer_reponse",
            kwargs={"reference": ouvert.demande.reference, "pk": ancienne.pk},
        ),
        {f"q{ancienne.pk}": "Un autre texte"},
    )

    assert reponse.status_code == 409
    assert "vient de changer ce formulaire" in reponse.json()["message"]


def test_une_demande_deposee_garde_son_formulaire_et_reprise_passe_au_nouveau(agente, ouvert):
    depot.deposer(acteur=ouvert.responsable, demande=ouvert.demande)
    revision = reviser(agente, ouvert)
    formulaires.publier_revision(acteur=agente, revision=revision)
    demande = Demande.objects.get(pk=ouvert.demande.pk)
    assert demande.formulaire == ouvert.premier

    demande = demandes.reprendre(acteur=ouvert.responsable, demande=demande)

    assert demande.formulaire == revision
    assert demande.reponses.get(question__code="besoin").question.section.formulaire == revision


def test_une_revision_s_abandonne_mais_pas_le_seul_formulaire(agente, ouvert, appel):
    revision = formulaires.ouvrir_revision(acteur=agente, appel=ouvert.appel)
    formulaires.abandonner_revision(acteur=agente, revision=revision)
    assert not Formulaire.objects.filter(pk=revision.pk).exists()
    with pytest.raises(RegleViolee, match="seul formulaire"):
        formulaires.abandonner_revision(acteur=agente, revision=appel.formulaires.get())


def test_apres_la_cloture_le_formulaire_ne_change_plus(agente, ouvert, a_l_heure):
    revision = reviser(agente, ouvert)
    a_l_heure(ouvert.appel.cloture)
    formulaires.publier_revision(acteur=agente, revision=revision)
    autre = formulaires.ouvrir_revision(acteur=agente, appel=ouvert.appel)
    a_l_heure(ouvert.appel.cloture + dt.timedelta(seconds=1))
    with pytest.raises(RegleViolee):
        formulaires.publier_revision(acteur=agente, revision=autre)


def test_un_autre_role_ne_compose_pas(ouvert):
    with pytest.raises(PermissionRefusee):
        formulaires.ouvrir_revision(acteur=UtilisateurFactory(tresorerie=True), appel=ouvert.appel)
