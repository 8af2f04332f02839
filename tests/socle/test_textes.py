"""Les nombres en lettres et les énumérations."""

from decimal import Decimal

import pytest

from socle.textes import en_lettres, joindre, lignes, montant_en_lettres, ordinal


@pytest.mark.parametrize(
    ("nombre", "attendu"),
    [
        (0, "zéro"),
        (16, "seize"),
        (21, "vingt et un"),
        (70, "soixante-dix"),
        (71, "soixante et onze"),
        (80, "quatre-vingts"),
        (81, "quatre-vingt-un"),
        (91, "quatre-vingt-onze"),
        (100, "cent"),
        (200, "deux cents"),
        (201, "deux cent un"),
        (1000, "mille"),
        (12_000, "douze mille"),
        (80_000, "quatre-vingt mille"),
        (200_000, "deux cent mille"),
        (1_000_080, "un million quatre-vingts"),
        (300_000_000, "trois cents millions"),
    ],
)
def test_en_lettres(nombre: int, attendu: str) -> None:
    assert en_lettres(nombre) == attendu


@pytest.mark.parametrize("nombre", [-1, 1_000_000_000])
def test_en_lettres_refuse_ce_qui_deborde(nombre: int) -> None:
    with pytest.raises(ValueError, match="lettres"):
        en_lettres(nombre)


@pytest.mark.parametrize(
    ("montant", "attendu"),
    [
        (Decimal(0), "zéro dollar"),
        (1, "un dollar"),
        (Decimal("0.25"), "vingt-cinq cents"),
        (Decimal("19500.00"), "dix-neuf mille cinq cents dollars"),
        ("12000.01", "douze mille dollars et un cent"),
        (Decimal("999.995"), "mille dollars"),
        (1_000_000, "un million de dollars"),
        (1_500_000, "un million cinq cent mille dollars"),
    ],
)
def test_montant_en_lettres(montant: object, attendu: str) -> None:
    assert montant_en_lettres(montant) == attendu


def test_joindre() -> None:
    assert [joindre(x) for x in ([], ["a"], ["a", "b"], ["a", "b", "c"])] == [
        "",
        "a",
        "a et b",
        "a, b et c",
    ]
    assert joindre(["a", "b"], "ou") == "a ou b"


def test_ordinal_et_lignes() -> None:
    assert [ordinal(1), ordinal(2)] == ["1er", "2e"]
    assert lignes("- une\n\n  • deux  \n") == ["une", "deux"]
    assert lignes("") == []
