"""Le livret de lecture : fait par un ouvrier, à la personne seule, fermé par une récusation."""

import datetime as dt
from io import BytesIO

import pytest
from django.test import Client
from django.urls import reverse
from pypdf import PdfReader

from evaluations import tasks
from evaluations.models import Livret
from evaluations.services import livrets
from evaluations.services.comite import retirer_membre
from socle import horloge
from socle.exceptions import PermissionRefusee, RegleViolee
from socle.models import Travail
from socle.services import travaux
from tests.evaluations.objets import declarer, un_comite
from tests.factories import OrganismeFactory

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def fichiers(settings, tmp_path):
    settings.MEDIA_ROOT = str(tmp_path)


@pytest.fixture
def pret():
    pret = un_comite(demandes=3)
    pret.membre = pret.membres[1]
    for demande in pret.demandes[:2]:
        declarer(demande, pret.membre)
    return pret


def page(qui, nom, code, methode="get"):
    client = Client()
    client.force_login(qui)
    return getattr(client, methode)(reverse(f"comite:{nom}", args=[code]))


def octets_de(membre):
    with Livret.objects.get(membre=membre).pdf.open() as fichier:
        return fichier.read()


def texte_de(octets):
    return " ".join(feuille.extract_text() for feuille in PdfReader(BytesIO(octets)).pages)


def faire(pret):
    travail = livrets.demander_livret(acteur=pret.membre.utilisateur, membre=pret.membre)
    tasks.produire_livret(travail.pk)
    return Travail.objects.get(pk=travail.pk)


def test_le_livret_est_un_pdf_ua_de_mes_demandes_seulement(pret):
    travail = faire(pret)

    assert (travail.etat, travail.faits, travail.total) == ("fini", 3, 3)
    octets = octets_de(pret.membre)
    lecteur = PdfReader(BytesIO(octets))
    assert "pdfuaid" in lecteur.xmp_metadata.stream.get_data().decode()
    assert "/StructTreeRoot" in lecteur.trailer["/Root"]
    texte = texte_de(octets)
    assert "Projetunique1" in texte
    assert "Projetunique2" in texte
    assert "Projetunique3" not in texte
    assert "Ma grille" in texte
    # Relancé après la fin : rien ne change.
    tasks.produire_livret(travail.pk)
    assert octets_de(pret.membre) == octets


def test_en_lecture_anonyme_le_livret_ne_nomme_personne():
    pret = un_comite(lecture_anonyme=True)
    pret.membre, demande = pret.membres[1], pret.demandes[0]
    demande.organisme = OrganismeFactory(nom="Fabriquedesbrumes", signataire_nom="Ida Quintalou")
    demande.resume = "La Fabriquedesbrumes et Ida Quintalou."
    demande.save()
    declarer(demande, pret.membre)
    faire(pret)
    texte = texte_de(octets_de(pret.membre))

    assert "[l'organisme]" in texte
    assert "Fabriquedesbrumes" not in texte
    assert "Quintalou" not in texte


def test_le_bouton_confie_le_travail_et_la_page_le_rend(pret, django_capture_on_commit_callbacks):
    personne, code = pret.membre.utilisateur, pret.appel.code
    assert "2 demandes" in page(personne, "livret", code).text
    assert page(personne, "livret_pdf", code).status_code == 404
    reponse = page(personne, "livret", code, "post")
    travail = Travail.objects.get()
    assert reponse.url == reverse("travail", args=[travail.cle])
    # Deux clics : un seul travail.
    page(personne, "livret", code, "post")
    assert Travail.objects.count() == 1
    tasks.produire_livret(travail.pk)

    assert "Votre livret est prêt" in page(personne, "livret", code).text
    pdf = page(personne, "livret_pdf", code)
    assert b"".join(pdf.streaming_content).startswith(b"%PDF")


def test_une_recusation_ferme_le_livret_entier_et_la_nuit_l_efface(
    pret, django_capture_on_commit_callbacks
):
    faire(pret)
    fichier = Livret.objects.get().pdf
    declarer(pret.demandes[0], pret.membre, conflit=True)

    assert page(pret.membre.utilisateur, "livret_pdf", pret.appel.code).status_code == 404
    with django_capture_on_commit_callbacks(execute=True):
        tasks.effacer_livrets_perimes()
    assert not Livret.objects.exists()
    assert not fichier.storage.exists(fichier.name)
    faire(pret)
    refait = page(pret.membre.utilisateur, "livret_pdf", pret.appel.code)
    assert b"".join(refait.streaming_content).startswith(b"%PDF")


def test_un_livret_trop_vieux_s_efface_et_un_bon_reste(pret):
    faire(pret)
    assert livrets.effacer_perimes() == 0
    with horloge.a_la_date(horloge.maintenant() + livrets.GARDE + dt.timedelta(days=1)):
        assert livrets.effacer_perimes() == 1


def test_refaire_le_livret_remplace_l_ancien_fichier(pret, django_capture_on_commit_callbacks):
    faire(pret)
    ancien = Livret.objects.get().pdf
    declarer(pret.demandes[2], pret.membre)
    with django_capture_on_commit_callbacks(execute=True):
        travail = Travail.objects.get()
        Travail.objects.filter(pk=travail.pk).update(etat="en_cours")
        tasks.produire_livret(travail.pk)

    assert Livret.objects.get().demandes.count() == 3
    assert not ancien.storage.exists(ancien.name)


def test_un_livret_arrete_ne_se_fait_pas_et_se_reprend(pret):
    personne = pret.membre.utilisateur
    travail = livrets.demander_livret(acteur=personne, membre=pret.membre)
    travaux.arreter_travail(acteur=personne, travail=travail)
    tasks.produire_livret(travail.pk)
    assert not Livret.objects.exists()
    travaux.reprendre_travail(acteur=personne, travail=travail)
    tasks.produire_livret(travail.pk)

    assert Livret.objects.count() == 1


def test_une_recusation_entre_la_demande_et_l_ouvrier_vide_le_livret(pret):
    travail = livrets.demander_livret(acteur=pret.membre.utilisateur, membre=pret.membre)
    for demande in pret.demandes[:2]:
        declarer(demande, pret.membre, conflit=True)
    tasks.produire_livret(travail.pk)

    travail.refresh_from_db()
    assert travail.etat == "echoue"
    assert not Livret.objects.exists()


def test_le_livret_d_un_autre_se_refuse(pret):
    with pytest.raises(PermissionRefusee):
        livrets.demander_livret(acteur=pret.agente, membre=pret.membre)
    assert page(pret.agente, "livret", pret.appel.code).status_code == 404


def test_sans_declaration_le_livret_dit_quoi_faire(pret):
    autre = pret.membres[2]
    with pytest.raises(RegleViolee, match="Déclarez d'abord"):
        livrets.demander_livret(acteur=autre.utilisateur, membre=autre)
    assert "Rien à imprimer" in page(autre.utilisateur, "livret", pret.appel.code).text


def test_un_siege_retire_perd_son_livret(pret):
    faire(pret)
    retirer_membre(acteur=pret.agente, membre=pret.membre)

    assert page(pret.membre.utilisateur, "livret_pdf", pret.appel.code).status_code == 404
