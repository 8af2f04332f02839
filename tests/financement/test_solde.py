"""Le calcul de fermeture : au cent, chaque ligne avec sa raison, quels que soient les nombres."""

from dataclasses import replace
from decimal import Decimal as D

import pytest
from hypothesis import given
from hypothesis import strategies as st

from financement.solde import DepenseJugee, Solde, lignes_du_solde, ramener

ARGENT = st.decimals("0", "999999.99", places=2)
PARTS = st.decimals("0", "1", places=4)
DEPENSES = st.lists(st.tuples(ARGENT, st.booleans()), max_size=6)


@st.composite
def soldes(draw):
    accorde = draw(st.decimals("0.01", "999999.99", places=2))
    return Solde(
        prevu=draw(ARGENT),
        accorde=accorde,
        depenses=tuple(
            DepenseJugee("Dépense", montant, admissible, "" if admissible else "Exclue.")
            for montant, admissible in draw(DEPENSES)
        ),
        autres_aides=draw(ARGENT),
        taux_aide=draw(PARTS),
        taux_cumul=draw(PARTS),
        verse=draw(st.decimals("0", accorde, places=2)),
    )


def au_cent(montant):
    return montant == montant.quantize(D("0.01"))


@given(soldes())
def test_le_solde_tombe_juste_au_cent(solde):
    assert 0 <= solde.aide_finale <= solde.accorde
    assert solde.aide_finale == min(solde.accorde, solde.plafond_taux, solde.plafond_cumul)
    # Ce qui se verse et ce qui se récupère s'excluent, et rejoignent exactement l'aide finale.
    assert 0 in (solde.a_verser, solde.a_recuperer)
    assert solde.verse + solde.a_verser - solde.a_recuperer == solde.aide_finale
    assert solde.aide_finale + solde.non_utilise == solde.accorde
    assert solde.depenses_declarees - solde.depenses_refusees == solde.depenses_admissibles
    for montant in (solde.aide_finale, solde.a_verser, solde.a_recuperer, solde.plafond_taux):
        assert au_cent(montant)


@given(soldes())
def test_chaque_ligne_a_son_montant_au_cent_et_sa_raison(solde):
    lignes = lignes_du_solde(solde)
    assert all(au_cent(ligne.montant) and ligne.raison for ligne in lignes)
    par_nom = {ligne.libelle: ligne.montant for ligne in lignes}
    refus = sum((li.montant for li in lignes if li.libelle.startswith("Non admissible")), D(0))
    assert par_nom["Dépenses réelles déclarées"] + refus == par_nom["Dépenses admissibles réelles"]
    fins = par_nom.keys() & {"À récupérer", "Dernier versement", "Rien à verser ni à récupérer"}
    assert len(fins) == 1


@given(st.lists(ARGENT, max_size=6), ARGENT)
def test_les_versements_qui_restent_font_exactement_ce_qui_est_du(prevus, du):
    ramenes, manque = ramener(prevus, du)
    assert sum(ramenes, D(0)) + manque == du
    assert all(0 <= apres <= avant for apres, avant in zip(ramenes, prevus, strict=True))
    assert manque == max(du - sum(prevus, D(0)), D(0))


SOLDE = Solde(
    prevu=D(20000),
    accorde=D(12000),
    depenses=(
        DepenseJugee("Salaires", D(15000)),
        DepenseJugee("Ordinateur", D("1120.50"), admissible=False, motif="Équipement exclu."),
    ),
    autres_aides=D(0),
    taux_aide=D("0.80"),
    taux_cumul=D("0.90"),
    verse=D(12000),
)


@pytest.mark.parametrize(
    ("champs", "debut"),
    [
        ({}, "L'aide accordée"),
        ({"depenses": (DepenseJugee("Salaires", D("14999.98")),)}, "Le taux d'aide"),
        ({"autres_aides": D("1500.01")}, "Le cumul des aides"),
        ({"autres_aides": D("1500.00")}, "L'aide accordée"),
    ],
)
def test_la_raison_nomme_le_montant_qui_decide(champs, debut):
    assert replace(SOLDE, **champs).raison.startswith(debut)


@pytest.mark.parametrize(
    ("verse", "fin"),
    [
        ("11999.99", ("Dernier versement", D("0.01"))),
        ("12000.00", ("Rien à verser ni à récupérer", D(0))),
    ],
)
def test_la_derniere_ligne_des_deux_cotes_de_zero(verse, fin):
    ligne = next(li for li in reversed(lignes_du_solde(replace(SOLDE, verse=D(verse)))) if li.forte)
    assert (ligne.libelle, ligne.montant) == fin


def test_un_cent_verse_de_trop_se_recupere():
    moindre = replace(SOLDE, accorde=D("11999.99"))
    ligne = lignes_du_solde(moindre)[-1]
    assert (ligne.libelle, ligne.montant) == ("À récupérer", D("0.01"))


def test_une_depense_refusee_garde_son_motif_pour_raison():
    ligne = next(li for li in lignes_du_solde(SOLDE) if "Ordinateur" in li.libelle)
    assert (ligne.montant, ligne.raison) == (D("-1120.50"), "Équipement exclu.")
