"""Les documents PDF : balises, texte, empreinte, échappement, gel."""

import copy
import io
import itertools
import re
from collections.abc import Iterator
from functools import lru_cache
from typing import Any

import pdfua
import pikepdf
import pytest
from django.conf import settings
from django.core.files.storage import default_storage
from django.test import override_settings
from pypdf import PdfReader
from weasyprint import HTML

from socle import documents
from socle.documents import (
    FichiersStatiques,
    RessourceInterdite,
    figer_document,
    rendre_html,
    rendre_pdf,
)
from socle.models import Document
from tests.socle.contextes_pdf import CONTEXTES, GABARITS

# ISO 32000-1, 14.8.4 : ce qu'une balise peut contenir, là où la structure a un sens.
ENFANTS = {
    "/L": {"/LI", "/L", "/Caption"},
    "/LI": {"/Lbl", "/LBody"},
    "/Table": {"/TR", "/THead", "/TBody", "/TFoot", "/Caption"},
    "/THead": {"/TR"},
    "/TBody": {"/TR"},
    "/TFoot": {"/TR"},
    "/TR": {"/TH", "/TD"},
}


@lru_cache
def produire(nom: str) -> bytes:
    return rendre_pdf(rendre_html(GABARITS[nom], CONTEXTES[nom]), titre=f"Titre de {nom}")


def texte(octets: bytes) -> str:
    """Le texte extrait, espaces et insécables ramenés à une espace."""
    pages = (page.extract_text() for page in PdfReader(io.BytesIO(octets)).pages)
    return re.sub(r"\s+", " ", " ".join(pages))


def elements(noeud: Any) -> Iterator[pikepdf.Dictionary]:
    """Tous les éléments de la structure, dans l'ordre de lecture."""
    enfants = noeud.get("/K", [])
    for enfant in enfants if isinstance(enfants, pikepdf.Array) else [enfants]:
        if isinstance(enfant, pikepdf.Dictionary) and "/S" in enfant:
            yield enfant
            yield from elements(enfant)


@pytest.fixture(params=sorted(CONTEXTES))
def nom(request: pytest.FixtureRequest) -> str:
    return request.param


def test_la_feuille_gardee_donne_les_memes_octets_que_celle_du_document(nom: str) -> None:
    """Le rendu d'une lettre ne relit ni la feuille ni les polices ; le PDF n'en sait rien."""
    html = rendre_html(GABARITS[nom], CONTEXTES[nom])
    rendu = HTML(string=html, base_url="static:/", url_fetcher=FichiersStatiques()).render()
    rendu.metadata.title = f"Titre de {nom}"
    rendu.metadata.authors = [settings.VILLE["nom"]]
    rendu.metadata.lang = documents.LANGUE
    ordinaire = rendu.write_pdf(pdf_variant="pdf/ua-1", finisher=documents._dire_la_portee)
    assert rendre_pdf(html, titre=f"Titre de {nom}") == ordinaire


@pytest.fixture
def pdf(nom: str) -> Iterator[pikepdf.Pdf]:
    with pikepdf.open(io.BytesIO(produire(nom))) as ouvert:
        yield ouvert


def test_le_pdf_se_declare_accessible(nom: str, pdf: pikepdf.Pdf) -> None:
    assert str(pdf.Root.Lang) == "fr-CA"
    assert pdf.Root.MarkInfo.Marked
    assert pdf.Root.ViewerPreferences.DisplayDocTitle
    assert str(pdf.docinfo["/Title"]) == f"Titre de {nom}"
    assert str(pdf.docinfo["/Author"]) == "Ville de Trois-Rivières"
    assert "/StructTreeRoot" in pdf.Root
    with pdf.open_metadata() as metadonnees:
        assert metadonnees["pdfuaid:part"] == "1"


def test_la_structure_est_valide(pdf: pikepdf.Pdf) -> None:
    tous = list(elements(pdf.Root.StructTreeRoot))
    for element in tous:
        permis = ENFANTS.get(str(element.S))
        if permis:
            directs = {str(e.S) for e in element.K if isinstance(e, pikepdf.Dictionary)}
            assert directs <= permis, f"{element.S} contient {directs - permis}"
    titres = [int(str(e.S)[2:]) for e in tous if re.fullmatch(r"/H[1-6]", str(e.S))]
    assert titres.count(1) == 1
    assert titres[0] == 1
    assert all(b - a <= 1 for a, b in itertools.pairwise(titres))
    figures = [e for e in tous if e.S == "/Figure"]
    assert figures
    assert all(str(figure.Alt).strip() for figure in figures)


