"""Les tracés : un SVG que la page et le PDF acceptent, dessiné une fois, à deux largeurs."""

import io
import re
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from decimal import Decimal

import pytest
from django.core.cache import cache
from django.template import Context, Template
from lxml import etree
from PIL import Image

from socle import graphiques as g
from socle.traces import gardes
from socle.traces.donnees import Barre, Rangee, Repere, Teinte, Trace
from socle.traces.figures import couper, mesurer
from socle.traces.gardes import dessiner_svg
from socle.traces.polices import GRASSE, NORMALE
from socle.traces.theme import ETROIT, INTERLIGNE, LARGE, TEINTES
from tests.socle.test_graphiques import contraste, variables

SVG = "{http://www.w3.org/2000/svg}"
LONG = "R09 Jumelage, bénévolat ou parrainage interculturel, avec une plateforme de mise en lien"
# La largeur où chaque dessin s'affiche au plus étroit : une page de PDF, un téléphone de 320 px.
AFFICHES = {LARGE: 624, ETROIT: 288}
FORMATS = pytest.mark.parametrize("format", [LARGE, ETROIT], ids=lambda f: f.nom)


def trace(*rangees, **options) -> Trace:
    """Un tracé de rangées à une barre : (libellé, valeur, texte)."""
    lignes = tuple(
        Rangee(libelle, (Barre(None if valeur is None else Decimal(valeur), texte),))
        for libelle, valeur, texte in rangees
    )
    return Trace("Un titre", lignes, **options)


ARGENT = Trace(
    "L'aide de chaque bailleur",
    tuple(
        Rangee(
            nom,
            (
                Barre(Decimal(accorde), f"{accorde} $", "Accordé"),
                Barre(Decimal(verse), f"{verse} $", "Versé", Teinte.MOYENNE),
            ),
        )
        for nom, accorde, verse in (("MIFI", 900, 450), ("Ville", 300, 0))
    ),
)


def lire(dessin: str) -> etree._Element:
    return etree.fromstring(dessin)


def barres(dessin: str) -> list[list[float]]:
    """[x du zéro, x du bout] de chaque barre, dans l'ordre."""
    pleins = [p for p in lire(dessin).iter(f"{SVG}path") if p.get("fill") != "none"]
    coins = [[float(n) for n in re.findall(r"-?[\d.]+", p.get("d"))] for p in pleins]
    return [[c[0], c[2]] for c in coins]


def boites(dessin: str) -> list[tuple[float, float, float, float]]:
    """Le rectangle de chaque texte : gauche, haut, droite, bas."""
    trouvees = []
    for texte in lire(dessin).iter(f"{SVG}text"):
        taille = float(texte.get("font-size").removesuffix("px"))
        large = mesurer(texte.text, taille, int(texte.get("font-weight", NORMALE)))
        x, y = float(texte.get("x")), float(texte.get("y"))
        gauche = x - {"start": 0, "end": large}[texte.get("text-anchor", "start")]
        # Les ascendantes d'Inter font trois quarts de la taille.
        trouvees.append((gauche, y - taille * 0.75, gauche + large, y + 1))
    return trouvees


def en_gabarit(a_tracer: Trace, **options: bool) -> str:
    balise = "{% trace t imprime=imprime %}"
    return Template(balise).render(Context({"t": a_tracer, "imprime": False, **options}))


@pytest.fixture(autouse=True)
def cache_vide():
    cache.clear()


# --- Ce que la politique de sécurité et le lecteur d'écran demandent ------------------------------
@FORMATS
@pytest.mark.parametrize(
    "dessine",
    [ARGENT, trace(("A", 5, "5"), ("B", -3, "−3"), repere=Repere(Decimal(4), "4 prévus"))],
)
def test_ni_style_ni_identifiant_ni_date(dessine, format):
    svg = dessiner_svg(dessine, format)
    for interdit in ("style", " id=", "href", "url(", "metadata", "<defs", "<image", "<g"):
        assert interdit not in svg
    assert dessiner_svg(dessine, format) == svg
    racine = lire(svg)
    assert racine.get("role") == "img"
    assert [enfant.tag for enfant in racine[:2]] == [f"{SVG}title", f"{SVG}desc"]
    assert {texte.get("font-family") for texte in racine.iter(f"{SVG}text")} == {
        "Inter, sans-serif"
    }


