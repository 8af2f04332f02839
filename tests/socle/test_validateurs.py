"""Les formats du Québec, des deux côtés de leur bord (regles.md, 1 et 2)."""

import pytest
from django.core.exceptions import ValidationError

from socle.validateurs import (
    avertissements_neq,
    normaliser_code_postal,
    normaliser_neq,
    valider_code_postal,
    valider_neq,
)


@pytest.mark.parametrize("prefixe", ["11", "22", "33", "88"])
def test_un_neq_de_dix_chiffres_passe_avec_ses_espaces(prefixe):
    valider_neq(f"{prefixe}00 000 018")
    assert normaliser_neq(f" {prefixe}00\u00a0000 018 ") == f"{prefixe}00000018"


@pytest.mark.parametrize(
    "neq",
    ["110000001", "11000000180", "1000000018", "4400000018", "11-0000001", "11٠٠٠٠٠٠١٨", "", "1e9"],
)
def test_un_autre_neq_est_refuse(neq):
    with pytest.raises(ValidationError, match="10 chiffres"):
        valider_neq(neq)


def test_une_cle_douteuse_ou_un_autre_prefixe_avertit_sans_refuser():
    assert avertissements_neq("1100000018") == []
    valider_neq("1100000019")
    (cle,) = avertissements_neq("1100000019")
    assert "La clé" in cle
    (prefixe,) = avertissements_neq("2200000018")
    assert "la Ville vérifiera" in prefixe


@pytest.mark.parametrize("code", ["G9A 5H3", "H2X1Y4", "J0X 9Z9"])
def test_un_code_postal_du_quebec_passe(code):
    valider_code_postal(code)


@pytest.mark.parametrize("code", ["K1A 0B1", "G9D 5H3", "G9A 5O3", "G9A-5H3", "G9A 5H", "G٩A 5H3"])
def test_un_autre_code_postal_est_refuse(code):
    with pytest.raises(ValidationError, match="G9A 5H3"):
        valider_code_postal(code)


def test_un_code_postal_s_ecrit_en_deux_groupes():
    assert normaliser_code_postal(" g9a5h3 ") == "G9A 5H3"
