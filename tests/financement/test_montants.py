"""Versements, aide finale et récupération (regles.md, 11 et 12)."""

from decimal import Decimal as D

import pytest
from hypothesis import given
from hypothesis import strategies as st

from financement.masquage import masquer
from financement.montants import (
    a_recuperer,
    aide_finale,
    calendrier_versements,
    conditions_versements,
)
from financement.repartition import repartir

PLAN = [{"jusqu_a": 10000, "tranches": [80, 20]}, {"jusqu_a": None, "tranches": [50, 40, 10]}]
MONTANTS = st.decimals("0.01", "999999.99", places=2)


@pytest.mark.parametrize(
    ("montant", "attendu"),
    [
        ("10000", ["8000.00", "2000.00"]),
        ("10000.01", ["5000.01", "4000.00", "1000.00"]),
        ("0.01", ["0.01", "0.00"]),
        ("0.03", ["0.02", "0.01"]),
    ],
)
def test_le_plan_change_au_dela_de_dix_mille(montant, attendu):
    assert calendrier_versements(D(montant), PLAN) == [D(m) for m in attendu]


@given(MONTANTS)
def test_les_versements_totalisent_exactement_l_aide(montant):
    versements = calendrier_versements(montant, PLAN)

    assert sum(versements) == montant
    assert all(versement >= 0 for versement in versements)


@pytest.mark.parametrize(
    ("nombre", "attendu"),
    [
        (1, ["signature"]),
        (2, ["signature", "final"]),
        (3, ["signature", "etape", "final"]),
        (4, ["signature", "etape", "etape", "final"]),
    ],
)
def test_chaque_versement_a_sa_condition(nombre, attendu):
    assert conditions_versements(nombre) == attendu


@pytest.mark.parametrize(
    ("reel", "autres", "attendu"),
    [
        ("15000", "0", "12000.00"),
        ("14999.99", "0", "11999.99"),
        ("12500", "0", "10000.00"),
        ("15000", "1500", "12000.00"),
        ("15000", "1500.01", "11999.99"),
        ("100", "500", "0.00"),
    ],
)
def test_l_aide_finale_est_la_plus_petite_des_trois(reel, autres, attendu):
    aide = aide_finale(
        accorde=D(12000),
        depenses_admissibles=D(reel),
        autres_aides=D(autres),
        taux=D("0.80"),
        cumul=D("0.90"),
    )

    assert aide == D(attendu)


def test_seul_le_trop_verse_se_recupere():
    assert a_recuperer(verse=D(10800), aide=D(10000)) == 800
    assert a_recuperer(verse=D(10000), aide=D(10000)) == 0


@given(MONTANTS, st.lists(st.decimals("0.01", "99999", places=2), min_size=1, max_size=5))
def test_un_partage_ne_perd_ni_n_invente_un_cent(montant, poids):
    assert sum(repartir(montant, poids)) == montant


@pytest.mark.parametrize(
    ("cellules", "attendu"),
    [
        ({"a": 5, "b": 9}, {"a": "5", "b": "9"}),
        ({"a": 4, "b": 9}, {"a": "<5", "b": "—"}),
        ({"a": 1, "b": 4, "c": 9}, {"a": "<5", "b": "<5", "c": "9"}),
        ({"a": 0, "b": 3, "c": 30, "d": 8}, {"a": "0", "b": "<5", "c": "30", "d": "—"}),
        ({"a": 0, "b": 0}, {"a": "0", "b": "0"}),
        ({"a": 2, "b": 0}, {"a": "<5", "b": "0"}),
        # « <5 », « <5 » et un total de 11 diraient 1 et 1 : une cellule de plus se cache.
        ({"a": 1, "b": 1, "c": 9}, {"a": "<5", "b": "<5", "c": "—"}),
        ({"a": 4, "b": 4, "c": 9}, {"a": "<5", "b": "<5", "c": "—"}),
        ({"a": 1, "b": 2, "c": 9}, {"a": "<5", "b": "<5", "c": "9"}),
        # « <5 » et « — » dont la somme est 6 : la seconde vaut au moins 5, la première 1.
        ({"a": 1, "b": 5, "c": 9}, {"a": "<5", "b": "—", "c": "—"}),
        ({"a": 1, "b": 6, "c": 9}, {"a": "<5", "b": "—", "c": "9"}),
    ],
)
def test_le_masquage_des_deux_cotes_du_seuil(cellules, attendu):
    assert masquer(cellules) == attendu


@given(st.lists(st.integers(0, 50), min_size=2, max_size=6))
def test_une_cellule_cachee_ne_se_retrouve_pas_par_le_total(nombres):
    """Jamais exactement une cellule cachée, quand une autre pouvait l'être."""
    publiees = masquer({str(rang): nombre for rang, nombre in enumerate(nombres)})
    cachees = [texte for texte in publiees.values() if texte in {"<5", "—"}]

    assert len(cachees) != 1 or sum(1 for nombre in nombres if nombre) == 1
