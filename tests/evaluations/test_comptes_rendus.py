"""Le compte rendu : écrit avant la clôture, figé ensuite, corrigé par un addenda daté."""

import hashlib
import io

import pytest
from django.db import InternalError, ProgrammingError, transaction
from django.test import Client
from django.urls import reverse
from pypdf import PdfReader

from evaluations.compte_rendu import cle_discussion
from evaluations.documents import contexte_compte_rendu
from evaluations.services import comptes_rendus, seances
from evaluations.services.recommandations import Vote
from socle.concurrence import SaisieConcurrente, empreinte
from socle.documents import rendre_html
from socle.exceptions import PermissionRefusee, RegleViolee
from tests.evaluations.objets import evaluee, recommander, seance_ouverte
from tests.evaluations.test_seance_a_plusieurs import changer

pytestmark = pytest.mark.django_db


@pytest.fixture
def tenue():
    pret, pret.demande = evaluee(membres=4, recuses=(3,))
    pret.seance = seance_ouverte(pret)
    return pret


def adresse(pret, nom, *suite):
    return reverse(f"ville:seance_{nom}", args=[pret.seance.pk, *suite])


def navigateur(personne):
    client = Client()
    client.force_login(personne)
    return client


def ecrire(pret, bloc, texte, base=""):
    return comptes_rendus.ecrire_texte(
        acteur=pret.agente, seance=pret.seance, bloc=bloc, texte=texte, base=base
    )


def clore(pret):
    seances.clore_seance(acteur=pret.agente, seance=pret.seance)
    return pret.seance.compte_rendu


def test_tout_ce_que_la_seance_a_fait_s_y_ecrit_sans_nommer_qui_a_note(tenue):
    changer(tenue, tenue.membres[1], (5, 5), motif="Motifcaché du membre.")
    ecrire(tenue, "ouverture", "La présidence ouvre la séance.")
    ecrire(tenue, cle_discussion(tenue.demande), "Le comité a discuté du calendrier.")
    ecrire(tenue, "annexe", "Méthode de calcul.")
    recommander(tenue.seance, tenue.demande, tenue.membres[0], vote=Vote(2, 0, 1))

    html = clore(tenue).html
    lisible = " ".join(html.split())
    for attendu in (
        "La présidence ouvre la séance.",
        "Le comité a discuté du calendrier.",
        "Méthode de calcul.",
        "Vote : 2 pour, 0 contre, 1 abstention.",
        "1 fiche a changé pendant la discussion",
        "de 80,0 à 86,7",
        "Membres présents et sans conflit : 3",
        "Annexe A",
        "Alpha de Krippendorff",
        str(tenue.membres[3]),
    ):
        assert attendu in lisible, attendu
    assert "Motifcaché" not in html
    # Les annexes donnent les chiffres du comité : aucun membre n'y paraît.
    annexes = html.split("Annexe A")[1]
    for membre in tenue.membres:
        assert str(membre) not in annexes
        assert f">{membre.code}<" not in html


def test_deux_personnes_ne_s_ecrasent_pas(tenue):
    vue = empreinte("")
    ecrire(tenue, "suites", "Écrire aux organismes.", vue)
    with pytest.raises(SaisieConcurrente) as refus:
        ecrire(tenue, "suites", "Rien.", vue)
    assert refus.value.actuel.texte == "Écrire aux organismes."
    ecrire(tenue, "annexe", "Autre bloc.", vue)

    client = navigateur(tenue.agente)
    reponse = client.post(
        adresse(tenue, "compte_rendu_texte", "suites"), {"suites": "Rien.", "bsuites": vue}
    )
    assert reponse.status_code == 409
    assert reponse.json()["conflit"]["texte"] == "Écrire aux organismes."
    page = client.post(adresse(tenue, "textes"), {"suites": "Rien.", "bsuites": vue})
    assert page.status_code == 422
    assert "Écrire aux organismes." in page.text
    assert ">\nRien.</textarea>" in page.text or "Rien." in page.text


