"""Les fichiers joints : leur type par le contenu, leur nom, et l'antivirus quand il y en a un."""

import contextlib
import io
import socketserver
import struct
import threading
import time
import zipfile

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse
from post_office.models import Email

from appels.antivirus import signature_trouvee
from appels.models import PieceJointe
from appels.services import pieces
from appels.tasks import analyser_piece
from socle.exceptions import RegleViolee
from socle.models import EntreeJournal

pytestmark = pytest.mark.django_db
PDF = b"%PDF-1.7\n1 0 obj\n<<>>\nendobj\ntrailer\n<<>>\n%%EOF\n"
PNG = b"\x89PNG\r\n\x1a\n" + b"\0\0\0\rIHDR\0\0\0\1\0\0\0\1\x08\2\0\0\0"
ODT = b"application/vnd.oasis.opendocument.text"
EICAR = b"X5O!P%@AP[4\\PZX54(P^)7CC)7}$EICAR"


def archive(**membres: bytes) -> bytes:
    tampon = io.BytesIO()
    with zipfile.ZipFile(tampon, "w", zipfile.ZIP_DEFLATED) as fichier:
        for nom, octets in membres.items():
            fichier.writestr(nom.replace("__", "/").replace("_xml", ".xml"), octets)
    return tampon.getvalue()


@pytest.fixture
def joindre(prete):
    def joindre(nom, octets, **arguments):
        return pieces.joindre_piece(
            acteur=prete.redacteur,
            demande=prete.demande,
            fichier=SimpleUploadedFile(nom, octets),
            **arguments,
        )

    return joindre


@pytest.mark.parametrize(
    ("nom", "octets"),
    [
        ("budget.pdf", PDF),
        ("LOGO.PNG", PNG),
        ("lettre.docx", archive(word__document_xml=b"<w/>")),
        ("chiffres.xlsx", archive(xl__workbook_xml=b"<x/>")),
        ("lettre.odt", archive(mimetype=ODT)),
    ],
)
def test_un_fichier_conforme_est_joint_avec_son_empreinte(joindre, nom, octets):
    piece = joindre(nom, octets)
    assert (piece.nom, piece.taille, len(piece.empreinte)) == (nom, len(octets), 64)
    assert piece.est_telechargeable


@pytest.mark.parametrize(
    ("nom", "octets", "code"),
    [
        ("virus.exe", b"MZ", "type"),
        ("sans-extension", PDF, "type"),
        ("page.html", b"<html>", "type"),
        ("vide.pdf", b"", "vide"),
        ("image.pdf", PNG, "contenu"),
        ("texte.png", b"bonjour", "contenu"),
        ("lettre.docx", b"PK pas une archive", "contenu"),
        ("lettre.docx", archive(xl__workbook_xml=b"<x/>"), "contenu"),
        ("lettre.odt", archive(mimetype=b"application/zip"), "contenu"),
        # Une petite archive qui se déploierait en vingt mégaoctets.
        ("bombe.odt", archive(mimetype=ODT + b" " * 20_000_000), "contenu"),
    ],
)
def test_un_fichier_impossible_est_refuse_en_le_disant(joindre, nom, octets, code):
    with pytest.raises(RegleViolee) as refus:
        joindre(nom, octets)
    assert (refus.value.champ, refus.value.code) == ("fichier", code)
    assert not PieceJointe.objects.exists()


def test_la_limite_de_taille_est_exacte(joindre, settings):
    settings.TAILLE_MAX_PIECE = len(PDF)
    joindre("juste.pdf", PDF)
    with pytest.raises(RegleViolee) as refus:
        joindre("trop.pdf", PDF + b" ")
    assert refus.value.code == "taille"


@pytest.mark.parametrize(
    ("donne", "garde"),
    [
        ("C:\\Mes documents\\états financiers.pdf", "états financiers.pdf"),
        ("../../etc/passwd.pdf", "passwd.pdf"),
        ("a\nb<c>.pdf", "a_b_c_.pdf"),
    ],
)
def test_le_nom_est_garde_sans_ce_qui_serait_dangereux(joindre, donne, garde):
    # Django nettoie déjà le nom d'un envoi ; un autre appelant pourrait ne pas le faire.
    assert pieces.nom_sur(donne) == garde
    assert joindre("x.pdf", PDF).fichier.name.startswith("pieces/")


def test_le_remplacement_garde_l_ancien_fichier_dans_l_histoire(prete, joindre):
    exigee = prete.appel.pieces_exigees.create(libelle="Lettres patentes", code="lettres")
    premiere = joindre("un.pdf", PDF, piece_exigee=exigee)
    seconde = joindre("deux.pdf", PDF, piece_exigee=exigee)
    premiere.refresh_from_db()
    assert premiere.retiree_le
    assert list(prete.demande.pieces.filter(retiree_le=None)) == [seconde]