def test_la_description_dit_chaque_nombre_tel_qu_il_est_ecrit():
    assert (
        ARGENT.description
        == "MIFI : accordé 900 $, versé 450 $ ; Ville : accordé 300 $, versé 0 $."
    )
    repere = trace(("Activités", 110, "110 %"), repere=Repere(Decimal(100), "100 % du prévu"))
    assert repere.description == "Activités : 110 % ; le trait marque 100 % du prévu."


def test_un_libelle_piege_reste_du_texte():
    """Ni balise, ni formule : entre deux « $ », matplotlib écrirait des mathématiques."""
    piege = "<script>alert(1)</script> & de 5 $ à 10 $ \\frac"
    svg = dessiner_svg(trace((piege, 5, "<5")), LARGE)
    assert "<script" not in svg
    textes = " ".join(t.text for t in lire(svg).iter(f"{SVG}text"))
    assert textes.replace("\xa0", " ") == f"{piege} <5"


def test_les_textes_et_les_barres_se_voient_sur_le_papier():
    papier = variables()["papier"]
    assert all(
        contraste(c, fond) >= 4.5 for c in (g.ENCRE, g.GRIS, g.BRIQUE) for fond in (papier, g.BLANC)
    )
    assert all(contraste(contour, papier) >= 3 for _, contour, _ in TEINTES.values())
    # Deux teintes ne se confondent pas, même sans couleurs : remplissage ou contour les distingue.
    assert len(set(TEINTES.values())) == len(Teinte)


# --- Deux largeurs --------------------------------------------------------------------------------
@FORMATS
def test_le_texte_affiche_fait_au_moins_onze_pixels(format):
    svg = dessiner_svg(ARGENT, format)
    largeur = float(lire(svg).get("viewBox").split()[2])
    assert largeur == format.largeur
    tailles = {float(t) for t in re.findall(r'font-size="([\d.]+)px"', svg)}
    assert min(tailles) * AFFICHES[format] / largeur >= 11


@FORMATS
@pytest.mark.parametrize("combien", [1, 40])
def test_rien_ne_se_chevauche_ni_ne_deborde(format, combien):
    rangees = [(f"{LONG} {n}", 100 * n + 1, f"{100 * n} $") for n in range(combien)]
    svg = dessiner_svg(trace(*rangees), format)
    textes = boites(svg)
    _, _, largeur, hauteur = map(float, lire(svg).get("viewBox").split())
    for gauche, haut, droite, bas in textes:
        assert gauche >= -1
        assert droite <= largeur + 1
        assert haut >= -1
        assert bas <= hauteur + 2
    for rang, (a_gauche, a_haut, a_droite, a_bas) in enumerate(textes):
        for b_gauche, b_haut, b_droite, b_bas in textes[rang + 1 :]:
            assert (
                a_droite <= b_gauche or b_droite <= a_gauche or a_bas <= b_haut or b_bas <= a_haut
            )
    assert len(barres(svg)) == combien


def test_un_libelle_se_coupe_aux_mots_et_un_mot_sans_fin_se_coupe_aussi():
    lignes = couper(LONG, 200)
    assert " ".join(lignes) == LONG
    assert len(lignes) > 2
    assert all(mesurer(ligne) <= 200 for ligne in lignes)
    sans_fin = "x" * 200
    assert "".join(couper(sans_fin, 200, GRASSE)) == sans_fin
    assert all(mesurer(ligne, graisse=GRASSE) <= 200 for ligne in couper(sans_fin, 200, GRASSE))
    assert INTERLIGNE >= 16


