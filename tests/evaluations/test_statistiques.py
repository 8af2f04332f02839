"""Les chiffres du comité, comparés aux tables publiées et à d'autres façons de les calculer."""

import time

import krippendorff
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from evaluations.statistiques import (
    Ligne,
    alpha_krippendorff,
    corriger,
    ecarts_types,
    fidelite,
    solidite,
)

_ = np.nan
# Krippendorff (2011), « Computing Krippendorff's Alpha-Reliability », exemple C : 4 × 12.
KRIPPENDORFF = np.array(
    [
        [1, 2, 3, 3, 2, 1, 4, 1, 2, _, _, _],
        [1, 2, 3, 3, 2, 2, 4, 1, 2, 5, _, 3],
        [_, 3, 3, 3, 2, 3, 4, 2, 2, 5, 1, _],
        [1, 2, 3, 3, 2, 4, 4, 1, 2, 5, 1, _],
    ]
)
# Shrout et Fleiss (1979), table 2 : 6 sujets (colonnes) × 4 juges (rangées).
SHROUT_FLEISS = np.array(
    [[9, 6, 8, 7, 10, 6], [2, 1, 4, 1, 5, 2], [5, 3, 6, 2, 6, 4], [8, 2, 8, 6, 9, 7]], dtype=float
)


@st.composite
def tableaux(draw, trous=True):
    membres, demandes = draw(st.integers(2, 5)), draw(st.integers(2, 8))
    points = st.integers(0, 100).map(float)
    case = st.one_of(points, points, st.just(_)) if trous else points
    return np.array(draw(st.lists(st.lists(case, min_size=demandes, max_size=demandes),
                                  min_size=membres, max_size=membres)))  # fmt: skip


# --- Accord ---------------------------------------------------------------------------------------
def test_l_exemple_de_krippendorff():
    assert alpha_krippendorff(KRIPPENDORFF) == pytest.approx(0.849, abs=0.0005)


@settings(max_examples=60, deadline=None)
@given(tableaux())
def test_l_alpha_est_celui_de_la_bibliotheque(tableau):
    """La bibliothèque compare les fiches deux à deux : juste, mais trop grosse à 5 000 demandes."""
    ici = alpha_krippendorff(tableau)
    if ici is None:
        comparables = tableau[:, (~np.isnan(tableau)).sum(axis=0) >= 2]
        assert len(np.unique(comparables[~np.isnan(comparables)])) <= 1
    else:
        la = krippendorff.alpha(reliability_data=tableau, level_of_measurement="interval")
        assert ici == pytest.approx(la)


def test_la_table_de_shrout_et_fleiss():
    trouvee = fidelite(SHROUT_FLEISS)
    assert trouvee.une_fiche == pytest.approx(0.29, abs=0.005)
    assert trouvee.moyenne == pytest.approx(0.62, abs=0.005)
    assert (trouvee.membres, trouvee.demandes) == (4, 6)


def test_la_fidelite_ne_garde_que_ce_que_tous_ont_note():
    avec_un_trou = np.column_stack([SHROUT_FLEISS, [50, _, 10, 90]])
    assert fidelite(avec_un_trou) == fidelite(SHROUT_FLEISS)
    assert fidelite(np.array([[80, _], [_, 60]])) is None
    assert fidelite(np.full((3, 4), 70.0)) is None


def test_sans_rien_a_comparer_il_n_y_a_pas_d_alpha():
    assert alpha_krippendorff(np.array([[80, _], [_, 60]])) is None
    assert alpha_krippendorff(np.full((3, 4), 70.0)) is None
    assert alpha_krippendorff(np.empty((0, 0))) is None


# --- Correction -----------------------------------------------------------------------------------
def test_la_correction_retrouve_une_severite_connue():
    """Valeur de la demande plus effet du membre : les deux se retrouvent exactement."""
    valeurs, effets = np.array([80.0, 60, 70, 50]), np.array([6.0, -4, -2])
    tableau = valeurs + effets[:, None]
    tableau[0, 3] = tableau[1, 1] = tableau[2, 0] = _
    trouvee = corriger(tableau)
    # À une constante près : les effets pesés par leurs fiches s'annulent.
    assert np.ptp(trouvee.effets - effets) == pytest.approx(0)
    assert np.ptp(trouvee.moyennes - valeurs) == pytest.approx(0)


