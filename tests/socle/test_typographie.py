"""Les insécables posées dans un document : où le français en veut, et nulle part ailleurs."""

import re
from copy import deepcopy
from pathlib import Path

import pytest
from django.conf import settings
from django.template import engines
from django.template.base import tag_re
from django.test import override_settings

from socle.typographie import insecables, insecables_du_gabarit


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


@pytest.mark.parametrize(
    ("ecrit", "attendu"),
    [
        ("<h2>Une question ?</h2>", "<h2>Une question\xa0?</h2>"),
        (
            "<p>« {{ titre }} » : {% if a %}oui{% endif %} ; non</p>",
            "<p>«\xa0{{ titre }}\xa0»\xa0: {% if a %}oui{% endif %}\xa0; non</p>",
        ),
        ("{{ part }} % et {{ prix }} $", "{{ part }}\xa0% et {{ prix }}\xa0$"),
        (
            '{% encart "info" titre="Oui ? « Non »" %}{# a : b #}',
            '{% encart "info" titre="Oui\xa0? «\xa0Non\xa0»" %}{# a : b #}',
        ),
        ('{% if a != "b" and c != "d" %}', '{% if a != "b" and c != "d" %}'),
        (
            '<a {% if n > 1 %}title="a : b"{% endif %}>',
            '<a {% if n > 1 %}title="a : b"{% endif %}>',
        ),
        ("<pre>a : b</pre><code>a : b</code>", "<pre>a : b</pre><code>a : b</code>"),
        ("<textarea>a : b</textarea>", "<textarea>a : b</textarea>"),
        ("<p>a\n      : b</p>", "<p>a\n      : b</p>"),
    ],
)
def test_les_phrases_d_un_gabarit_sans_ses_balises(ecrit: str, attendu: str) -> None:
    assert insecables_du_gabarit(ecrit) == attendu
    assert insecables_du_gabarit(attendu) == attendu


def test_chaque_gabarit_typographie_se_compile_et_garde_ses_balises() -> None:
    moteur = engines["django"].engine
    for chemin in sorted(Path(settings.BASE_DIR, "templates").rglob("*.html")):
        source = chemin.read_text()
        typographie = insecables_du_gabarit(source)
        moteur.from_string(typographie)
        assert typographie.replace("\xa0", " ") == source.replace("\xa0", " "), chemin
        balises = [balise.replace("\xa0", " ") for balise in tag_re.findall(typographie)]
        assert balises == tag_re.findall(source.replace("\xa0", " ")), chemin


def test_une_page_servie_ne_commence_pas_une_ligne_par_un_signe(client, db) -> None:
    """Avec les chargeurs de l'application : ceux des essais ne typographient pas."""
    configuration = deepcopy(settings.TEMPLATES)
    configuration[0]["OPTIONS"]["loaders"][0][1][0] = "socle.typographie.GabaritsTypographies"
    with override_settings(TEMPLATES=configuration):
        page = client.get("/connexion/mot-de-passe/oublie/").text
    assert "Donnez votre adresse courriel\xa0: nous" in page
    assert "Une question\xa0? Parlons-en." in page
    # Le gabarit de la page en dit autant que le pied ; le menu, lui, s'écrit en Python.
    assert not re.search(r"« | [»:;?!](?=[\s<])", page[page.index("<h1>") :])
