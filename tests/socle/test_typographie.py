"""Les insécables posées dans un document : où le français en veut, et nulle part ailleurs."""

import pytest

from socle.typographie import insecables


@pytest.mark.parametrize(
    ("ecrit", "attendu"),
    [
        (
            "<p>Projet « Une place », volet : 1 ; oui ?</p>",
            "<p>Projet «\xa0Une place\xa0», volet\xa0: 1\xa0; oui\xa0?</p>",
        ),
        ("<p>Sans conflit :\n    <b>6</b></p>", "<p>Sans conflit\xa0:\n    <b>6</b></p>"),
        (
            "<p>le 1er juin 2026, le 12 août, à 75 %</p>",
            "<p>le 1er\xa0juin 2026, le 12\xa0août, à 75\xa0%</p>",
        ),
        ("<p>12 000 $</p>", "<p>12 000\xa0$</p>"),
        ('<p style="color : red">a</p>', '<p style="color : red">a</p>'),
        ("<style>a { b : c ; }</style>", "<style>a { b : c ; }</style>"),
        ("<p>https://ville.example:8000 et 16 h</p>", "<p>https://ville.example:8000 et 16 h</p>"),
        ("<p>en mars 2026, sommaire</p>", "<p>en mars 2026, sommaire</p>"),
    ],
)
def test_les_espaces_a_ne_pas_couper(ecrit: str, attendu: str) -> None:
    assert insecables(ecrit) == attendu
    assert insecables(attendu) == attendu
