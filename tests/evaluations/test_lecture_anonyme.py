"""Lecture anonyme : ni l'organisme ni ses personnes, sur aucune page du comité."""

import pytest
from django.core.files.base import ContentFile
from django.test import Client
from django.urls import reverse

from appels.models import Demande, PieceJointe, Question
from evaluations import urls
from evaluations.lecture import lire
from evaluations.models import Calibrage, Evaluation
from evaluations.projets import SANS_NOM, ProjetLu
from evaluations.services import comite
from socle.models import Document
from tests.evaluations.objets import (
    clore,
    declarer,
    recommander,
    seance_ouverte,
    soumettre,
    un_comite,
)
from tests.factories import AdhesionFactory, AppelFactory, MembreComiteFactory, UtilisateurFactory

pytestmark = pytest.mark.django_db

NOMS = (
    "Fabriquedesbrumes",
    "fabriquedesbrumes",
    "Zéphyrine",
    "Quintalou",
    "Barnabète",
    "819 555-0142",
    "contact@brumes.example.test",
    "FDB-budget.pdf",
)
TEXTE = (
    "La Fabriquedesbrumes, avec Zéphyrine Quintalou (contact@brumes.example.test, 819 555-0142), "
    "accueille le quartier. Mme Barnabète dirige FABRIQUEDESBRUMES."
)


@pytest.fixture
def pret():
    """Deux demandes d'un même organisme, que ses textes trahissent partout ; M4 est agente."""
    pret = un_comite(demandes=2, lecture_anonyme=True)
    siegeante = UtilisateurFactory(agent=True)
    pret.membres.append(MembreComiteFactory(appel=pret.appel, utilisateur=siegeante, code="M4"))
    comite.affecter_comite_complet(acteur=pret.agente, appel=pret.appel)
    for demande in pret.demandes:
        trahir(demande)
        for membre in pret.membres:
            declarer(demande, membre)
    return pret


def trahir(demande):
    organisme = demande.organisme
    organisme.nom, organisme.signataire_nom = "La Fabriquedesbrumes", "Odile Barnabète"
    organisme.save()
    AdhesionFactory(organisme=organisme, utilisateur__nom="Zéphyrine Quintalou")
    Demande.objects.filter(pk=demande.pk).update(
        titre=f"Les samedis de la Fabriquedesbrumes {demande.code}", resume=TEXTE
    )
    demande.refresh_from_db()
    demande.postes.create(categorie="salaires", libelle="Salaire de Zéphyrine", montant=100)
    demande.revenus.create(
        source="fonds_propres", libelle="Caisse de la Fabriquedesbrumes", montant=100
    )
    demande.pieces.create(
        nom="FDB-budget.pdf", taille=8, type_mime="application/pdf", empreinte="0" * 64,
        fichier=ContentFile(b"%PDF-1.7", "FDB-budget.pdf"),
    )  # fmt: skip
    for question in Question.objects.filter(
        section__formulaire=demande.formulaire_id, type__in=["texte_long", "texte_court"]
    ):
        demande.reponses.update_or_create(question=question, defaults={"valeur": TEXTE})


def pages(pret, membre):
    """Chaque page du comité, avec ce qu'elle répond à ce membre (sauf la déclaration)."""
    client = Client()
    client.force_login(membre.utilisateur)
    fiche = Evaluation.objects.filter(affectation__demande=pret.demandes[0], etat="soumise").first()
    calibrage = Calibrage.objects.filter(appel=pret.appel).first()
    for motif in urls.comite:
        if motif.name == "interets":
            continue
        parametres = {
            "code": pret.appel.code,
            "reference": pret.demandes[0].reference,
            "pk": getattr(pret, "seance", pret.appel).pk,
            "champ": "motifs",
            "bloc": "suites",
            "no": 1,
        }
        if "fiches/" in str(motif.pattern):
            parametres["pk"] = fiche.pk if fiche else 0
        if "calibrages/" in str(motif.pattern):
            parametres["pk"] = calibrage.pk if calibrage else 0
        voulus = {cle: parametres[cle] for cle in motif.pattern.converters}
        yield motif.name, client.get(reverse(f"comite:{motif.name}", kwargs=voulus))


def verifier(pret, membre):
    vues = set()
    for nom, reponse in pages(pret, membre):
        if reponse.status_code == 200 and not reponse.streaming:
            vues.add(nom)
            for mot in NOMS:
                assert mot not in reponse.text, f"{mot} sur {nom}"
    return vues


