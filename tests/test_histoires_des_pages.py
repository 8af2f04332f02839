"""Chaque objet dont le journal parle a une page qui dit son histoire, à qui peut le voir.

Un verbe nouveau dont l'objet n'a pas de page ici fait échouer ce fichier.
"""

import ast
from html import unescape
from operator import attrgetter
from pathlib import Path

import pytest
from django.urls import reverse

from appels.services import consultations
from evaluations.services import calibrages, repartition
from financement.models import Lettre, RepriseEssayee
from socle import horloge
from socle.journal import journaliser
from socle.verbes import _PHRASES, phrase
from tests.evaluations.objets import un_comite
from tests.evaluations.test_calibrages import TEXTES, noter
from tests.factories import DecisionFactory, DemandeFactory, UtilisateurFactory
from tests.financement.objets import confirmer_l_identite
from tests.test_acces import ACCES, CONNECTES, arguments, un_monde

pytestmark = pytest.mark.django_db

SOURCES = [
    fichier
    for dossier in ("socle", "appels", "evaluations", "financement", "vitrine")
    for fichier in Path(__file__).parents[1].joinpath(dossier).rglob("*.py")
]
TEMOIN = "Témoin du journal"

# Le début du verbe → où est l'objet dans le monde de la matrice, et la page qui dit son histoire.
PAGES = {
    "appel": ("demande.appel", "ville:appel"),
    "archive": ("demande.appel", "ville:appel"),
    "atelier": ("atelier", "ville:consultation"),
    "avenant": ("avenant", "ville:convention"),
    "bilan": ("demande.appel", "bilan:recits"),
    "compte": ("personnes.mifi", "ville:compte"),
    "consultation": ("consultation", "ville:consultation"),
    "convention": ("convention", "ville:convention"),
    "demande": ("demande", "ville:demande"),
    "etapedemarche": ("etape", "ville:consultation"),
    "incident": ("incident", "ville:incident"),
    "lettre": ("lettre", "ville:lettres"),
    "lotpaiement": ("lot", "ville:lot_paiement"),
    "message": ("message", "ville:echange"),
    "modele": ("modele", "ville:modele"),
    "organisme": ("demande.organisme", "ville:organisme"),
    "pagenumerisee": ("page_numerisee", "ville:pile"),
    "pilenumerisee": ("pile", "ville:pile"),
    "pointsouleve": ("point", "ville:consultation"),
    "prochainplan": ("prochain", "ville:prochain"),
    "questionpublique": ("question", "ville:question"),
    "rapport": ("rapport", "ville:rapport"),
    "recuperation": ("recuperation", "ville:fermeture"),
    "reexamen": ("reexamen", "ville:reexamen"),
    "repriseessayee": ("reprise", "ville:reprise"),
    "reserve": ("demande", "ville:demande"),
    "resolution": ("decision.resolution", "ville:decisions"),
    "retournumerise": ("retour", "ville:pile"),
    "scenario": ("scenario", "ville:scenario"),
    "tempsfort": ("temps_fort", "ville:temps_fort"),
    "versement": ("versement", "ville:convention"),
    "versionactivite": ("page_projet", "ville:activite"),
}
# Servies à une personne récusée pour le reste, sans ce qu'elles disent de la demande.
SANS_LA_DEMANDE = {"lettre": {"agent_recuse"}}
# Les pages du comité n'ont pas de place dans la matrice : leurs essais, ici ou dans
# financement/test_histoires.py (affectation, fiche, membre, séance).
DU_COMITE = {
    "affectation", "calibrage", "evaluation", "fichecalibrage", "membrecomite", "repartition",
    "seance",
}  # fmt: skip


def _verbes_ecrits() -> set[str]:
    """Les verbes que le code donne en toutes lettres à ``journaliser``."""
    verbes = set()
    for fichier in SOURCES:
        for noeud in ast.walk(ast.parse(fichier.read_text())):
            if isinstance(noeud, ast.Call) and getattr(noeud.func, "id", "") == "journaliser":
                verbes |= {
                    argument.value.value
                    for argument in noeud.keywords
                    if argument.arg == "verbe" and isinstance(argument.value, ast.Constant)
                }
    return verbes


def test_chaque_verbe_ecrit_a_sa_phrase():
    assert _verbes_ecrits() > {"demande.commencer", "lettre.remplacer"}
    assert not _verbes_ecrits() - _PHRASES.keys(), "Ajoutez leur phrase dans verbes.py."


def test_chaque_objet_du_journal_a_la_page_de_son_histoire():
    objets = {verbe.partition(".")[0] for verbe in {*_PHRASES, *_verbes_ecrits()}}

    assert objets == {*PAGES, *DU_COMITE}, "Dites quelle page montre l'histoire de cet objet."


@pytest.fixture
def monde():
    m = un_monde()
    m.versement = m.convention.versements.get()
    m.avenant = m.convention.avenants.get()
    m.page_numerisee = m.pile.pages.create(no=1)
    m.recuperation = m.demande.recuperations.create(
        montant=10, motif="Trop versé", reclamee_le=horloge.maintenant()
    )
    RepriseEssayee.objects.filter(pk=m.reprise.pk).update(faite_le=horloge.maintenant())
    return m


