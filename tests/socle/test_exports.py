"""Un tableur s'ouvre prêt à lire, à trier et à imprimer ; rien n'y devient une formule."""

import datetime as dt
from decimal import Decimal
from io import BytesIO
from typing import Any

import pytest
from openpyxl import load_workbook

from socle.exports import DATE, DATE_HEURE, DOLLARS, classeur, csv_de, sans_formule

MOMENT = dt.datetime(2026, 6, 12, 20, 0, 0, 123, tzinfo=dt.UTC)


@pytest.fixture
def feuille() -> Any:
    ligne = ("=1+1", Decimal("19500.5"), 3, dt.date(2026, 6, 12), MOMENT, "long " * 40)
    entetes = ("Projet", "Montant demandé", "Rang", "Clôture", "Dépôt", "Pourquoi")
    return load_workbook(BytesIO(classeur([("Demandes", entetes, [ligne])]))).active


def test_les_dollars_et_les_dates_sont_des_nombres_et_des_dates(feuille: Any) -> None:
    texte, montant, rang, jour, moment, long = feuille[2]
    assert (texte.data_type, texte.value) == ("s", "=1+1")
    assert (montant.value, montant.number_format) == (19500.5, DOLLARS)
    assert rang.number_format == "General"
    assert (jour.is_date, jour.number_format) == (True, DATE)
    assert (str(moment.value), moment.number_format) == ("2026-06-12 16:00:00", DATE_HEURE)
    assert long.alignment.wrap_text
    assert feuille.column_dimensions["F"].width < 70


def test_la_feuille_est_figee_filtrable_et_prete_a_imprimer(feuille: Any) -> None:
    assert feuille.freeze_panes == "A2"
    assert feuille.auto_filter.ref == "A1:F2"
    assert feuille.print_title_rows == "$1:$1"
    assert (feuille.page_setup.orientation, feuille.page_setup.fitToHeight) == ("landscape", 0)
    assert feuille.sheet_properties.pageSetUpPr.fitToPage
    assert feuille.oddFooter.right.text == "Page &P de &N"
    assert feuille.parent.properties.title == "Demandes"
    assert feuille.parent.properties.creator == "Ville de Trois-Rivières"


def test_une_feuille_vide_n_a_pas_de_filtre() -> None:
    feuille = load_workbook(BytesIO(classeur([("Vide", ("Montant",), [])]))).active
    assert feuille.auto_filter.ref is None


@pytest.mark.parametrize(
    "texte", ["=1+1", "+1", "-1", "@A1", "\t=1", "\r=1", "\n=1", "  =1+1", "\u00a0=1", "\uff1d1"]
)
def test_un_csv_ne_porte_aucune_formule_ni_dans_ses_lignes_ni_dans_ses_entetes(texte: str) -> None:
    assert sans_formule(texte) == f"'{texte}"
    lignes = csv_de([texte], [[texte]]).decode("utf-8-sig")
    assert lignes.count(f"'{texte}") == 2


def test_un_texte_ordinaire_et_un_nombre_negatif_ne_changent_pas() -> None:
    assert sans_formule("Un projet = deux") == "Un projet = deux"
    assert sans_formule(Decimal("-5.00")) == Decimal("-5.00")


def test_une_entete_qui_ressemble_a_une_formule_reste_un_texte() -> None:
    octets = classeur([("Feuille", ("=HYPERLINK(1)",), [("a",)])])
    entete = load_workbook(BytesIO(octets)).active["A1"]
    assert entete.data_type == "s"
