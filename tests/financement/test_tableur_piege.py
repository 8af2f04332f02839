"""Un tableur piégé se refuse en une phrase, sans prendre la mémoire."""

import struct
import tracemalloc
import zlib
from io import BytesIO
from zipfile import ZIP_DEFLATED, ZipFile

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse

from financement.importation.passe import COLONNES, lire
from tests.factories import UtilisateurFactory
from tests.financement.test_reprise import JUSTE, tableur

MEGA = 1_000_000
FEUILLE = (
    b'<worksheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"><sheetData>'
)
CASE = b'<row r="1"><c t="inlineStr"><is><t>%s</t></is></c></row></sheetData></worksheet>'
MEMOIRE_MAX = 150 * MEGA
CLASSEUR = "xl/workbook.xml"


def refaire(octets=None, **parties):
    """Le tableur juste, dont certaines parties sont remplacées par des morceaux."""
    sortie = BytesIO()
    with (
        ZipFile(BytesIO(octets or tableur(JUSTE))) as source,
        ZipFile(sortie, "w", ZIP_DEFLATED) as cible,
    ):
        for entree in source.infolist():
            with cible.open(entree.filename, "w", force_zip64=False) as partie:
                nom = entree.filename.rsplit("/", 1)[-1].removesuffix(".xml")
                for morceau in parties.get(nom) or [source.read(entree)]:
                    partie.write(morceau)
    return sortie.getvalue()


def gonflee():
    """Deux cents mégaoctets de chiffres."""
    yield FEUILLE
    yield from (b"<row><c><v>%s</v></c></row>" % (b"1" * MEGA) for _ in range(200))
    yield b"</sheetData></worksheet>"


def menteuse():
    """Deux gigaoctets de zéros, annoncés pour mille : seul un déploiement borné s'en défend."""
    compresse = zlib.compressobj(9, zlib.DEFLATED, -15)
    corps = b"".join(compresse.compress(bytes(MEGA)) for _ in range(2000)) + compresse.flush()
    octets = bytearray(refaire(workbook=[bytes(1000)]))
    sortie = BytesIO()
    nom = CLASSEUR.encode()
    with ZipFile(BytesIO(bytes(octets))) as source:
        autres = [(e.filename, source.read(e)) for e in source.infolist() if e.filename != CLASSEUR]
    with ZipFile(sortie, "w", ZIP_DEFLATED) as cible:
        for autre, contenu in autres:
            cible.writestr(autre, contenu)
        debut = cible.fp.tell()
        somme = zlib.crc32(bytes(1000))
        cible.fp.write(
            struct.pack(
                "<4s5H3L2H", b"PK\3\4", 20, 0, 8, 0, 33, somme, len(corps), 1000, len(nom), 0
            ) + nom + corps
        )  # fmt: skip
        info = type(cible.infolist()[0])(CLASSEUR)
        info.compress_type, info.CRC, info.header_offset = ZIP_DEFLATED, somme, debut
        info.compress_size, info.file_size = len(corps), 1000
        cible.filelist.append(info)
        cible.NameToInfo[CLASSEUR] = info
        cible.start_dir = cible.fp.tell()
    return sortie.getvalue()


def entites():
    """« Un milliard de rires » : dix entités, chacune dix fois la précédente."""
    lignes = [b'<!ENTITY e0 "rire">']
    lignes += [b'<!ENTITY e%d "%s">' % (n, b"&e%d;" % (n - 1) * 10) for n in range(1, 11)]
    return [
        b"<!DOCTYPE worksheet [%s]>" % b"".join(lignes),
        FEUILLE,
        CASE % b"&e10;",
    ]


def fichier_local():
    return [
        b'<!DOCTYPE worksheet [<!ENTITY f SYSTEM "file:///etc/passwd">]>',
        FEUILLE,
        CASE % b"&f;",
    ]


def lecture_de(octets):
    """La lecture, et le plus de mémoire qu'elle a pris."""
    tracemalloc.start()
    try:
        lecture = lire(octets, besoins={"B04"}, annee_max=2031)
        return lecture, tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()


@pytest.mark.parametrize(
    ("octets", "phrase"),
    [
        (lambda: refaire(sheet1=gonflee()), "beaucoup plus que ce que sa taille"),
        (menteuse, "pas un tableur XLSX"),
        (lambda: refaire(sheet1=entites()), "pas un tableur XLSX"),
        (lambda: refaire(styles=[b"<styleSheet"]), "pas un tableur XLSX"),
        (lambda: refaire(sheet1=[b"<worksheet"]), "pas un tableur XLSX"),
        (lambda: refaire(workbook=[b"<a/>"]), "pas un tableur XLSX"),
    ],
    ids=["gonflee", "menteuse", "entites", "textes_brises", "feuille_brisee", "sans_classeur"],
)
def test_une_archive_piegee_se_refuse_en_une_phrase(octets, phrase):
    piege = octets()
    assert len(piege) < 5 * MEGA
    lecture, memoire = lecture_de(piege)
    assert not lecture.lignes
    assert [phrase in refus for _, refus in lecture.refus] == [True]
    assert memoire < MEMOIRE_MAX


def test_une_entite_ne_lit_pas_un_fichier_du_serveur():
    lecture, _ = lecture_de(refaire(sheet1=fichier_local()))
    assert "root:" not in repr(lecture)


def feuille_de(rangees):
    yield FEUILLE
    yield from rangees
    yield b"</sheetData></worksheet>"


def test_un_million_de_lignes_s_arretent_a_la_borne():
    entetes = b"".join(
        b'<c t="inlineStr"><is><t>%s</t></is></c>' % nom.encode() for nom in COLONNES
    )
    rangees = [b'<row r="1">%s</row>' % entetes]
    rangees += [b'<row r="%d"><c><v>1</v></c></row>' % n for n in range(2, 500_000)]
    lecture, memoire = lecture_de(refaire(sheet1=feuille_de(rangees)))
    assert lecture.refus[-1] == (5002, "Le fichier dépasse 5000 lignes : coupez-le.")
    assert memoire < MEMOIRE_MAX


def test_une_case_geante_ne_se_repete_pas_dans_chaque_refus():
    geante = "9" * 30_000
    lecture, _ = lecture_de(
        tableur(
            *({**JUSTE, "accordé": geante, "personnes": geante, "besoins": f"{geante} x"},) * 50
        )
    )
    assert len(lecture.refus) == 150
    assert max(len(refus) for _, refus in lecture.refus) < 200


def test_un_nombre_demesure_se_refuse_sans_s_ecrire_en_entier():
    lecture, _ = lecture_de(tableur({**JUSTE, "personnes": "1e999999999"}))
    assert lecture.refus == [(2, "« personnes » : « 1e999999999 » n'est pas un nombre entier.")]


def test_une_formule_ne_se_calcule_ni_ne_se_garde():
    lecture, _ = lecture_de(tableur({**JUSTE, "projet": "=HYPERLINK(1)", "accordé": "=9*9"}))
    assert lecture.refus == [(2, "« projet » est vide."), (2, "« accordé » est vide.")]


@pytest.mark.django_db
def test_la_page_le_dit_a_l_agente(client):
    client.force_login(UtilisateurFactory(agent=True))
    piege = SimpleUploadedFile("passes.xlsx", refaire(sheet1=gonflee()))
    reponse = client.post(reverse("ville:reprise"), {"fichier": piege})
    assert reponse.status_code == 200
    assert "beaucoup plus que ce que sa taille" in reponse.text
