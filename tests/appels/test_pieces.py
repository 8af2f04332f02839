"""Les documents joints : ce qui entre, ce qui est refusé, qui les lit (regles.md, 17)."""

import io
import zipfile

import pytest
from django.conf import settings
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse

from appels.models import Demande
from appels.services.pieces import joindre_piece
from socle import horloge
from socle.exceptions import RegleViolee
from tests.appels.conftest import adresse
from tests.factories import (
    AdhesionFactory,
    AffectationFactory,
    MembreComiteFactory,
    UtilisateurFactory,
)

pytestmark = pytest.mark.django_db

PDF = b"%PDF-1.7\n1 0 obj\n<<>>\nendobj\ntrailer\n<<>>\n%%EOF\n"
PNG = bytes.fromhex(
    "89504e470d0a1a0a0000000d4948445200000001000000010806000000"
    "1f15c4890000000d49444154789c6360606060000000050001a5f645400000000049454e44ae426082"
)
JPG = bytes.fromhex("ffd8ffe000104a46494600010100000100010000ffd9")


def archive(**contenu: str) -> bytes:
    octets = io.BytesIO()
    with zipfile.ZipFile(octets, "w") as zip_:
        for nom, texte in contenu.items():
            zip_.writestr(nom, texte)
    return octets.getvalue()


DOCX = archive(**{"[Content_Types].xml": "<Types/>", "word/document.xml": "<w/>"})
XLSX = archive(**{"[Content_Types].xml": "<Types/>", "xl/workbook.xml": "<x/>"})
ODT = archive(mimetype="application/vnd.oasis.opendocument.text", content="x")
ODS = archive(mimetype="application/vnd.oasis.opendocument.spreadsheet", content="x")


@pytest.fixture(autouse=True)
def fichiers(settings, tmp_path):
    settings.MEDIA_ROOT = str(tmp_path)


@pytest.fixture
def exigee(prete):
    return prete.appel.pieces_exigees.create(code="lettres", libelle="Lettres patentes")


def fichier(nom="document.pdf", contenu=PDF):
    return SimpleUploadedFile(nom, contenu)


def joindre(monde, nom="document.pdf", contenu=PDF, piece_exigee=None):
    return joindre_piece(
        acteur=monde.redacteur,
        demande=monde.demande,
        fichier=fichier(nom, contenu),
        piece_exigee=piece_exigee,
    )


@pytest.mark.parametrize(
    ("nom", "contenu"),
    [
        ("a.pdf", PDF), ("A.PDF", PDF), ("a.png", PNG), ("a.jpg", JPG), ("a.jpeg", JPG),
        ("a.docx", DOCX), ("a.xlsx", XLSX), ("a.odt", ODT), ("a.ods", ODS),
    ],
)  # fmt: skip
def test_chaque_sorte_permise_entre(prete, nom, contenu):
    piece = joindre(prete, nom, contenu)

    assert piece.taille == len(contenu)
    assert len(piece.empreinte) == 64


@pytest.mark.parametrize(
    ("nom", "contenu", "code"),
    [
        ("a.exe", b"MZ", "type"),
        ("a.html", b"<script>", "type"),
        ("a.svg", b"<svg/>", "type"),
        ("a.pdf.exe", PDF, "type"),
        ("sans-extension", PDF, "type"),
        ("a.pdf", b"MZ\x90\x00 un programme", "contenu"),
        ("a.pdf", b"<html><script>alert(1)</script></html>", "contenu"),
        ("a.png", PDF, "contenu"),
        ("a.pdf", PNG, "contenu"),
        ("a.docx", PDF, "contenu"),
        ("a.docx", XLSX, "contenu"),
        ("a.docx", archive(autre="x"), "contenu"),
        ("a.odt", ODS, "contenu"),
        ("a.xlsx", DOCX[:60], "contenu"),
    ],
    # Une archive porte l'heure : dans un nom de test, elle différerait d'un processus à l'autre.
    ids=lambda valeur: valeur if isinstance(valeur, str) else "octets",
)
def test_une_sorte_refusee_ou_deguisee_n_entre_pas(prete, nom, contenu, code):
    with pytest.raises(RegleViolee) as refus:
        joindre(prete, nom, contenu)

    assert (refus.value.code, refus.value.champ) == (code, "fichier")
    assert not prete.demande.pieces.exists()


def test_quinze_mo_entrent_un_octet_de_plus_est_refuse(prete):
    maximum = settings.TAILLE_MAX_PIECE
    assert maximum == 15 * 1024 * 1024

    assert joindre(prete, contenu=PDF.ljust(maximum, b"\n")).taille == maximum
    with pytest.raises(RegleViolee) as refus:
        joindre(prete, contenu=PDF.ljust(maximum + 1, b"\n"))
    assert refus.value.code == "taille"


