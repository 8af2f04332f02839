"""Le calibrage : noté par tous, caché jusqu'au dévoilement, hors de tous les chiffres."""

import json
import re

import pytest
from django.apps import apps
from django.db import DatabaseError, IntegrityError, transaction
from django.test import Client
from django.urls import reverse

from evaluations.calibrage import comparer
from evaluations.classement import classer
from evaluations.models import Calibrage, NoteCalibrage
from evaluations.services import calibrages
from evaluations.visibilite import nombre_a_faire
from financement.exportation import exporter
from socle.exceptions import PermissionRefusee, RegleViolee
from tests.evaluations.objets import declarer, soumettre, un_comite
from tests.factories import AppelFactory, MembreComiteFactory, UtilisateurFactory

pytestmark = pytest.mark.django_db

TEXTES = {
    "titre": "Dossierinventé",
    "resume": "Résumé inventé.",
    "projet": "Un projet inventé.",
    "budget": "Mille dollars.",
}


@pytest.fixture
def pret():
    pret = un_comite(membres=3)
    pret.calibrage = calibrages.creer_calibrage(acteur=pret.agente, appel=pret.appel, **TEXTES)
    return pret


def ouvrir(pret):
    return calibrages.ouvrir_calibrage(acteur=pret.agente, calibrage=pret.calibrage)


def noter(pret, membre, notes=(4, 3), commentaire="Bien.", soumettre=True):
    saisies = {
        critere: {"note": note, "commentaire": commentaire}
        for critere, note in zip(pret.appel.criteres.all(), notes, strict=True)
    }
    commun = {"acteur": membre.utilisateur, "calibrage": pret.calibrage, "membre": membre}
    fiche = calibrages.enregistrer_fiche(**commun, notes=saisies)
    return calibrages.soumettre_fiche(**commun) if soumettre else fiche


def appeler(qui, adresse, *args, methode="get", **donnees):
    client = Client()
    client.force_login(qui)
    return getattr(client, methode)(reverse(adresse, args=args), donnees)


# --- Préparer -------------------------------------------------------------------------------------
def test_deux_dossiers_au_plus_tenus_aussi_par_la_base(pret):
    calibrages.creer_calibrage(acteur=pret.agente, appel=pret.appel, **TEXTES)
    with pytest.raises(RegleViolee) as refus:
        calibrages.creer_calibrage(acteur=pret.agente, appel=pret.appel, **TEXTES)
    assert refus.value.code == "maximum"
    with pytest.raises(IntegrityError), transaction.atomic():
        Calibrage.objects.create(appel=pret.appel, no=3, **TEXTES)


def test_ouvert_le_dossier_ne_change_ni_ne_se_retire(pret):
    calibrages.modifier_calibrage(
        acteur=pret.agente, calibrage=pret.calibrage, **{**TEXTES, "titre": "Autre"}
    )
    ouvrir(pret)
    for service in (calibrages.modifier_calibrage, calibrages.supprimer_calibrage):
        champs = TEXTES if service is calibrages.modifier_calibrage else {}
        with pytest.raises(RegleViolee, match="ne change plus"):
            service(acteur=pret.agente, calibrage=pret.calibrage, **champs)
    assert Calibrage.objects.get().titre == "Autre"


def test_prepare_il_se_retire(pret):
    calibrages.supprimer_calibrage(acteur=pret.agente, calibrage=pret.calibrage)

    assert not Calibrage.objects.exists()


@pytest.mark.parametrize("champ", ["titre", "resume", "projet"])
def test_un_texte_vide_se_refuse_pres_de_son_champ(pret, champ):
    with pytest.raises(RegleViolee) as refus:
        calibrages.creer_calibrage(
            acteur=pret.agente, appel=pret.appel, **{**TEXTES, champ: " \x00"}
        )
    assert refus.value.champ == champ


def test_seul_un_agent_prepare_ouvre_et_devoile(pret):
    membre = pret.membres[0].utilisateur
    with pytest.raises(PermissionRefusee):
        calibrages.creer_calibrage(acteur=membre, appel=pret.appel, **TEXTES)
    for service in (calibrages.ouvrir_calibrage, calibrages.devoiler_calibrage):
        if service is calibrages.devoiler_calibrage:
            ouvrir(pret)
            noter(pret, pret.membres[1])
        with pytest.raises(PermissionRefusee):
            service(acteur=membre, calibrage=pret.calibrage)


def test_le_calibrage_vient_avant_la_premiere_fiche(pret):
    soumettre(pret.demandes[0], pret.membres[0])
    with pytest.raises(RegleViolee, match="vient avant"):
        ouvrir(pret)


def test_sans_comite_il_ne_s_ouvre_pas(pret):
    appel = AppelFactory(en_evaluation=True)
    seul = calibrages.creer_calibrage(acteur=pret.agente, appel=appel, **TEXTES)
    with pytest.raises(RegleViolee, match="membres du comité"):
        calibrages.ouvrir_calibrage(acteur=pret.agente, calibrage=seul)


