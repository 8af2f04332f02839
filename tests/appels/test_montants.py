"""Les règles du budget des deux côtés de chaque borne (regles.md, 5)."""

from decimal import Decimal as D
from fractions import Fraction

import pytest

from appels.montants import (
    ReglesBudget,
    arrondir,
    budget_depuis,
    montant_maximal,
    pourcentage,
    violations,
)

REGLES = ReglesBudget(
    plafond=D("20000"),
    taux_aide_max=D("0.80"),
    cumul_public_max=D("0.90"),
    contribution_milieu_min=D("0.10"),
    frais_administration_max=D("0.10"),
)


def budget(
    *, salaires="18000", administration="2000", demande="16000", public="2000", milieu="2000"
):
    return budget_depuis(
        postes=[
            ("salaires", D(salaires), True),
            ("administration", D(administration), True),
        ],
        revenus=[("quebec", D(public)), ("fonds_propres", D(milieu))],
        montant_demande=D(demande),
    )


def codes(b, regles=REGLES):
    return [violation.code for violation in violations(b, regles)]


def test_un_budget_juste_aux_bornes_est_conforme():
    """80 % d'aide, 90 % de cumul, 10 % du milieu, 10 % d'administration, équilibré."""
    assert codes(budget()) == []


@pytest.mark.parametrize(
    ("changement", "attendu"),
    [
        ({"demande": "16000.01", "public": "1999.99"}, ["taux_aide"]),
        ({"public": "2000.01", "milieu": "1999.99"}, ["contribution_milieu_min", "cumul"]),
        ({"administration": "2000.01", "salaires": "17999.99"}, ["frais_administration"]),
        ({"milieu": "2000.01"}, ["equilibre"]),
        ({"milieu": "1999.99"}, ["contribution_milieu_min", "equilibre"]),
    ],
)
def test_un_cent_de_trop_rompt_la_regle(changement, attendu):
    assert codes(budget(**changement)) == attendu


@pytest.mark.parametrize(("demande", "attendu"), [("20000", []), ("20000.01", ["plafond"])])
def test_le_plafond_se_compte_au_cent(demande, attendu):
    reste = str(D("40000") - D(demande) - D("2000"))
    b = budget(salaires="38000", demande=demande, public="2000", milieu=reste)

    assert codes(b) == attendu


@pytest.mark.parametrize("source", ["quebec", "canada", "municipal"])
def test_une_source_publique_compte_dans_le_cumul(source):
    b = budget_depuis(postes=[], revenus=[(source, D(5))], montant_demande=0)

    assert (b.public, b.milieu) == (5, 0)


@pytest.mark.parametrize("source", ["fonds_propres", "fondation", "participants", "autre"])
def test_les_autres_sources_sont_du_milieu(source):
    b = budget_depuis(postes=[], revenus=[(source, D(5))], montant_demande=0)

    assert (b.public, b.milieu) == (0, 5)


def test_le_non_admissible_equilibre_mais_ne_compte_pas_dans_les_taux():
    b = budget_depuis(
        postes=[("salaires", D(1000), True), ("autre", D(500), False)],
        revenus=[("fonds_propres", D(700))],
        montant_demande=800,
        contribution_nature=400,
    )

    assert codes(b) == []
    assert b.taux_aide == D("80.0")


def test_le_montant_maximal_est_la_plus_petite_borne():
    assert montant_maximal(budget(), REGLES) == D("16000.00")
    assert montant_maximal(budget(public="6000"), REGLES) == D("12000.00")
    assert montant_maximal(budget(salaires="98000"), REGLES) == D("20000.00")


def test_le_montant_maximal_n_est_jamais_negatif_et_ne_depasse_jamais_la_regle():
    assert montant_maximal(budget(public="30000"), REGLES) == D("0.00")
    au_tiers = budget(salaires="33.33", administration="0", demande="0", public="0", milieu="0")
    assert montant_maximal(au_tiers, REGLES) == D("26.66")


def test_une_aide_annoncee_remplace_la_contribution_du_milieu():
    b = budget().avec_aide(source="quebec", montant=D(2000), milieu=D(1000))

    assert b.taux_cumul == D("100.0")
    assert codes(b) == ["contribution_milieu_min", "cumul", "equilibre"]


def test_une_aide_annoncee_sans_precision_laisse_la_contribution_telle_quelle():
    assert budget().avec_aide(source="canada", montant=D(1), milieu=None).milieu == 2000


@pytest.mark.parametrize(
    ("valeur", "attendu"),
    [
        (Fraction(1245, 100), "12.5"),
        (Fraction(1244999, 100000), "12.4"),
        (Fraction(-1245, 100), "-12.5"),
        (Fraction(2, 3) * 100, "66.7"),
    ],
)
def test_l_arrondi_va_a_la_demie_superieure(valeur, attendu):
    assert arrondir(valeur, decimales=1) == D(attendu)


def test_un_pourcentage_sans_total_n_existe_pas():
    assert pourcentage(D(5), D(0)) is None
