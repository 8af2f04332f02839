"""Chaque type de question existe partout : composition, aperçu, brouillon, dépôt, PDF."""

from io import BytesIO

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse
from pypdf import PdfReader

from appels.completude import manques
from appels.formulaires import lire_formulaire
from appels.models import Demande
from appels.questions import TypeQuestion, texte
from appels.services import formulaires, pieces, reponses, revisions
from appels.services.accuses import contexte_accuse
from appels.services.depot import deposer
from socle.documents import rendre_html, rendre_pdf
from tests.appels.conftest import adresse
from tests.factories import AppelFactory, UtilisateurFactory

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("accuses_confies")]

# Ce qui se range pour chaque type, et ce qu'une personne en lit.
REPONSES = {
    "texte_court": ("Un mot", ["Un mot"]),
    "texte_long": ("Deux\nlignes", ["Deux"]),
    "choix": ("Deux", ["Deux"]),
    "choix_multiples": (["Un", "Trois"], ["Un", "Trois"]),
    "nombre": ("12", ["12"]),
    "montant": ("1250,5", ["1\xa0250,50\xa0$"]),
    "date": ("2031-02-01", ["samedi 1er\u00a0février 2031"]),
    "adresse": (
        {"rue": "1 rue des Forges", "ville": "Trois-Rivières"},
        ["Numéro et rue : 1 rue des Forges", "Trois-Rivières"],
    ),
    "personnes": (
        {"total": "40", "immigrantes": "25"},
        ["Personnes différentes en tout : 40", "25"],
    ),
    "activites": (
        [{"nom": "Soupe du jeudi", "debut": "2031-02-06", "lieu": "Sous-sol"}],
        ["Soupe du jeudi", "jeudi 6\u00a0février 2031", "Sous-sol"],
    ),
    "resultats": (
        {
            "activites_realisees": "7", "participations": "913", "personnes_distinctes": "412",
            "personnes_immigrantes": "287", "partenaires": "6",
        },
        ["Participations prévues : 913", "Personnes différentes à rejoindre : 412", "287"],
    ),
    "realisees": (
        [{"nom": "Le grand bal", "debut": "2031-03-09", "personnes": "88", "constat": "Adieux"}],
        ["Le grand bal", "dimanche 9\u00a0mars 2031", "Personnes présentes : 88", "Adieux"],
    ),
    "partenaires": (
        [{"nom": "La Bibliothèque", "role": "Prête la salle"}],
        ["La Bibliothèque", "Prête la salle"],
    ),
    "declaration": (True, ["Oui"]),
    "piece": ("plan.pdf", ["plan.pdf"]),
}  # fmt: skip
# Ce que la page de saisie montre de propre à chaque type.
CONTROLES = {
    "texte_court": 'type="text"',
    "texte_long": "<textarea",
    "choix": 'type="radio"',
    "choix_multiples": 'type="checkbox"',
    "nombre": 'inputmode="decimal"',
    "montant": "champ__unite",
    "date": 'type="date"',
    "adresse": "-code_postal",
    "personnes": "-immigrantes",
    "activites": "-0-debut",
    "resultats": "-participations",
    "realisees": "-0-constat",
    "partenaires": "-0-role",
    "declaration": 'type="checkbox"',
    "piece": 'type="file"',
}


def lisible(texte):
    """Le texte sans ses blancs : un PDF les place où la ligne tourne."""
    return "".join(texte.split())


def test_tous_les_types_sont_essayes_ici():
    assert set(TypeQuestion.values) == set(REPONSES) == set(CONTROLES)


@pytest.mark.parametrize("type_", TypeQuestion.values)
def test_la_ville_compose_le_type_et_le_voit_comme_l_organisme(client, type_):
    appel = AppelFactory()
    client.force_login(UtilisateurFactory(agent=True))
    adresse_ville = {"code": appel.code, "nature": "demande"}
    client.post(
        reverse("ville:formulaire_section_nouvelle", kwargs=adresse_ville),
        {
            "titre": "Ma section", "aide": "Une aide de section.",
            "questions-TOTAL_FORMS": 1, "questions-INITIAL_FORMS": 0,
            "questions-0-libelle": "Ma question", "questions-0-type": type_,
            "questions-0-aide": "Une aide de question.", "questions-0-obligatoire": "on",
            "questions-0-choix": "Un\nDeux" if type_.startswith("choix") else "",
            "questions-0-mots_max": "50" if type_ == "texte_long" else "",
        },
    )  # fmt: skip
    section = appel.formulaires.latest("revision").sections.get(titre="Ma section")

    apercu = client.get(
        reverse("ville:formulaire_apercu", kwargs={**adresse_ville, "pk": section.pk})
    ).text

    for attendu in ("Ma question", "Une aide de question.", CONTROLES[type_]):
        assert attendu in apercu
    assert ('data-mots-max="50"' in apercu) is (type_ == "texte_long")