@settings(max_examples=60, deadline=None)
@given(tableaux())
def test_le_systeme_des_membres_donne_les_moindres_carres(tableau):
    """Le système éliminé (membres × membres) minimise comme le système complet."""
    membres, demandes = np.nonzero(~np.isnan(tableau))
    if not len(membres):
        return
    complet = np.zeros((len(membres), sum(tableau.shape)))
    rangees = np.arange(len(membres))
    complet[rangees, membres] = 1
    complet[rangees, len(tableau) + demandes] = 1
    points = tableau[membres, demandes]
    attendus = complet @ np.linalg.lstsq(complet, points, rcond=None)[0]
    trouvee = corriger(tableau)
    ajustes = trouvee.effets[membres] + trouvee.moyennes[demandes]
    assert ajustes == pytest.approx(attendus, abs=1e-6)
    # La moyenne de toutes les fiches ne change pas.
    assert np.mean(trouvee.moyennes[demandes]) == pytest.approx(points.mean())


@settings(max_examples=30, deadline=None)
@given(tableaux(trous=False))
def test_quand_tous_lisent_tout_rien_n_est_corrige(tableau):
    assert corriger(tableau).moyennes == pytest.approx(tableau.mean(axis=0))


def test_deux_groupes_sans_membre_commun_se_voient():
    tableau = np.array([[80, 60, _, _], [70, 50, _, _], [_, _, 90, 40], [_, _, 20, _]])
    trouvee = corriger(tableau)
    assert trouvee.groupes.tolist() == [0, 0, 1, 1]
    assert trouvee.nombre_de_groupes == 2
    assert corriger(KRIPPENDORFF).nombre_de_groupes == 1


def test_un_tableau_vide_ne_casse_rien():
    vide = np.empty((0, 0))
    assert corriger(vide).nombre_de_groupes == 0
    assert solidite(vide, [Ligne([], [], 100.0, 60.0)]).tolist() == []
    assert ecarts_types(vide).tolist() == []
    assert fidelite(vide) is None


# --- Solidité -------------------------------------------------------------------------------------
def volet(tableau, enveloppe, seuil=0.0, montant=10.0):
    nombre = tableau.shape[1]
    return [Ligne(range(nombre), [montant] * nombre, enveloppe, seuil)]


def test_une_demande_toujours_au_dessus_et_une_jamais():
    tableau = np.array([[90.0, 50, 10], [88, 52, 12], [91, 49, 8]])
    assert solidite(tableau, volet(tableau, enveloppe=20)).tolist() == [1.0, 1.0, 0.0]


def test_le_seuil_de_passage_compte():
    tableau = np.array([[90.0, 50], [88, 52]])
    assert solidite(tableau, volet(tableau, enveloppe=1000, seuil=60)).tolist() == [1.0, 0.0]


def test_la_part_est_celle_de_tous_les_tirages_possibles():
    """Deux membres : 4 tirages de même chance, comptés à la main."""
    tableau = np.array([[90.0, 40], [30, 60]])
    # M1 deux fois : D1 gagne ; M2 deux fois : D2 gagne ; un de chaque (deux tirages) : 60 et 50.
    parts = solidite(tableau, volet(tableau, enveloppe=10))
    assert parts == pytest.approx([0.75, 0.25], abs=0.03)
    assert parts.sum() == pytest.approx(1)


def test_la_graine_est_fixe():
    tableau = np.random.default_rng(3).uniform(0, 100, (6, 12))
    lignes = volet(tableau, enveloppe=55)
    assert np.array_equal(solidite(tableau, lignes), solidite(tableau, lignes))
    assert not np.array_equal(solidite(tableau, lignes), solidite(tableau, lignes, graine=1))


def test_un_tirage_sans_lecteur_ne_compte_pas():
    tableau = np.array([[90.0, _], [_, 80.0]])
    assert solidite(tableau, volet(tableau, enveloppe=20)).tolist() == [1.0, 1.0]
    assert np.isnan(solidite(np.full((2, 1), _), volet(np.full((2, 1), _), 20))).all()


def test_l_ecart_type():
    tableau = np.array([[80.0, 70, _], [60, _, _], [70, _, _]])
    assert ecarts_types(tableau)[0] == pytest.approx(10)
    assert np.isnan(ecarts_types(tableau)[1:]).all()


def test_mille_demandes_par_trois_fiches_en_moins_de_deux_secondes():
    hasard = np.random.default_rng(1)
    tableau = np.full((60, 1000), _)
    for colonne in range(1000):
        lecteurs = hasard.choice(60, 3, replace=False)
        tableau[lecteurs, colonne] = hasard.integers(0, 101, 3)
    debut = time.perf_counter()
    solidite(tableau, volet(tableau, enveloppe=4000, seuil=60))
    assert time.perf_counter() - debut < 2