def test_la_page_a_les_deux_et_l_impression_le_large_seulement():
    page = en_gabarit(ARGENT)
    assert page.count("<svg") == 2
    assert "trace__etroit" in page
    imprime = en_gabarit(ARGENT, imprime=True)
    assert imprime.count("<svg") == 1
    assert gardes.svg(ARGENT) in page
    assert gardes.svg(ARGENT) in imprime


# --- Les longueurs --------------------------------------------------------------------------------
@FORMATS
def test_les_longueurs_sont_en_proportion(format):
    (zero, un), (_, deux) = barres(dessiner_svg(trace(("A", 10, "10"), ("B", 20, "20")), format))
    assert deux - zero == pytest.approx(2 * (un - zero), abs=0.1)


@FORMATS
def test_une_baisse_va_a_gauche_du_zero(format):
    (zero, hausse), (a_zero, baisse) = barres(
        dessiner_svg(trace(("A", 20, "+20 %"), ("B", -10, "−10 %")), format)
    )
    assert zero == a_zero
    assert baisse < zero < hausse
    assert zero - baisse == pytest.approx((hausse - zero) / 2, abs=0.1)


def test_un_nombre_cache_n_a_pas_de_barre():
    visibles = trace(("A", 10, "10"))
    caches = trace(("A", 10, "10"), ("B", None, "<5"))
    assert len(barres(dessiner_svg(caches, LARGE))) == len(barres(dessiner_svg(visibles, LARGE)))
    assert not barres(dessiner_svg(trace(("A", None, "<5"), ("B", None, "—")), LARGE))


@pytest.mark.parametrize("vide", [trace(), trace(("A", 0, "0 $"))])
def test_sans_rien_a_tracer_une_phrase(vide):
    assert vide.est_vide
    rendu = en_gabarit(vide)
    assert "Aucun montant." in rendu
    assert "<svg" not in rendu


# --- Une fois -------------------------------------------------------------------------------------
def test_dessine_une_fois_et_relu_ensuite(monkeypatch):
    dessins = []
    figure = gardes._figure
    monkeypatch.setattr(
        gardes, "_figure", lambda t, f: dessins.append((t.titre, f.nom)) or figure(t, f)
    )
    for _ in range(3):
        en_gabarit(ARGENT)
        en_gabarit(ARGENT, imprime=True)
    assert sorted(dessins) == [(ARGENT.titre, "etroit"), (ARGENT.titre, "large")]
    premiers = gardes.png(ARGENT)
    assert gardes.png(ARGENT) == premiers
    assert len(dessins) == 3
    # Un autre contenu, un autre dessin.
    autre = trace(("A", 1, "1 $"))
    assert gardes.svg(autre) != gardes.svg(ARGENT)
    assert len(dessins) == 4


def test_l_image_du_document_a_la_largeur_d_une_page_a_deux_cents_points_par_pouce():
    image = Image.open(io.BytesIO(gardes.png(ARGENT)))
    assert image.format == "PNG"
    assert image.width == LARGE.largeur * gardes.FINESSE // 72


def test_plusieurs_fils_dessinent_ensemble():
    traces = [trace((f"{LONG} {n}", n, f"{n} $")) for n in range(1, 9)]
    seuls = [dessiner_svg(t, LARGE) for t in traces]
    with ThreadPoolExecutor(4) as fils:
        assert list(fils.map(lambda t: dessiner_svg(t, LARGE), traces)) == seuls


def test_un_processus_qui_ne_dessine_pas_ne_charge_pas_matplotlib():
    """Une demi-seconde et 56 Mo, que la plupart des ouvriers n'ont pas à payer."""
    code = (
        "import sys, django; django.setup();"
        "import config.urls, socle.templatetags.composants_dessins;"
        "sys.exit('matplotlib' in sys.modules)"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