@pytest.fixture
def repondue(questionnaire):
    """La demande avec une réponse de chaque type."""
    question = questionnaire.section.questions.create(
        code="plan", libelle="Question piece", type="piece", ordre=40
    )
    pieces.joindre_piece(
        acteur=questionnaire.redacteur,
        demande=questionnaire.demande,
        fichier=SimpleUploadedFile("plan.pdf", b"%PDF-1.7\n%%EOF"),
        question=question,
    )
    questionnaire.section.questions.update(obligatoire=True)
    for type_, question in questionnaire.questions.items():
        question.refresh_from_db()
        reponses.enregistrer_reponse(
            acteur=questionnaire.redacteur,
            demande=questionnaire.demande,
            question=question,
            valeur=REPONSES[type_][0],
        )
    return questionnaire


def test_chaque_type_se_relit_se_depose_et_s_imprime(repondue, client):
    demande = repondue.demande
    assert not manques(demande)
    client.force_login(repondue.redacteur)
    saisie = client.get(adresse(demande, "besoin")).text
    relecture = client.get(adresse(demande)).text

    depot = deposer(acteur=repondue.responsable, demande=demande, signataire="M. S.")

    html = rendre_html("pdf/accuse_reception.html", contexte_accuse(depot))
    pdf = PdfReader(BytesIO(rendre_pdf(html, titre="Accusé")))
    accuse = lisible(" ".join(feuille.extract_text() for feuille in pdf.pages))
    client.force_login(UtilisateurFactory(agent=True))
    ville = client.get(reverse("ville:demande", args=[demande.reference])).text
    for type_, (_, lus) in REPONSES.items():
        assert CONTROLES[type_] in saisie, type_
        for lu in lus:
            assert lisible(lu) in accuse, (type_, lu)
            assert lu in relecture, (type_, lu)
            assert lu in ville, (type_, lu)
    # Les activités ont leur calendrier, à l'écran comme dans le PDF.
    for page in (relecture, html, ville):
        assert "frise" in page.split("Question activites", 1)[1].split("Question partenaires")[0]


def test_une_reponse_manquante_se_dit_pour_chaque_type(questionnaire):
    questionnaire.section.questions.create(code="p", libelle="Question piece", type="piece")
    questionnaire.section.questions.update(obligatoire=True)

    absents = {m.libelle.split(" — ")[0] for m in manques(questionnaire.demande)}

    assert {f"Question {type_}" for type_ in TypeQuestion.values} <= absents


@pytest.mark.parametrize("type_", ["date", "montant"])
def test_une_reponse_a_moitie_ecrite_se_lit_telle_quelle(type_):
    assert texte(type_, "vers l'automne") == "vers l'automne"


def test_une_demande_deposee_se_lit_sous_son_formulaire(repondue):
    """Une révision publiée après le dépôt ne change rien à ce qui se lit de la demande."""
    demande = deposer(acteur=repondue.responsable, demande=repondue.demande).demande
    avant = [q.texte for section in lire_formulaire(demande) for q in section.questions]
    agente = UtilisateurFactory(agent=True)
    revision = formulaires.ouvrir_revision(acteur=agente, appel=repondue.appel)
    formulaires.enregistrer_section(
        acteur=agente,
        revision=revision,
        section=revision.sections.get(),
        titre="Autre",
        questions=[{"libelle": "Seule question", "type": "texte_court"}],
    )
    revisions.publier_revision(acteur=agente, revision=revision)

    demande = Demande.objects.get(pk=demande.pk)
    apres = [q.texte for section in lire_formulaire(demande) for q in section.questions]
    assert apres == avant
    assert len(apres) == len(TypeQuestion.values)
