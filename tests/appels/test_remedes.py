"""Une règle rompue du budget dit de combien et quelle case la réparerait (regles.md, 5)."""

import re
from decimal import Decimal as D

import pytest
from django.urls import reverse

from appels.completude import manques
from appels.montants import ReglesBudget, budget_depuis, violations
from appels.remedes import cases_du_budget, regles_rompues
from tests.appels.conftest import adresse

REGLES = ReglesBudget(
    plafond=D("20000"),
    taux_aide_max=D("0.80"),
    cumul_public_max=D("0.90"),
    contribution_milieu_min=D("0.10"),
    frais_administration_max=D("0.10"),
)
JUSTE = {
    "postes": [("salaires", "18000"), ("administration", "2000")],
    "revenus": [("quebec", "2000"), ("fonds_propres", "2000")],
    "demande": "16000",
}


def codes(postes, revenus, demande):
    return {v.code for v in violations(_budget(postes, revenus, demande), REGLES)}


def _budget(postes, revenus, demande):
    return budget_depuis(
        postes=[(categorie, D(montant), True) for categorie, montant in postes],
        revenus=[(source, D(montant)) for source, montant in revenus],
        montant_demande=D(demande),
    )


def rompues(postes, revenus, demande):
    cases = cases_du_budget(
        postes=[(rang, c, D(m), True) for rang, (c, m) in enumerate(postes)],
        revenus=[(rang, s, D(m)) for rang, (s, m) in enumerate(revenus)],
        montant_demande=D(demande),
    )
    return regles_rompues(_budget(postes, revenus, demande), REGLES, cases)


def ecrire(budget, ancre, montant):
    """Le budget, une fois écrit ce que le remède propose dans sa case."""
    postes, revenus = list(budget["postes"]), list(budget["revenus"])
    if ancre == "id_montant_demande":
        return {"postes": postes, "revenus": revenus, "demande": montant}
    _, nom, rang = re.fullmatch(r"(id_)(postes|revenus)-(\d+)-montant", ancre).groups()
    lignes = postes if nom == "postes" else revenus
    lignes[int(rang)] = (lignes[int(rang)][0], montant)
    return {"postes": postes, "revenus": revenus, "demande": budget["demande"]}


@pytest.mark.parametrize(
    ("changement", "code", "ancres"),
    [
        ({"demande": "21000.01"}, "plafond", ["id_montant_demande"]),
        ({"demande": "16000.01"}, "taux_aide", ["id_montant_demande"]),
        (
            {"revenus": [("quebec", "1500.33"), ("fondation", "9"), ("canada", "1500")]},
            "cumul",
            ["id_montant_demande", "id_revenus-0-montant", "id_revenus-2-montant"],
        ),
        (
            {"revenus": [("quebec", "2000"), ("fonds_propres", "1"), ("participants", "2.5")]},
            "contribution_milieu_min",
            ["id_revenus-1-montant", "id_revenus-2-montant"],
        ),
        (
            {"postes": [("administration", "2500.55"), ("salaires", "18000")]},
            "frais_administration",
            ["id_postes-0-montant"],
        ),
        (
            {"demande": "15000"},
            "equilibre",
            ["id_montant_demande", "id_revenus-0-montant", "id_revenus-1-montant", "depenses"],
        ),
    ],
)
def test_le_montant_propose_suffit_et_un_cent_de_moins_non(changement, code, ancres):
    budget = {**JUSTE, **changement}
    (regle,) = [r for r in rompues(**budget) if r.code == code]

    assert [remede.ancre for remede in regle.remedes] == ancres
    assert re.search(r"de [\d\xa0]+,\d\d\xa0\$|manque [\d\xa0]+,\d\d\xa0\$", regle.phrase)
    for remede in regle.remedes:
        propose = re.search(r": ([\d\xa0]+,\d\d)\xa0\$", remede.libelle)
        if remede.ancre == "depenses":
            continue
        montant = D(propose[1].replace("\xa0", "").replace(",", "."))
        assert code not in codes(**ecrire(budget, remede.ancre, montant))
        trop = montant + (D("-0.01") if "au moins" in remede.libelle else D("0.01"))
        assert code in codes(**ecrire(budget, remede.ancre, trop))


def test_une_case_qui_ne_suffit_pas_se_nomme_sans_montant_et_un_revenu_absent_s_ajoute():
    (cumul,) = [
        r
        for r in rompues(**{**JUSTE, "revenus": [("quebec", "500"), ("canada", "9000")]})
        if r.code == "cumul"
    ]
    assert cumul.remedes[1].libelle == "Revenu 1 (Gouvernement du Québec)"
    (milieu,) = [
        r for r in rompues(**{**JUSTE, "revenus": []}) if r.code == "contribution_milieu_min"
    ]
    assert [(r.ancre, "2\xa0000,00" in r.libelle) for r in milieu.remedes] == [("revenus", True)]


@pytest.mark.django_db
def test_la_page_le_calcul_et_ce_qui_manque_menent_a_la_case(prete, client):
    prete.demande.montant_demande += 1
    prete.demande.save()
    client.force_login(prete.redacteur)
    url = adresse(prete.demande, "budget")

    page = client.get(url)

    assert 'href="#id_montant_demande"' in page.text
    assert 'id="id_montant_demande"' in page.text
    (equilibre,) = [m for m in manques(prete.demande) if m.code == "equilibre"]
    assert equilibre.ancre == "id_montant_demande"
    # Pendant la saisie, les rangs sont ceux de la page : une ligne vide n'en décale aucun.
    lignes = {
        "postes-TOTAL_FORMS": 2, "postes-INITIAL_FORMS": 0, "revenus-TOTAL_FORMS": 0,
        "revenus-INITIAL_FORMS": 0, "montant_demande": "80", "contribution_nature": "",
        "postes-0-categorie": "salaires", "postes-0-montant": "",
        "postes-1-categorie": "administration", "postes-1-montant": "100",
        "postes-1-admissible": "on",
    }  # fmt: skip
    adresse_du_calcul = reverse("organisme:budget_calcul", args=[prete.demande.reference])
    calcul = client.post(adresse_du_calcul, lignes).json()
    assert 'href="#id_postes-1-montant"' in calcul["regles"]
    assert calcul["resume"].startswith("Dépenses 100,00")
