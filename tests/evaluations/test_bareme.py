"""Le calcul des scores (regles.md, 6), des deux côtés de chaque bord."""

from decimal import Decimal

import pytest

from evaluations.bareme import (
    Notation,
    commentaire_exige,
    ecart,
    ecart_alerte,
    score_demande,
    score_fiche,
)

D = Decimal


def fiche(*notes, mini=0, maxi=5, poids=(60, 40)):
    return score_fiche(
        Notation(note, mini, maxi, D(p)) for note, p in zip(notes, poids, strict=True)
    )


@pytest.mark.parametrize(
    ("notes", "echelle", "attendu"),
    [
        ((0, 0), (0, 5), "0"),
        ((5, 5), (0, 5), "100"),
        ((4, 3), (0, 5), "72"),
        ((1, 1), (1, 4), "0"),
        ((4, 1), (1, 4), "60"),
        ((4, 4), (1, 4), "100"),
        ((-2, 2), (-2, 2), "40"),
        ((10, 5), (0, 10), "80"),
    ],
)
def test_une_fiche_se_ramene_a_cent_quelle_que_soit_l_echelle(notes, echelle, attendu):
    assert fiche(*notes, mini=echelle[0], maxi=echelle[1]) == D(attendu)


def test_les_poids_presents_se_ramenent_a_cent():
    assert fiche(5, 0, poids=(1, 3)) == D(25)
    assert fiche(5, 4, poids=("33.33", "66.67")) == D("86.666")


def test_une_fiche_sans_critere_n_a_pas_de_score():
    with pytest.raises(ValueError, match="sans critère"):
        score_fiche([])


@pytest.mark.parametrize(
    ("fiches", "attendu"),
    [
        (["80.05", "80.05"], "80.1"),
        (["80.04", "80.05"], "80.0"),
        (["80.049999999999", "80.05"], "80.1"),  # le rangement d'un tiers ne compte pas
        (["80.04999", "80.05"], "80.0"),
        (["80.05", "80.06"], "80.1"),
        (["0", "0"], "0.0"),
        (["100", "100"], "100.0"),
    ],
)
def test_la_demie_s_arrondit_vers_le_haut(fiches, attendu):
    assert score_demande([D(f) for f in fiches], minimum=2) == D(attendu)


def test_des_tiers_ranges_ne_font_pas_basculer_une_demie():
    tiers = score_fiche([Notation(1, 0, 3, D(100))])
    assert score_demande([tiers, tiers, tiers], minimum=3) == D("33.3")
    # (33,333… + 66,666… + 50,15) / 3 = 50,05 exactement
    deux_tiers = score_fiche([Notation(2, 0, 3, D(100))])
    assert score_demande([tiers, deux_tiers, D("50.15")], minimum=3) == D("50.1")


@pytest.mark.parametrize(("nombre", "attendu"), [(1, None), (2, D("70.0")), (3, D("70.0"))])
def test_sous_le_minimum_de_fiches_il_n_y_a_pas_de_score(nombre, attendu):
    assert score_demande([D(70)] * nombre, minimum=2) == attendu


def test_sans_fiche_ni_score_ni_ecart():
    assert score_demande([], minimum=0) is None
    assert ecart([]) is None
    assert ecart_alerte([], seuil=D(20)) is False


@pytest.mark.parametrize(
    ("basse", "attendu"), [("60", False), ("59.9999999999", False), ("59.99", True)]
)
def test_l_ecart_se_signale_au_dela_du_seuil(basse, attendu):
    assert ecart_alerte([D(80), D(basse)], seuil=D(20)) is attendu


@pytest.mark.parametrize(
    ("note", "exige"), [(0, True), (2, True), (3, False), (4, False), (5, True)]
)
def test_le_commentaire_est_exige_aux_bouts_de_l_echelle(note, exige):
    assert commentaire_exige(note, note_max=5) is exige