def test_la_page_des_textes_et_l_apercu(tenue):
    client = navigateur(tenue.agente)
    envoi = {"ouverture": "Bonjour.", "suites": "", "annexe": ""}
    assert client.post(adresse(tenue, "textes"), envoi).status_code == 302
    assert "Bonjour." in client.get(adresse(tenue, "textes")).text
    apercu = client.get(adresse(tenue, "apercu"))
    texte = "".join(page.extract_text() for page in PdfReader(io.BytesIO(apercu.content)).pages)
    assert "Aperçu avant la clôture" in texte
    assert not tenue.seance.compte_rendu


def test_qui_est_recuse_n_ecrit_ni_ne_lit_le_compte_rendu(tenue):
    recuse = tenue.membres[3]
    recuse.utilisateur.roles = ["agent"]
    recuse.utilisateur.save()
    with pytest.raises(PermissionRefusee):
        comptes_rendus.ecrire_texte(
            acteur=recuse.utilisateur, seance=tenue.seance, bloc="suites", texte="x"
        )
    client = navigateur(recuse.utilisateur)
    for nom in ("textes", "apercu", "addenda", "compte_rendu"):
        assert client.get(adresse(tenue, nom)).status_code == 404, nom


def test_clore_fige_avec_son_empreinte(tenue):
    document = clore(tenue)
    with document.pdf.open("rb") as fichier:
        assert hashlib.sha256(fichier.read()).hexdigest() == document.empreinte
    page = navigateur(tenue.agente).get(reverse("ville:seance", args=[tenue.seance.pk])).text
    assert document.empreinte in page
    with pytest.raises(RegleViolee) as refus:
        ecrire(tenue, "suites", "Trop tard.")
    assert refus.value.code == "close"
    assert navigateur(tenue.agente).get(adresse(tenue, "textes")).status_code == 404


def test_un_addenda_date_corrige_sans_toucher_au_compte_rendu(tenue):
    client = navigateur(tenue.agente)
    assert client.get(adresse(tenue, "addenda")).status_code == 404
    with pytest.raises(RegleViolee, match="pas close"):
        comptes_rendus.ajouter_addenda(acteur=tenue.agente, seance=tenue.seance, texte="x")
    avant = clore(tenue).empreinte

    assert client.post(adresse(tenue, "addenda"), {"texte": " "}).status_code == 422
    reponse = client.post(adresse(tenue, "addenda"), {"texte": "Lire 9 h 15, non 9 h."})
    assert reponse.status_code == 302
    addenda = tenue.seance.addendas.get()
    assert avant in addenda.document.html
    assert "Lire 9 h 15, non 9 h." in addenda.document.html
    tenue.seance.compte_rendu.refresh_from_db()
    assert tenue.seance.compte_rendu.empreinte == avant
    pdf = client.get(adresse(tenue, "compte_rendu_addenda", 1))
    assert b"".join(pdf.streaming_content).startswith(b"%PDF")
    page = client.get(reverse("ville:seance", args=[tenue.seance.pk])).text
    assert addenda.document.empreinte in page
    recuse = navigateur(tenue.membres[3].utilisateur)
    chemin = reverse("comite:seance_compte_rendu_addenda", args=[tenue.seance.pk, 1])
    assert recuse.get(chemin).status_code == 404
    with pytest.raises((InternalError, ProgrammingError)), transaction.atomic():
        type(addenda).objects.filter(pk=addenda.pk).update(texte="Autre chose.")


def test_le_compte_rendu_se_rend_sans_fiche_ni_avis(tenue):
    """Une séance qui n'a rien décidé a quand même son compte rendu."""
    html = rendre_html(
        "pdf/compte_rendu.html", contexte_compte_rendu(tenue.seance, acteur=tenue.agente)
    )
    assert "Demandes sans avis" in html
    # Une récusation se dit même quand la demande attend encore son avis.
    assert f"{tenue.membres[3]} : D01" in " ".join(html.split())
