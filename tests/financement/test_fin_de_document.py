"""La dernière page d'un document signé : jamais la signature sans la fin du texte."""

import io

import pytest
from pypdf import PdfReader

from socle.documents import _feuille_de_style, rendre_pdf

LIGNE = "Le projet répond à un besoin réel du quartier."
LETTRE = """<p>Fin du texte.</p><p>Pour toute question, écrivez-nous.</p>
<p>Nos salutations distinguées.</p>
<div class="signature"><p class="signature__nom">Greffière</p></div>"""
CONVENTION = """<p class="clause">Fin du texte.</p>
<p class="clause">Un avis se donne par écrit.</p></div>
<div class="ensemble"><h2>Signatures</h2><div class="signatures"><div><p class="signatures__ligne">
Greffière</p></div></div></div>"""
AVENANT = CONVENTION.replace("</p>\n<p", "</p><h2>Le reste</h2><p", 1)


@pytest.mark.parametrize(
    ("classe", "debut", "fin"),
    [
        ("lettre", "", LETTRE),
        ("", '<div class="clauses">', CONVENTION),
        ("", '<div class="clauses">', AVENANT),
    ],
    ids=["lettre", "convention", "avenant"],
)
def test_la_fin_du_texte_va_avec_la_signature(classe, debut, fin):
    coupes = 0
    for nombre in range(19, 31):
        texte = f"<p>{LIGNE}</p>" * nombre
        html = (
            f'<html lang="fr-CA"><head><title>Essai</title><style>{_feuille_de_style()}</style>'
            f'</head><body class="{classe}"><main>{debut}{texte}{fin}</main></body></html>'
        )
        pages = [
            page.extract_text()
            for page in PdfReader(io.BytesIO(rendre_pdf(html, titre="Essai"))).pages
        ]
        derniere = next(page for page in pages if "Greffière" in page)
        coupes += len(pages) > 1
        assert "Fin du texte" in derniere, (nombre, derniere)
    assert 0 < coupes < 12


@pytest.mark.parametrize(
    ("debut", "ligne", "fin"),
    [
        ("<ul>", "<li>{}</li>", "</ul>"),
        ("<table><tbody>", "<tr><th>{}</th><td>Oui</td></tr>", "</tbody></table>"),
    ],
    ids=["liste", "tableau"],
)
def test_la_derniere_ligne_n_est_jamais_seule_sur_sa_page(debut, ligne, fin):
    coupes = 0
    for nombre in range(12, 32):
        avant = f"<p>{LIGNE}</p>" * nombre
        lignes = "".join(ligne.format(nom) for nom in ("Un", "Deux", "Avant-dernier", "Dernier"))
        html = (
            f'<html lang="fr-CA"><head><title>Essai</title><style>{_feuille_de_style()}</style>'
            f"</head><body><main>{avant}{debut}{lignes}{fin}</main></body></html>"
        )
        pages = [
            page.extract_text()
            for page in PdfReader(io.BytesIO(rendre_pdf(html, titre="Essai"))).pages
        ]
        coupes += any("Un" in page and "Dernier" not in page for page in pages)
        assert any("Avant-dernier" in page and "Dernier" in page for page in pages), nombre
    assert coupes