# --- Noter ----------------------------------------------------------------------------------------
def test_prepare_le_comite_ne_le_voit_pas(pret):
    membre = pret.membres[0].utilisateur
    assert appeler(membre, "comite:calibrage", pret.calibrage.pk).status_code == 404
    assert "Dossierinventé" not in appeler(membre, "comite:accueil").text
    ouvrir(pret)

    assert appeler(membre, "comite:calibrage", pret.calibrage.pk).status_code == 200
    assert "Dossierinventé" in appeler(membre, "comite:accueil").text


def test_noter_par_la_page_enregistre_au_fil_puis_soumet(pret):
    ouvrir(pret)
    membre = pret.membres[0].utilisateur
    premier, second = pret.appel.criteres.all()
    client = Client()
    client.force_login(membre)
    adresse = reverse("comite:calibrage_enregistrer", args=[pret.calibrage.pk])
    bilan = client.post(
        adresse, {f"note_{premier.pk}": "3"}, headers={"Accept": "application/json"}
    ).json()
    assert (bilan["faites"], bilan["total"]) == (1, 2)
    refus = client.post(adresse, {f"note_{second.pk}": "9"}, headers={"Accept": "application/json"})
    assert refus.status_code == 422
    incomplete = client.post(adresse, {"soumettre": "1", f"note_{premier.pk}": "3"})
    assert incomplete.status_code == 422
    assert "Il manque la note" in incomplete.text
    assert client.post(adresse, {"soumettre": "1", f"note_{second.pk}": "3"}).status_code == 302

    fiche = pret.calibrage.fiches.get()
    assert fiche.est_soumise
    assert [note.note for note in fiche.notes.all()] == [3, 3]


def test_une_fiche_soumise_ne_change_plus_la_base_comprise(pret):
    ouvrir(pret)
    fiche = noter(pret, pret.membres[0])
    with pytest.raises(RegleViolee, match="ne se modifie plus"):
        noter(pret, pret.membres[0], notes=(1, 1))
    with pytest.raises(DatabaseError, match="ne se modifie pas"), transaction.atomic():
        NoteCalibrage.objects.filter(fiche=fiche).update(note=0)


def test_la_base_refuse_une_note_hors_de_l_echelle(pret):
    ouvrir(pret)
    fiche = noter(pret, pret.membres[0], soumettre=False)
    with pytest.raises(DatabaseError, match="échelle"), transaction.atomic():
        NoteCalibrage.objects.filter(fiche=fiche).update(note=6)


def test_on_ne_note_ni_pour_un_autre_ni_hors_de_son_comite(pret):
    ouvrir(pret)
    un, autre = pret.membres[:2]
    with pytest.raises(RegleViolee, match="pas la vôtre"):
        calibrages.enregistrer_fiche(
            acteur=un.utilisateur, calibrage=pret.calibrage, membre=autre, notes={}
        )
    ailleurs = MembreComiteFactory()
    assert appeler(ailleurs.utilisateur, "comite:calibrage", pret.calibrage.pk).status_code == 404
    with pytest.raises(PermissionRefusee):
        calibrages.enregistrer_fiche(
            acteur=ailleurs.utilisateur, calibrage=pret.calibrage, membre=ailleurs, notes={}
        )


# --- Dévoiler -------------------------------------------------------------------------------------
def test_personne_ne_voit_les_notes_des_autres_avant_le_devoilement(pret):
    ouvrir(pret)
    noter(pret, pret.membres[0], commentaire="Commentairecaché")
    assert comparer(Calibrage.objects.get()) is None
    for qui, salle in ((pret.membres[1].utilisateur, "comite"), (pret.agente, "ville")):
        assert "Commentairecaché" not in appeler(qui, f"{salle}:calibrage", pret.calibrage.pk).text


def test_devoiler_demande_une_fiche_montre_cote_a_cote_et_clot(pret):
    ouvrir(pret)
    with pytest.raises(RegleViolee, match="Aucune fiche"):
        calibrages.devoiler_calibrage(acteur=pret.agente, calibrage=pret.calibrage)
    noter(pret, pret.membres[0], notes=(5, 3), commentaire="Trèsfort")
    noter(pret, pret.membres[1], notes=(2, 3), commentaire="Tropfaible")
    noter(pret, pret.membres[2], commentaire="Pasfini", soumettre=False)
    calibrages.devoiler_calibrage(acteur=pret.agente, calibrage=pret.calibrage)

    comparaison = comparer(Calibrage.objects.get())
    assert [regard.code for regard in comparaison.regards] == ["M1", "M2"]
    assert [(ligne.etendue, ligne.a_discuter) for ligne in comparaison.lignes] == [
        (3, True),
        (0, False),
    ]
    for qui, salle in ((pret.membres[2].utilisateur, "comite"), (pret.agente, "ville")):
        texte = appeler(qui, f"{salle}:calibrage", pret.calibrage.pk).text
        assert "Trèsfort" in texte
        assert "Tropfaible" in texte
    with pytest.raises(RegleViolee, match="pas ouvert"):
        noter(pret, pret.membres[2])


