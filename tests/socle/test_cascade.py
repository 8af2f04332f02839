"""La cascade : chaque marche part d'où la précédente s'arrête."""

from decimal import Decimal

from socle.cascade import Marche, dessiner_cascade


def test_les_marches_s_enchainent_du_total_au_reste():
    marches = dessiner_cascade(
        [
            Marche("Dotation", 100, est_total=True),
            Marche("Versé", -40),
            Marche("Récupéré", 10),
            Marche("Libre", Decimal(70), est_total=True),
        ]
    )
    assert [(m.x, m.largeur) for m in marches] == [
        ("0.00%", "100.00%"),
        ("60.00%", "40.00%"),
        ("60.00%", "10.00%"),
        ("0.00%", "70.00%"),
    ]


def test_une_petite_marche_se_voit_et_reste_dans_le_cadre():
    marches = dessiner_cascade([Marche("Dotation", 100_000, est_total=True), Marche("Versé", -1)])
    assert (marches[1].x, marches[1].largeur) == ("99.40%", "0.60%")


def test_sans_argent_rien_ne_deborde():
    assert [m.largeur for m in dessiner_cascade([Marche("Dotation", 0, est_total=True)])] == [
        "0.00%"
    ]
    assert dessiner_cascade([]) == []
