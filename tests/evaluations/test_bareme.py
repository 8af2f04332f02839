"""Le calcul des scores (regles.md, 6), des deux côtés de chaque bord."""

from decimal import Decimal

import pytest

from evaluations.bareme import (
    Notation,
    commentaire_exige,
    ranger,
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


def test_les_egales_partagent_le_rang():
    assert ranger([D("80.0"), D("75.5"), D("75.5"), D("60.0")]) == [
        (1, False),
        (2, True),
        (2, True),
        (4, False),
    ]


@pytest.mark.parametrize(
    ("note", "exige"), [(0, True), (2, True), (3, False), (4, False), (5, True)]
)
def test_le_commentaire_est_exige_aux_bouts_de_l_echelle(note, exige):
    assert commentaire_exige(note, note_max=5) is exige