# --- Hors de tous les chiffres --------------------------------------------------------------------
def test_aucune_table_ne_mene_a_un_calibrage():
    """Par construction : sauf ses propres tables, aucun modèle n'a de clé vers le calibrage."""
    siennes = {"calibrage", "fichecalibrage", "notecalibrage"}
    venant_d_ailleurs = {
        f"{modele._meta.label}.{champ.name}"
        for modele in apps.get_models()
        for champ in modele._meta.get_fields()
        if champ.is_relation
        and champ.concrete
        and champ.related_model is not None
        and champ.related_model._meta.model_name in siennes
        and modele._meta.model_name not in siennes
    }

    assert venant_d_ailleurs == set()


def test_les_chiffres_sont_les_memes_avec_et_sans_calibrage(pret):
    demande, code = pret.demandes[0], pret.appel.code
    calibre = pret.calibrage
    ouvrir(pret)
    for membre, notes in zip(pret.membres, ((0, 0), (5, 5), (1, 4)), strict=True):
        noter(pret, membre, notes=notes)
    calibrages.devoiler_calibrage(acteur=pret.agente, calibrage=calibre)
    for membre in pret.membres[:2]:
        soumettre(demande, membre)
    declarer(demande, pret.membres[2])
    avec = chiffres(pret)
    calibre.delete()

    assert avec == chiffres(pret)
    assert "Dossierinventé" not in avec
    assert code in avec


def chiffres(pret):
    """Le classement, l'export, les compteurs et les pages de chiffres, en un texte."""
    classement = [
        (ligne.demande.code, str(ligne.score), str(ligne.ecart), ligne.nb_fiches)
        for lignes in classer(pret.appel).values()
        for ligne in lignes
    ]
    administration = UtilisateurFactory(agent=True, nom="Même agente")
    client = Client()
    client.force_login(administration)
    pages = [
        reverse("ville:demandes"),
        reverse("ville:classement", args=[pret.appel.code]),
        reverse("ville:fiches", args=[pret.demandes[0].reference]),
        reverse("bilan:bilan", args=[pret.appel.code]),
        reverse("registre"),
    ]
    textes = [
        re.sub(r'csrfmiddlewaretoken" value="\w+"', "", client.get(adresse).text.split("<main")[1])
        for adresse in pages
    ]
    compteurs = [nombre_a_faire(membre.utilisateur) for membre in pret.membres]
    return json.dumps(
        [classement, exporter(pret.appel), compteurs, textes], default=str, ensure_ascii=False
    )


# --- Les pages de la Ville ------------------------------------------------------------------------
def test_la_ville_prepare_ouvre_et_devoile_par_les_pages(pret):
    code, agente = pret.appel.code, pret.agente
    refus = appeler(agente, "ville:calibrages", code, methode="post", titre="Sans texte")
    assert refus.status_code == 422
    assert "Sans texte" in refus.text
    reponse = appeler(agente, "ville:calibrages", code, methode="post", **TEXTES)
    second = Calibrage.objects.get(no=2)
    assert reponse.url == reverse("ville:calibrage", args=[second.pk])
    assert appeler(agente, "ville:calibrages", code).text.count("Dossierinventé") == 2
    appeler(agente, "ville:calibrage", second.pk, methode="post", **{**TEXTES, "budget": "Dix."})
    appeler(agente, "ville:calibrage_agir", second.pk, methode="post", action="ouvrir")
    second.refresh_from_db()
    assert (second.etat, second.budget) == ("ouvert", "Dix.")
    appeler(agente, "ville:calibrage_agir", pret.calibrage.pk, methode="post", action="supprimer")
    assert Calibrage.objects.get() == second


@pytest.mark.parametrize("salle_et_nom", ["ville:calibrages", "ville:calibrage"])
def test_la_ville_se_ferme_a_qui_n_est_pas_agent(pret, salle_et_nom):
    argument = pret.appel.code if salle_et_nom.endswith("s") else pret.calibrage.pk
    for qui in (pret.membres[0].utilisateur, UtilisateurFactory(tresorerie=True)):
        assert appeler(qui, salle_et_nom, argument).status_code == 404
    membre = pret.membres[0].utilisateur
    agir = appeler(
        membre, "ville:calibrage_agir", pret.calibrage.pk, methode="post", action="ouvrir"
    )
    assert agir.status_code == 404


def test_la_comparaison_ne_coute_pas_une_requete_par_fiche(pret, django_assert_max_num_queries):
    ouvrir(pret)
    for membre in pret.membres:
        noter(pret, membre)
    calibrages.devoiler_calibrage(acteur=pret.agente, calibrage=pret.calibrage)
    objet = Calibrage.objects.select_related("appel").get()
    with django_assert_max_num_queries(7):
        comparer(objet)