def test_chaque_entete_de_tableau_dit_sa_portee(pdf: pikepdf.Pdf) -> None:
    entetes = [e for e in elements(pdf.Root.StructTreeRoot) if e.S == "/TH"]
    assert all(str(th.A.Scope) in {"/Column", "/Row"} for th in entetes)


def test_pdfua_ne_trouve_rien(nom: str, tmp_path: Any) -> None:
    fichier = tmp_path / f"{nom}.pdf"
    fichier.write_bytes(produire(nom))
    assert [f.message for f in pdfua.validate(fichier).findings] == []


def test_les_pages_sont_numerotees(nom: str) -> None:
    lecteur = PdfReader(io.BytesIO(produire(nom)))
    total = len(lecteur.pages)
    for no, page in enumerate(lecteur.pages, start=1):
        if nom == "bilan" and no == 1:  # la couverture
            continue
        contenu = re.sub(r"\s+", " ", page.extract_text())
        assert f"Page {no} de {total}" in contenu
        assert CONTEXTES[nom]["reference"] in contenu


@pytest.mark.parametrize("nom", ["lettre_acceptee", "compte_rendu"])
def test_deux_rendus_donnent_les_memes_octets(nom: str) -> None:
    html = rendre_html(GABARITS[nom], CONTEXTES[nom])
    assert rendre_pdf(html, titre=f"Titre de {nom}") == produire(nom)


@pytest.mark.parametrize(
    ("nom", "attendus"),
    [
        (
            "lettre_acceptee",
            [
                "Trois-Rivières, le 20 août 2026",
                "Objet : Votre demande de soutien est acceptée",
                "PAR COURRIEL : direction@exemple.test",
                "19 500,00 $ (dix-neuf mille cinq cents dollars)",
                "résolution C-2026-0818 du 18 août 2026",
                "3e versement À l'acceptation du rapport final 1 950,00 $",
                "rapport final au plus tard le jeudi 30 septembre 2027",
            ],
        ),
        (
            "lettre_acceptee_partielle",
            [
                "12 000,00 $ (douze mille dollars)",
                "Vous aviez demandé 19 500,00 $",
                "Motifs par critère",
            ],
        ),
        (
            "lettre_refusee",
            [
                "n'est pas retenue",
                "L'échéancier ne prévoit pas",
                "dans les 30 jours, soit au plus tard le samedi 19 septembre 2026",
                "sur la procédure seulement",
            ],
        ),
        ("lettre_reexamen_maintenu", ["La décision est maintenue.", "la procédure a été suivie"]),
        ("lettre_reexamen_modifie", ["est accueillie", "retourne au comité"]),
        ("lettre_liste_attente", ["Votre rang sur la liste : 1er", "mercredi 31 mars 2027"]),
        (
            "lettre_remboursement",
            [
                "10 000,00 $ Déjà versé",
                "800,00 $ (huit cents dollars)",
                "mercredi 1er décembre",
                "Non admissible : Ordinateur portable Équipement exclu",
            ],
        ),
        (
            "accuse_reception",
            [
                "mercredi 10 juin 2026 à 11 h 30 min 07 s",
                "Un sondage auprès de 84 personnes.",
                "Total des dépenses 26 600,00 $",
                "lettres-patentes.pdf",
                "Sans réponse",
            ],
        ),
        (
            "compte_rendu",
            ["Hugo Témoin", "Absence", "Retrait : Idriss Spécimen", "Total recommandé 77 500,00 $"],
        ),
        (
            "convention",
            ["10. Défaut et résiliation", "pendant cinq ans", "plus de 15 %", "Amina Spécimen"],
        ),
        (
            "document_signe",
            [
                "Preuves de signature",
                "directrice générale",
                "jeudi 27 août 2026 à 14 h 03 min 09 s",
                "Mot de passe demandé à nouveau",
                "192.0.2.10",
                "À la main, sur l'exemplaire papier",
                "articles 6 et 39",
            ],
        ),
        (
            "bilan",
            ["MIFI 2027 90 000,00 $ 86 250,00 $", "Autre ou inconnu <5", "9 sur 11"],
        ),
    ],
)
def test_le_texte_extrait_dit_ce_qui_est_attendu(nom: str, attendus: list[str]) -> None:
    contenu = texte(produire(nom))
    assert [attendu for attendu in attendus if attendu not in contenu] == []