def test_un_fichier_vide_est_refuse(prete):
    with pytest.raises(RegleViolee) as refus:
        joindre(prete, contenu=b"")
    assert refus.value.code == "vide"


@pytest.mark.parametrize(
    ("recu", "garde"),
    [
        ("../../etc/mot.pdf", "mot.pdf"),
        ("C:\\temp\\été 2026.pdf", "été 2026.pdf"),
        ("a\r\nX: y.pdf", "a__X_ y.pdf"),
        # Se lirait « factureexe.pdf », sens renversé.
        ("facture\u202efdp.exe.pdf", "facture_fdp.exe.pdf"),
        ("nul\0.pdf", "nul_.pdf"),
    ],
)
def test_le_nom_perd_son_chemin_et_ses_caracteres_de_controle(prete, recu, garde):
    piece = joindre(prete, recu)

    assert piece.nom == garde


def test_la_page_dit_l_erreur_pres_du_champ(prete, exigee, client):
    client.force_login(prete.redacteur)

    for donnees, phrase in (
        ({"fichier": fichier("a.exe", b"MZ")}, "type de fichier"),
        ({"fichier": fichier(contenu=b"")}, "vide"),
        ({}, "Choisissez d'abord un fichier"),
    ):
        reponse = client.post(
            adresse(prete.demande, "pieces"), {**donnees, "piece_exigee": exigee.pk}
        )
        (ligne,) = reponse.context["lignes"]
        assert phrase in ligne["form"].errors["fichier"][0]
        page = reponse.content.decode()
        assert f'href="#piece-{exigee.pk}-fichier"' in page
        assert f'id="piece-{exigee.pk}-fichier_erreur"' in page
        assert 'id="piece-autre-fichier_erreur"' not in page


def test_joindre_remplacer_et_retirer(prete, exigee, client):
    client.force_login(prete.redacteur)
    url = adresse(prete.demande, "pieces")
    assert "Joignez : Lettres patentes." in client.get(url).content.decode()

    client.post(url, {"piece_exigee": exigee.pk, "fichier": fichier("un.pdf")})
    assert "Joignez : Lettres patentes." not in client.get(url).content.decode()
    client.post(url, {"piece_exigee": exigee.pk, "fichier": fichier("deux.pdf")})
    client.post(url, {"fichier": fichier("appui.pdf")})

    en_place = prete.demande.pieces.filter(retiree_le=None)
    assert sorted(en_place.values_list("nom", flat=True)) == ["appui.pdf", "deux.pdf"]
    # L'ancien fichier reste dans l'histoire de la demande.
    assert prete.demande.pieces.get(nom="un.pdf").retiree_le

    piece = en_place.get(nom="deux.pdf")
    client.post(reverse("organisme:piece_retirer", kwargs={"cle": piece.cle}))
    assert "Joignez : Lettres patentes." in client.get(url).content.decode()


def test_apres_le_depot_rien_ne_se_joint_ni_ne_se_retire(prete, client):
    piece = joindre(prete)
    Demande.objects.filter(pk=prete.demande.pk).update(
        etat="deposee", deposee_le=horloge.maintenant()
    )
    prete.demande.refresh_from_db()
    client.force_login(prete.responsable)

    with pytest.raises(RegleViolee):
        joindre(prete)
    client.post(reverse("organisme:piece_retirer", kwargs={"cle": piece.cle}))
    client.post(adresse(prete.demande, "pieces"), {"fichier": fichier()})

    piece.refresh_from_db()
    assert piece.retiree_le is None
    assert prete.demande.pieces.count() == 1


# --- Télécharger --------------------------------------------------------------------------------
def lire(client, personne, piece):
    client.force_login(personne)
    reponse = client.get(reverse("organisme:piece", kwargs={"cle": piece.cle}))
    if reponse.streaming:
        reponse.contenu = b"".join(reponse.streaming_content)
    return reponse


def test_le_fichier_se_telecharge_sans_jamais_s_ouvrir_dans_la_page(prete, client):
    piece = joindre(prete, "été.pdf")

    reponse = lire(client, prete.redacteur, piece)

    assert reponse.contenu == PDF
    assert reponse["Content-Disposition"].startswith("attachment")
    assert reponse["X-Content-Type-Options"] == "nosniff"
    assert reponse["Content-Type"] == "application/pdf"


def test_qui_voit_la_demande_lit_ses_documents(prete, client):
    piece = joindre(prete)
    Demande.objects.filter(pk=prete.demande.pk).update(
        etat="en_evaluation", deposee_le=horloge.maintenant()
    )
    libre, recuse = (MembreComiteFactory(appel=prete.appel) for _ in range(2))
    AffectationFactory(demande=prete.demande, membre=libre, libre=True)
    AffectationFactory(demande=prete.demande, membre=recuse, recusee=True)

    for personne, statut in (
        (UtilisateurFactory(agent=True), 200),
        (libre.utilisateur, 200),
        (recuse.utilisateur, 404),
        (UtilisateurFactory(mifi=True), 404),
        (AdhesionFactory().utilisateur, 404),
    ):
        assert lire(client, personne, piece).status_code == statut


