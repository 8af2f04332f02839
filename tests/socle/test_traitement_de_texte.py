"""Un document modifiable a l'air de venir de la Ville, et ses tableaux se lisent."""

from io import BytesIO
from typing import Any

import pytest
from docx import Document
from docx.enum.text import WD_ALIGN_PARAGRAPH
from docx.shared import Inches

from socle.traitement_de_texte import document_vierge, tableau


@pytest.fixture
def document() -> Any:
    redige = document_vierge("Bilan 2026", reference="BIL-2026")
    lignes = [("Projet : un", "19 500,00\u00a0$", None), ("Projet deux", "<5", "")]
    tableau(redige, ("Nom", "Accordé", "Note"), lignes)
    octets = BytesIO()
    redige.save(octets)
    return Document(octets)


def test_la_page_est_une_lettre_au_pied_numerote(document: Any) -> None:
    page = document.sections[0]
    assert (page.page_width, page.page_height) == (Inches(8.5), Inches(11))
    assert document.core_properties.title == "Bilan 2026"
    assert document.core_properties.author == "Ville de Trois-Rivières"
    assert page.footer.paragraphs[0].text.startswith("Ville de Trois-Rivières · BIL-2026 · page ")
    assert [c.get(c.keys()[0]) for c in page.footer._element.iter() if "fldSimple" in c.tag] == [
        "PAGE",
        "NUMPAGES",
    ]


def test_l_entete_se_repete_et_les_nombres_sont_a_droite(document: Any) -> None:
    objet = document.tables[0]
    assert "w:tblHeader" in objet.rows[0]._tr.xml
    assert all("w:cantSplit" in rangee._tr.xml for rangee in objet.rows)
    alignements = [cellule.paragraphs[0].alignment for cellule in objet.rows[1].cells]
    assert alignements[:2] == [None, WD_ALIGN_PARAGRAPH.RIGHT]
    largeurs = [cellule.width for cellule in objet.rows[1].cells]
    assert largeurs[0] > largeurs[1]
    assert sum(largeurs) <= Inches(6.5)
    assert objet.cell(1, 0).text == "Projet\u00a0: un"