@pytest.mark.parametrize("nom_objet", ["demande", "organisme"])
def test_une_valeur_hostile_reste_du_texte(nom_objet: str) -> None:
    contexte = copy.deepcopy(CONTEXTES["accuse_reception"])
    hostile = '</style><img src="file:///etc/passwd"><script>alert(1)</script>'
    cle = "titre" if nom_objet == "demande" else "nom"
    contexte[nom_objet][cle] = hostile
    contexte["sections"][0]["reponses"][0]["texte"] = hostile
    contexte["sections"][1]["reponses"][0]["texte"] = [hostile]
    html = rendre_html("pdf/accuse_reception.html", contexte)
    assert "<script" not in html
    assert "<img" not in html
    extrait = texte(rendre_pdf(html, titre="Hostile")).replace(" ", "")
    assert hostile.replace(" ", "") in extrait


@pytest.mark.parametrize(
    "adresse",
    [
        "https://exemple.test/a.png",
        "file:///etc/passwd",
        "static:../config/settings.py",
        "static:images/absente.svg",
        "images/embleme.svg",
    ],
)
def test_aucune_ressource_etrangere(adresse: str) -> None:
    html = f'<html lang="fr-CA"><title>t</title><p><img src="{adresse}" alt="a"></p></html>'
    with pytest.raises(RessourceInterdite):
        rendre_pdf(html, titre="t")


def test_une_image_du_projet_est_servie() -> None:
    image = '<img src="static:images/embleme.svg" alt="Emblème">'
    html = f'<html lang="fr-CA"><title>t</title><p>{image}</p></html>'
    assert rendre_pdf(html, titre="t").startswith(b"%PDF-1.7")


def test_la_demonstration_se_dit() -> None:
    mention = "Document de démonstration, sans valeur officielle"
    contexte = CONTEXTES["lettre_refusee"]
    assert mention not in rendre_html("pdf/lettre.html", contexte)
    with override_settings(DEMONSTRATION=True):
        assert mention in rendre_html("pdf/lettre.html", contexte)


def test_une_fermeture_sans_rien_a_rembourser() -> None:
    html = rendre_html("pdf/lettre.html", CONTEXTES["lettre_fermeture"])
    assert "Aucune somme n'est à rembourser" in html
    assert "Nous vous demandons" not in html


@pytest.mark.parametrize("nom", ["lettre_acceptee", "convention", "accuse_reception"])
def test_ce_qui_est_facultatif_peut_manquer(nom: str) -> None:
    contexte = dict(CONTEXTES[nom])
    for cle in ("sources", "conditions", "pieces_jointes", "postes", "totaux", "signataire"):
        if not (nom == "accuse_reception" and cle in {"postes", "totaux"}) and not (
            nom.startswith("lettre") and cle == "signataire"
        ):
            contexte.pop(cle, None)
    assert rendre_html(GABARITS[nom], contexte)


@pytest.mark.django_db
class TestFiger:
    def figer(self, objet: Any, contexte: dict[str, Any]) -> Document:
        return figer_document(
            nature=Document.Nature.LETTRE,
            objet=objet,
            gabarit="pdf/lettre.html",
            contexte=contexte,
            titre="Lettre d'acceptation — D01",
            acteur=objet,
        )

    def lire(self, document: Document) -> bytes:
        with document.pdf.open() as fichier:
            return fichier.read()

    @pytest.fixture
    def objet(self) -> Any:
        from tests.factories import UtilisateurFactory

        return UtilisateurFactory()

    def test_garde_html_pdf_et_empreinte(self, objet: Any) -> None:
        document = self.figer(objet, CONTEXTES["lettre_acceptee"])
        document.refresh_from_db()
        octets = self.lire(document)
        assert octets.startswith(b"%PDF-1.7")
        assert document.empreinte == documents.empreinte(octets)
        assert document.taille == len(octets)
        assert document.pdf.name.endswith("/lettre-l-ap-2026-01-d01.pdf")
        assert "19\u00a0500,00\u00a0$" in document.html
        assert document.cree_par == objet
        assert list(Document.objects.pour(objet)) == [document]

    def test_le_html_fige_redonne_le_meme_pdf(self, objet: Any) -> None:
        """Le HTML gardé se suffit : ni gabarit, ni feuille de style du jour."""
        document = self.figer(objet, CONTEXTES["lettre_acceptee"])
        assert rendre_pdf(document.html, titre=document.titre) == self.lire(document)

    def test_deux_documents_de_meme_reference_ne_s_ecrasent_pas(self, objet: Any) -> None:
        premier = self.figer(objet, CONTEXTES["lettre_acceptee"])
        second = self.figer(objet, CONTEXTES["lettre_acceptee"])
        assert premier.pdf.name != second.pdf.name
        assert default_storage.exists(premier.pdf.name)