@pytest.mark.parametrize(
    ("analyse", "statut"),
    [("sans_objet", 200), ("saine", 200), ("en_attente", 404), ("infectee", 404)],
)
def test_un_fichier_non_analyse_ou_infecte_ne_sort_pas(prete, client, analyse, statut):
    piece = joindre(prete)
    piece.analyse = analyse
    piece.save()

    assert lire(client, prete.redacteur, piece).status_code == statut
    page = client.get(adresse(prete.demande, "pieces")).content.decode()
    assert (reverse("organisme:piece", kwargs={"cle": piece.cle}) + '"' in page) is (statut == 200)


def test_le_document_d_un_autre_organisme_n_existe_pas(prete, client):
    piece = joindre(prete)
    client.force_login(AdhesionFactory().utilisateur)

    assert (
        client.post(reverse("organisme:piece_retirer", kwargs={"cle": piece.cle})).status_code
        == 404
    )
    piece.refresh_from_db()
    assert piece.retiree_le is None


# --- Plusieurs fichiers, envois répétés, histoire ------------------------------------------------
def test_plusieurs_fichiers_d_un_coup_un_refus_nomme_le_sien(prete, client):
    client.force_login(prete.redacteur)

    page = client.post(
        adresse(prete.demande, "pieces"),
        {"fichier": [fichier("appui.pdf"), fichier("virus.exe", b"MZ"), fichier("photo.png", PNG)]},
    )

    assert "« virus.exe » : Ce type de fichier" in page.text
    assert sorted(p.nom for p in prete.demande.pieces.all()) == ["appui.pdf", "photo.png"]


def test_un_envoi_repete_n_est_joint_qu_une_fois(prete, client, exigee):
    client.force_login(prete.redacteur)
    for _ in range(2):
        reponse = client.post(
            adresse(prete.demande, "pieces"),
            {"piece_exigee": exigee.pk, "fichier": fichier()},
            headers={"X-Requested-With": "XMLHttpRequest"},
        )
        assert (reponse.status_code, reponse.json()) == (200, {"message": "Joint"})
    assert prete.demande.pieces.count() == 1


def test_le_refus_d_un_envoi_par_la_page_se_dit_en_json(prete, client):
    client.force_login(prete.redacteur)
    reponse = client.post(
        adresse(prete.demande, "pieces"),
        {"fichier": fichier("virus.exe", b"MZ")},
        headers={"X-Requested-With": "XMLHttpRequest"},
    )
    assert reponse.status_code == 400
    assert "Ce type de fichier" in reponse.json()["message"]


def test_les_versions_d_avant_se_lisent_avec_qui_et_quand(prete, client, exigee):
    client.force_login(prete.redacteur)
    for nom in ("premiere.pdf", "seconde.pdf"):
        client.post(
            adresse(prete.demande, "pieces"),
            {"piece_exigee": exigee.pk, "fichier": fichier(nom)},
        )
    page = client.get(adresse(prete.demande, "pieces")).text
    assert "1 version d'avant" in page
    assert f"par {prete.redacteur.nom}, remplacée ou retirée" in page


@pytest.mark.parametrize(
    ("nom", "contenu", "montre"),
    [("a.pdf", PDF, True), ("a.png", PNG, True), ("a.docx", DOCX, False)],
)
def test_l_apercu_montre_ce_que_le_navigateur_sait_afficher(prete, client, nom, contenu, montre):
    piece = joindre_piece(
        acteur=prete.redacteur, demande=prete.demande, fichier=fichier(nom, contenu)
    )
    client.force_login(prete.redacteur)

    reponse = client.get(reverse("organisme:piece", args=[piece.cle]) + "?apercu")

    b"".join(reponse.streaming_content)
    assert reponse["Content-Disposition"].startswith("inline" if montre else "attachment")
    assert reponse["X-Content-Type-Options"] == "nosniff"


def test_deux_fichiers_pour_un_document_exige_se_refusent_au_lieu_d_en_perdre_un(
    prete, exigee, client
):
    client.force_login(prete.redacteur)
    page = client.post(
        adresse(prete.demande, "pieces"),
        {"piece_exigee": exigee.pk, "fichier": [fichier("un.pdf"), fichier("deux.pdf")]},
    ).text

    assert "Ce document tient en un seul fichier" in page
    assert not prete.demande.pieces.filter(piece_exigee=exigee).exists()
    champ = page.split(f'id="piece-{exigee.pk}-fichier"')
    assert "multiple" not in champ[0].rpartition("<")[2] + champ[1].partition(">")[0]
