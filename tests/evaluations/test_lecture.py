"""L'écran de lecture : la demande repliée, son budget dessiné, ses pièces, l'échelle en mots."""

import datetime as dt

import pytest
from django.core.files.base import ContentFile
from django.test import Client
from django.urls import reverse
from django.utils.html import escape

from appels.services import formulaires
from evaluations.lecture import lire
from socle import horloge
from tests.evaluations.objets import declarer, un_comite
from tests.factories import AffectationFactory, DemandeFactory

pytestmark = pytest.mark.django_db

SECTIONS = [
    {
        "code": "besoin",
        "titre": "Le besoin",
        "questions": [
            {"code": "besoin", "libelle": "À quel besoin répondez-vous ?"},
            {"code": "debut", "libelle": "Quand ?", "type": "date"},
            {"code": "calendrier", "libelle": "Que ferez-vous ?", "type": "activites"},
            {"code": "plan", "libelle": "Le plan des lieux", "type": "piece"},
        ],
    }
]


@pytest.fixture
def pret():
    pret = un_comite(
        seance_comite=horloge.aujourdhui() + dt.timedelta(days=10),
    )
    demande = pret.demandes[0]
    demande.formulaire = formulaires.creer_formulaire(appel=pret.appel, sections=SECTIONS)
    demande.save()
    valeurs = {
        "besoin": "Un besoin démontré.",
        "debut": "2031-03-08",
        "calendrier": [
            {"nom": "Soupers", "debut": "2031-03-08", "lieu": "Salle du Cap", "personnes": "40"},
            {"nom": "Bilan", "debut": "2031-06-01"},
            {"nom": "Banquet", "debut": "à l'été"},
        ],
    }
    for question in demande.formulaire.sections.get().questions.all():
        if question.code in valeurs:
            demande.reponses.create(question=question, valeur=valeurs[question.code])
    demande.postes.create(categorie="salaires", libelle="Animation", montant=100)
    demande.revenus.create(source="fonds_propres", montant=40)
    declarer(demande, pret.membres[1])
    pret.demande = demande
    return pret


def piece(demande, nom, type_mime, contenu, **champs):
    return demande.pieces.create(
        nom=nom, taille=len(contenu), type_mime=type_mime, empreinte="0" * 64,
        fichier=ContentFile(contenu, nom), **champs,
    )  # fmt: skip


def client_de(membre):
    client = Client()
    client.force_login(membre.utilisateur)
    return client


def test_la_page_replie_les_parties_dessine_le_budget_et_dit_l_echelle(pret):
    page = client_de(pret.membres[1]).get(reverse("comite:lecture", args=[pret.demande.reference]))
    texte = " ".join(page.text.split())

    # La première partie est ouverte, les autres repliées.
    assert texte.count('<details class="pli"') == 3
    assert texte.count('id="section-1" open') == 1
    assert "Un besoin démontré." in texte
    assert "8 mars 2031" in texte.replace("\u00a0", " ")
    assert "Qui paie le projet" in texte
    assert "<svg" in texte.split('id="budget"')[1]
    for critere in pret.appel.criteres.all():
        for note, mots in critere.notes_possibles:
            assert escape(f"{note} — {mots}") in texte
    assert "Demande 1 sur 1" in texte
    assert "Séance le" in texte
    assert "il reste" in texte


def test_ce_que_le_calendrier_ne_dit_pas_reste_ecrit(pret):
    reponses = {r.question: r for s in lire(pret.demande).sections for r in s.reponses}

    assert reponses["Que ferez-vous ?"].textes == [
        "Soupers : Salle du Cap, 40 personnes attendues",
        "Banquet : à l'été",
    ]


def test_une_piece_se_montre_sur_place_et_s_ouvre(pret):
    client = client_de(pret.membres[1])
    pdf = piece(pret.demande, "plan.pdf", "application/pdf", b"%PDF-1.7 ")
    image = piece(pret.demande, "salle.png", "image/png", b"\x89PNG")
    texte = client.get(reverse("comite:lecture", args=[pret.demande.reference])).text

    for objet, balise in ((pdf, "<iframe"), (image, "<img")):
        adresse = reverse("organisme:piece", args=[objet.cle])
        assert f'{balise} src="{adresse}?apercu' in texte
        reponse = client.get(f"{adresse}?apercu")
        assert reponse["X-Frame-Options"] == "SAMEORIGIN"
        assert reponse["Content-Disposition"].startswith("inline")
        assert b"".join(reponse.streaming_content)


def test_une_piece_en_analyse_ou_d_un_autre_format_ne_se_montre_pas(pret):
    attend = piece(pret.demande, "a.pdf", "application/pdf", b"%PDF-1.7", analyse="en_attente")
    piece(pret.demande, "notes.odt", "application/vnd.oasis.opendocument.text", b"PK")
    texte = (
        client_de(pret.membres[1])
        .get(reverse("comite:lecture", args=[pret.demande.reference]))
        .text
    )

    assert "<iframe" not in texte
    assert str(attend.cle) not in texte
    assert "n'a pas encore passé l'analyse" in texte
    assert "notes.odt" in texte


def test_une_demande_sans_rien_se_lit_sans_erreur():
    pret = un_comite(demandes=0)
    vide = DemandeFactory(appel=pret.appel, en_evaluation=True, resume="", secteur="")
    AffectationFactory(demande=vide, membre=pret.membres[0])
    declarer(vide, pret.membres[0])
    page = client_de(pret.membres[0]).get(reverse("comite:lecture", args=[vide.reference]))

    assert page.status_code == 200
    assert "Aucune pièce n'est jointe." in page.text
    assert "Demande suivante" not in page.text