def _trouver(monde, chemin):
    """L'objet tel que la base le garde : le monde lui donne des dates en texte."""
    premier, _, reste = chemin.partition(".")
    objet = monde.personnes[reste] if premier == "personnes" else attrgetter(chemin)(monde)
    return type(objet)._base_manager.get(pk=objet.pk)


def test_chaque_page_dit_l_histoire_de_son_objet_a_qui_peut_la_lire(monde, client):
    """Tous les verbes de l'objet, leur phrase et leur auteur ; rien à qui n'a pas la page."""
    ecarts = []
    for objet, (chemin, nom) in PAGES.items():
        temoin = UtilisateurFactory(nom=f"{TEMOIN} {objet}")
        phrases = set()
        for verbe in sorted(v for v in _PHRASES if v.startswith(f"{objet}.")):
            journaliser(acteur=temoin, verbe=verbe, objet=_trouver(monde, chemin))
            phrases.add(phrase(verbe))
        adresse = reverse(nom, kwargs=arguments(nom, monde))
        caches = SANS_LA_DEMANDE.get(objet, set())
        lecteurs = ACCES[nom] - caches
        for qui in (*sorted(CONNECTES - lecteurs), min(lecteurs)):
            client.force_login(monde.personnes[qui])
            if nom == "ville:compte":
                confirmer_l_identite(client, monde.personnes[qui])
            texte = unescape(client.get(adresse).content.decode())
            if qui in lecteurs:
                tues = {p for p in phrases if f"</strong> {p}" not in texte}
                ecarts += [f"{nom} ne dit pas à {qui} : {tues}"] * bool(tues)
                ecarts += [f"{nom} tait qui, {objet}"] * (temoin.nom not in texte)
            elif temoin.nom in texte:
                ecarts.append(f"{nom} dit à {qui} l'histoire de {objet}")
    assert not ecarts, "\n".join(ecarts)


def test_l_histoire_des_lettres_tait_celle_d_une_demande_recusee(monde, client):
    """L'agente récusée lit les autres lettres de l'appel, jamais celle-là."""
    autre = DemandeFactory(appel=monde.demande.appel, recommandee=True, titre="Autreprojet")
    lettre = Lettre.objects.create(decision=DecisionFactory(demande=autre))
    for objet, nom in ((monde.lettre, "Celle-là"), (lettre, "L'autre")):
        journaliser(acteur=UtilisateurFactory(nom=nom), verbe="lettre.remplacer", objet=objet)
    client.force_login(monde.personnes["agent_recuse"])

    texte = unescape(client.get(reverse("ville:lettres", args=[autre.appel.code])).text)

    assert "L'autre" in texte
    assert "Celle-là" not in texte
    assert monde.demande.titre not in texte


def test_l_histoire_d_une_consultation_garde_ce_qu_on_retire(monde, client):
    agente = monde.personnes["agent"]
    etape = consultations.enregistrer_etape(
        acteur=agente,
        consultation=monde.consultation,
        champs={"libelle": "Une soirée de trop", "prevue_le": horloge.aujourdhui()},
    )
    consultations.retirer(acteur=agente, objet=etape)
    client.force_login(agente)

    texte = unescape(client.get(reverse("ville:consultation", args=[monde.consultation.pk])).text)

    assert f"{phrase('etapedemarche.inscrire')} (Une soirée de trop)" in texte
    assert f"{phrase('etapedemarche.retirer')} (Une soirée de trop)" in texte


# --- Le comité ------------------------------------------------------------------------------------
def test_le_calibrage_dit_la_sienne_et_celle_de_ses_fiches_a_la_ville(client):
    pret = un_comite()
    pret.calibrage = calibrages.creer_calibrage(acteur=pret.agente, appel=pret.appel, **TEXTES)
    calibrages.ouvrir_calibrage(acteur=pret.agente, calibrage=pret.calibrage)
    noter(pret, pret.membres[1])
    adresse = reverse("ville:calibrage", args=[pret.calibrage.pk])

    client.force_login(pret.agente)
    texte = unescape(client.get(adresse).text)
    client.force_login(pret.membres[0].utilisateur)

    for verbe in ("calibrage.creer", "calibrage.ouvrir", "fichecalibrage.soumettre"):
        assert phrase(verbe) in texte
    assert client.get(adresse).status_code == 404
    du_comite = client.get(reverse("comite:calibrage", args=[pret.calibrage.pk])).text
    assert phrase("fichecalibrage.soumettre") not in unescape(du_comite)


def test_la_repartition_dit_la_sienne_a_qui_la_prepare(client):
    pret = un_comite()
    DemandeFactory(appel=pret.appel, recevable=True, code="D90")
    repartition.proposer(acteur=pret.agente, appel=pret.appel, nombre=2, charge_max=None)
    adresse = reverse("ville:repartition", args=[pret.appel.code])

    client.force_login(pret.agente)
    texte = unescape(client.get(adresse).text)
    client.force_login(pret.membres[0].utilisateur)

    assert phrase("repartition.proposer") in texte
    assert client.get(adresse).status_code == 404