@pytest.mark.parametrize("rang", [0, 1, 3], ids=["présidence", "membre", "agente"])
def test_aucun_nom_pendant_la_lecture(pret, rang):
    vues = verifier(pret, pret.membres[rang])

    assert vues >= {
        "accueil",
        "lecture",
        "soumettre",
        "recusation",
        "classement",
        "fiches",
        "livret",
    }


@pytest.mark.parametrize("rang", [0, 1, 3], ids=["présidence", "membre", "agente"])
def test_aucun_nom_en_seance(pret, rang):
    for demande in pret.demandes:
        for membre in pret.membres:
            soumettre(demande, membre)
        clore(pret, demande)
    pret.seance = seance_ouverte(pret)
    for demande in pret.demandes:
        demande.refresh_from_db()
    recommander(pret.seance, pret.demandes[1], pret.membres[0])
    vues = verifier(pret, pret.membres[rang])

    assert vues >= {
        "lecture", "classement", "fiches", "seance", "seance_demande", "seance_ecran",
        "seance_fiche",
    }  # fmt: skip
    if rang == 0:
        assert vues >= {"rouvrir_evaluation", "seance_clore", "seance_textes"}


def test_la_presidence_inscrit_son_avis_sans_lire_le_nom(pret):
    demande, president = pret.demandes[0], pret.membres[0]
    for membre in pret.membres:
        soumettre(demande, membre)
    clore(pret, demande)
    seance = seance_ouverte(pret)
    client = Client()
    client.force_login(president.utilisateur)
    reponse = client.post(
        reverse("comite:seance_demande", args=[seance.pk, demande.reference]),
        {"avis": "favorable_partiel", "montant": "5000", "motifs": "Solide."},
        follow=True,
    )

    assert demande.recommandations.count() == 1
    assert not [mot for mot in NOMS if mot in reponse.text]


def test_le_type_n_a_pas_de_place_pour_le_nom(pret):
    lue = lire(pret.demandes[0])

    assert type(lue.projet) is ProjetLu
    assert lue.projet.organisme is SANS_NOM
    assert not [mot for mot in NOMS if mot in repr(lue)]
    assert "[une personne] ([coordonnées], [coordonnées])" in lue.projet.resume
    assert "Les samedis de [l'organisme]" in lue.projet.titre
    assert [(piece.nom, piece.url) for piece in lue.pieces] == [("", "")]


def test_les_pieces_et_l_accuse_se_ferment(pret):
    demande, membre = pret.demandes[0], pret.membres[1]
    depot = demande.depots.create(
        numero="A-1", depose_le=demande.deposee_le, contenu={}, empreinte="0" * 64
    )
    accuse = Document.objects.create(
        nature="accuse", titre="Accusé", objet_type="appels.depot", objet_id=str(depot.pk),
        html="", pdf=ContentFile(b"%PDF-1.7", "accuse.pdf"), empreinte="0" * 64, taille=8,
    )  # fmt: skip
    client = Client()
    client.force_login(membre.utilisateur)
    adresses = [
        reverse("organisme:piece", args=[PieceJointe.objects.filter(demande=demande).get().cle]),
        reverse("document", args=[accuse.cle]),
        reverse("organisme:demande", args=[demande.reference]),
        reverse("ville:demande", args=[demande.reference]),
    ]

    assert [client.get(adresse).status_code for adresse in adresses] == [404] * 4
    assert not membre.utilisateur.peut("demande.voir", demande)
    assert membre.utilisateur.peut("demande.lire", demande)


def test_la_declaration_nomme_l_organisme_et_ce_qui_est_declare_ne_le_nomme_plus(pret):
    nouveau = MembreComiteFactory(appel=pret.appel, code="M5")
    comite.affecter_comite_complet(acteur=pret.agente, appel=pret.appel)
    declarer(pret.demandes[0], nouveau)
    client = Client()
    client.force_login(nouveau.utilisateur)
    a_declarer, declarees = client.get(
        reverse("comite:interets", args=[pret.appel.code])
    ).text.split("Déclarées sans lien")

    assert "La Fabriquedesbrumes" in a_declarer
    assert not [mot for mot in NOMS if mot in declarees]


def test_le_reglage_se_fait_dans_les_regles_de_l_appel():
    appel, agente = AppelFactory(), UtilisateurFactory(agent=True)
    client = Client()
    client.force_login(agente)
    adresse = reverse("ville:appel_modifier", args=[appel.code, "regles"])
    formulaire = client.get(adresse).context["form"]
    donnees = {nom: formulaire[nom].value() for nom in formulaire.fields}
    client.post(adresse, {**donnees, "lecture_anonyme": "on"})

    appel.refresh_from_db()
    assert appel.lecture_anonyme