# --- clamd --------------------------------------------------------------------------------------
class FauxClamd(socketserver.BaseRequestHandler):
    """Parle INSTREAM comme clamd ; trouve la signature d'essai EICAR, au bout de ``attente``."""

    attente = 0.0

    def handle(self) -> None:
        flux = self.request.makefile("rb")
        assert flux.read(10) == b"zINSTREAM\0"
        contenu = b""
        while taille := struct.unpack("!I", flux.read(4))[0]:
            contenu += flux.read(taille)
        time.sleep(self.attente)
        reponse = b"stream: Eicar-Test FOUND\0" if b"EICAR" in contenu else b"stream: OK\0"
        # Qui a trop attendu est déjà parti.
        with contextlib.suppress(ConnectionError):
            self.request.sendall(reponse)


@pytest.fixture
def clamd(settings):
    with socketserver.ThreadingTCPServer(("127.0.0.1", 0), FauxClamd) as serveur:
        threading.Thread(target=serveur.serve_forever, daemon=True).start()
        settings.CLAMD_URL = f"tcp://127.0.0.1:{serveur.server_address[1]}"
        yield settings.CLAMD_URL
        serveur.shutdown()


@pytest.fixture
def confiees(monkeypatch):
    liste = []
    monkeypatch.setattr(pieces, "_confier_analyse", lambda pk, modele: liste.append(pk))
    return liste


def test_avec_clamd_la_piece_attend_son_analyse(
    prete, joindre, clamd, confiees, client, django_capture_on_commit_callbacks
):
    with django_capture_on_commit_callbacks(execute=True):
        piece = joindre("budget.pdf", PDF)
    assert (piece.analyse, confiees) == ("en_attente", [piece.pk])
    client.force_login(prete.redacteur)
    adresse = reverse("organisme:piece", args=[piece.cle])
    assert client.get(adresse).status_code == 404

    analyser_piece(piece.pk)

    piece.refresh_from_db()
    assert piece.analyse == "saine"
    reponse = client.get(adresse)
    assert b"".join(reponse.streaming_content) == PDF
    assert reponse["Content-Disposition"].startswith("attachment")
    assert reponse["X-Content-Type-Options"] == "nosniff"


def test_une_piece_infectee_ne_s_ouvre_jamais_et_l_organisme_le_sait(
    prete, joindre, clamd, confiees, client
):
    exigee = prete.appel.pieces_exigees.create(libelle="Lettres patentes", code="lettres")
    piece = joindre("piege.pdf", PDF + EICAR, piece_exigee=exigee)

    analyser_piece(piece.pk)
    analyser_piece(piece.pk)

    piece.refresh_from_db()
    assert piece.analyse == "infectee"
    client.force_login(prete.redacteur)
    assert client.get(reverse("organisme:piece", args=[piece.cle])).status_code == 404
    assert Email.objects.filter(subject__contains="piege.pdf").exists()
    assert EntreeJournal.objects.filter(verbe="demande.refuser_piece").count() == 1
    from appels.completude import manques

    assert [m.partie for m in manques(prete.demande)] == ["pieces"]


def test_sans_reponse_de_clamd_la_piece_reste_en_attente(joindre, settings, confiees):
    settings.CLAMD_URL = "tcp://127.0.0.1:1"
    piece = joindre("budget.pdf", PDF)
    with pytest.raises(OSError, match="Errno"):
        pieces.analyser(piece=piece)
    piece.refresh_from_db()
    assert piece.analyse == "en_attente"


def test_un_clamd_lent_ne_retient_pas_l_envoi_et_finit_par_repondre(
    prete, clamd, confiees, client, monkeypatch, django_capture_on_commit_callbacks
):
    exigee = prete.appel.pieces_exigees.create(libelle="Lettres patentes", code="lettres")
    monkeypatch.setattr("appels.antivirus.DELAI", 0.3)
    monkeypatch.setattr(FauxClamd, "attente", 1.5)
    client.force_login(prete.redacteur)
    debut = time.monotonic()
    with django_capture_on_commit_callbacks(execute=True):
        reponse = client.post(
            reverse("organisme:rediger", args=[prete.demande.reference, "pieces"]),
            {"piece_exigee": exigee.pk, "fichier": SimpleUploadedFile("lettres.pdf", PDF)},
            follow=True,
        )
    # La personne n'attend pas l'antivirus : un ouvrier l'attendra pour elle.
    assert time.monotonic() - debut < 1.5
    assert "lettres.pdf" in reponse.content.decode()
    piece = prete.demande.pieces.get(nom="lettres.pdf")

    with pytest.raises(OSError, match="timed out"):
        pieces.analyser(piece=piece)
    piece.refresh_from_db()
    assert piece.analyse == "en_attente"
    assert client.get(reverse("organisme:piece", args=[piece.cle])).status_code == 404

    # Lent, mais dans le délai : le verdict arrive.
    monkeypatch.setattr("appels.antivirus.DELAI", 5)
    pieces.analyser(piece=piece)
    piece.refresh_from_db()
    assert piece.analyse == "saine"


def test_clamd_par_un_socket_local(tmp_path):
    chemin = str(tmp_path / "clamd.sock")
    with socketserver.ThreadingUnixStreamServer(chemin, FauxClamd) as serveur:
        threading.Thread(target=serveur.serve_forever, daemon=True).start()
        assert signature_trouvee(io.BytesIO(PDF), f"unix://{chemin}") == ""
        assert signature_trouvee(io.BytesIO(EICAR), f"unix://{chemin}") == "Eicar-Test"
        serveur.shutdown()
