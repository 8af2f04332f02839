"""Cacher l'auteur d'un texte : noms, sigles, personnes, coordonnées."""

import pytest

from evaluations.anonymat import COORDONNEES, ORGANISME, PERSONNE, Identite, Masque, SansMasque

MASQUE = Masque(
    Identite(
        organisme="Les Ponts d'été du Saint-Maurice (PESM)",
        personnes=("Amélie Traoré-Roy", "Léo De La Tour"),
        reperes=("1100000059", "500, rue des Forges"),
    )
)


@pytest.mark.parametrize(
    ("texte", "attendu"),
    [
        ("Les Ponts d'été du Saint-Maurice (PESM) agissent.", f"{ORGANISME}) agissent."),
        ("ponts d’ete du saint maurice pesm", ORGANISME),
        ("Le PESM et les PESMS.", f"Le {ORGANISME} et les PESMS."),
        ("Mme Amélie Traoré-Roy signe.", f"Mme {PERSONNE} signe."),
        ("AMELIE TRAORE ROY", PERSONNE),
        ("Mme Traoré et Léo.", f"Mme {PERSONNE} et {PERSONNE}."),
        ("NEQ 1100000059, 500 rue des Forges", f"NEQ {COORDONNEES}, {COORDONNEES}"),
        ("Écrivez à qui@ponts.example.test.", f"Écrivez à {COORDONNEES}."),
        (
            "Voir https://ponts.example.test/x et www.ponts.test",
            f"Voir {COORDONNEES} et {COORDONNEES}",
        ),
        ("Tél. : 819 374-2002 ou (819) 374-2002", f"Tél. : {COORDONNEES} ou {COORDONNEES}"),
    ],
)
def test_ce_qui_trahit_disparait(texte, attendu):
    assert MASQUE.cacher(texte) == attendu


@pytest.mark.parametrize(
    "texte",
    [
        "Un pont sur la rivière, en été.",
        "La tour du quartier et le roy de la fête.",
        "8 700,00 $ pour 160 personnes, du 2027-02-08 au 2027-03-10",
        "",
    ],
)
def test_le_reste_ne_change_pas(texte):
    assert MASQUE.cacher(texte) == texte


def test_un_organisme_sans_personne_ni_repere():
    assert Masque(Identite(organisme="CS3R")).cacher("Le CS3R agit.") == f"Le {ORGANISME} agit."


def test_la_lecture_ordinaire_ne_touche_a_rien():
    assert SansMasque().cacher("Amélie, 819 374-2002") == "Amélie, 819 374-2002"
