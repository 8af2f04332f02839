"""Dans un vrai navigateur : l'empreinte se calcule sur place, le fichier ne part pas."""

import pytest

from socle.documents import figer_document
from tests.factories import UtilisateurFactory
from tests.socle.contextes_pdf import CONTEXTES

pytestmark = pytest.mark.django_db(transaction=True)


def test_le_fichier_reste_dans_le_navigateur(ouvrir_page, tmp_path):
    document = figer_document(
        nature="lettre", objet=UtilisateurFactory(), gabarit="pdf/lettre.html",
        contexte=CONTEXTES["lettre_refusee"], titre="Lettre",
    )  # fmt: skip
    with document.pdf.open() as fichier:
        octets = fichier.read()
    modifie = tmp_path / "modifie.pdf"
    modifie.write_bytes(octets.replace(b"%PDF-1.7", b"%PDF-1.6", 1))
    page = ouvrir_page()
    envois = []
    page.on("request", lambda demande: envois.append(demande.method))

    page.goto("/verifier/")
    page.get_by_label("Fichier PDF reçu de la Ville").set_input_files(
        {"name": "lettre.pdf", "mimeType": "application/pdf", "buffer": octets}
    )
    page.get_by_role("button", name="Vérifier le fichier").click()
    page.get_by_text("Fichier authentique").wait_for()
    assert document.empreinte in page.url

    page.get_by_label("Fichier PDF reçu de la Ville").set_input_files(modifie)
    page.get_by_role("button", name="Vérifier le fichier").click()
    page.get_by_text("Ce fichier n'est pas un document de la Ville").wait_for()
    assert set(envois) == {"GET"}
