"""Une attaque : retrouver une cellule cachée à partir de tout ce qui est publié.

L'attaquante connaît la règle, le total, chaque page de projet, et le bilan avant et après qu'un
projet s'ajoute. Elle énumère ce qui est possible ; une cellule trouvée est un échec.

Pour les totaux, elle va plus loin : elle publie elle-même chaque réalité possible et garde celles
qui donnent ce qu'elle a lu. Un petit nombre qui y vaut toujours la même chose est trouvé.
"""

import itertools
from collections import defaultdict

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from financement.masquage import (
    CACHEE,
    CACHEES,
    PETITE,
    masquer,
    masquer_ensemble,
    publier,
    sommer,
    total_publiable,
)

NOMS = "abcdef"
RANGEES = st.lists(st.integers(0, 12), min_size=2, max_size=5)


def cellules(nombres):
    return dict(zip(NOMS, nombres, strict=False))


def additionner(pages):
    """Le bilan d'une ventilation : la somme de chaque cellule, d'après les pages seules."""
    return {nom: sommer([page[nom] for page in pages]) for nom in pages[0]}


def possibles(publiee, total):
    """Chaque façon de remplir les cellules cachées qui donne ``total`` (None : inconnu)."""
    cachees = [nom for nom, texte in publiee.items() if texte in CACHEES]
    visible = sum(int(texte) for texte in publiee.values() if texte not in CACHEES)
    plafond = 60 if total is None else total
    bornes = [
        range(1, 5) if publiee[nom] == PETITE else range(5, plafond + 1) for nom in cachees[:-1]
    ]
    for debut in itertools.product(*bornes):
        if not cachees:
            return
        if total is None:
            yield from (
                dict(zip(cachees, (*debut, dernier), strict=True))
                for dernier in (range(1, 5) if publiee[cachees[-1]] == PETITE else range(5, 20))
            )
            continue
        dernier = total - visible - sum(debut)
        permis = range(1, 5) if publiee[cachees[-1]] == PETITE else range(5, plafond + 1)
        if dernier in permis:
            yield dict(zip(cachees, (*debut, dernier), strict=True))


def trouvees(publiee, total):
    """Les cellules cachées qui n'ont qu'une valeur possible."""
    solutions = list(possibles(publiee, total))
    if not solutions:
        return {}
    return {nom: v for nom, v in solutions[0].items() if all(s[nom] == v for s in solutions)}


@given(RANGEES)
def test_une_ventilation_et_son_total_ne_redonnent_aucune_cellule(nombres):
    publiee = masquer(cellules(nombres))
    tout_cache = all(texte in CACHEES or texte == "0" for texte in publiee.values())
    # Tout caché, le total ne se publie pas : masquer_ensemble y veille, plus bas.
    assume(not tout_cache)
    assert trouvees(publiee, sum(nombres)) == {}


@given(st.integers(1, 30), st.data())
def test_deux_ventilations_des_memes_personnes_ne_se_trahissent_pas(total, donnees):
    """Le total ne s'écrit nulle part : il se déduit d'une ventilation toute visible."""

    def couper():
        bornes = sorted(
            [*donnees.draw(st.lists(st.integers(0, total), min_size=2, max_size=3)), 0, total]
        )
        return cellules([b - a for a, b in itertools.pairwise(bornes)])

    publiees = masquer_ensemble({"statut": couper(), "genre": couper()})
    connu = None
    for publiee in publiees.values():
        if not CACHEES & set(publiee.values()):
            connu = sum(int(texte) for texte in publiee.values())
    for publiee in publiees.values():
        if connu is not None:
            assert trouvees(publiee, connu) == {}


@given(st.lists(st.lists(st.integers(0, 12), min_size=3, max_size=3), min_size=1, max_size=4))
def test_le_bilan_et_les_pages_des_projets_ne_redonnent_aucune_cellule(projets):
    """Le bilan ne dit rien de plus que les pages : il se recalcule à partir d'elles seules."""
    pages = [masquer(cellules(nombres)) for nombres in projets]
    bilan = additionner(pages)
    for nom, texte in bilan.items():
        cachees = [page[nom] for page in pages if page[nom] in CACHEES]
        if not cachees:
            assert int(texte) == sum(nombres[NOMS.index(nom)] for nombres in projets)
            continue
        assert texte in CACHEES or texte.startswith("au moins ")
        if texte.startswith("au moins "):
            visible = sum(int(page[nom]) for page in pages if page[nom] not in CACHEES)
            assert int(texte.removeprefix("au moins ")) == visible + len(cachees)


@given(RANGEES, RANGEES)
def test_deux_bilans_successifs_ne_redonnent_pas_le_projet_qui_s_ajoute(avant, ajoute):
    longueur = min(len(avant), len(ajoute))
    premier, second = (masquer(cellules(n[:longueur])) for n in (avant, ajoute))
    bilan_un, bilan_deux = additionner([premier]), additionner([premier, second])
    for nom, texte in second.items():
        if texte not in CACHEES:
            continue
        # La différence de deux bilans, quand elle se calcule, ne vaut jamais la cellule : elle
        # compte chaque cachée pour 1, quelle qu'elle soit.
        lus = [b[nom].removeprefix("au moins ") for b in (bilan_un, bilan_deux)]
        if all(lu.isdecimal() for lu in lus) and premier[nom] not in CACHEES:
            assert int(lus[1]) - int(lus[0]) == 1
            assert bilan_deux[nom].startswith("au moins ")


@pytest.mark.parametrize(
    ("pages", "attendu"),
    [
        ([{"a": "41"}, {"a": "9"}], "50"),
        ([{"a": "<5"}], "<5"),
        ([{"a": "—"}], "—"),
        ([{"a": "<5"}, {"a": "0"}], "<5"),
        ([{"a": "<5"}, {"a": "<5"}], "—"),
        ([{"a": "<5"}, {"a": "41"}, {"a": "—"}], "au moins 43"),
    ],
)
def test_la_somme_de_ce_qui_est_publie(pages, attendu):
    assert additionner(pages)["a"] == attendu


def test_une_attaque_sur_la_regle_d_avant_aurait_reussi():
    """L'attaque sait trouver : sur la règle sans le complément, elle lit chaque cellule."""
    assert trouvees({"a": PETITE, "b": PETITE, "c": "9"}, 11) == {"a": 1, "b": 1}
    assert trouvees({"a": PETITE, "b": CACHEE, "c": "9"}, 15) == {"a": 1, "b": 5}
    assert trouvees({"a": PETITE, "c": "9"}, 12) == {"a": 3}


@given(st.lists(st.integers(0, 12), min_size=2, max_size=4))
def test_un_total_publie_ne_redonne_aucune_cellule(nombres):
    publiee = masquer(cellules(nombres))
    assume(total_publiable({"statut": publiee}))
    assert trouvees(publiee, sum(nombres)) == {}


# --- Les totaux de personnes ----------------------------------------------------------------------
DISTINCTES, IMMIGRANTES = ("personnes_distinctes", ""), ("personnes_immigrantes", "")
ACCUEIL, VENUES = ("societe_accueil", ""), ("participations", "")
# Ce qu'aucune publication ne nomme : les personnes rejointes qui ne sont ni l'un ni l'autre.
RESTE = ("reste", "")


def petits_trouves(realites):
    """(réalité, case) de chaque nombre de 1 à 4 que sa publication ne laisse confondre avec rien.

    ``realites`` : (nombres, jugée) ; celles du bord de la grille servent à confondre, sans être
    jugées.
    """
    confondues = defaultdict(list)
    for nombres, jugee in realites:
        publie = publier({case: n for case, n in nombres.items() if case != RESTE})
        ventilations = [sorted(cases.items()) for cases in publie.ventilations.values()]
        confondues[repr((sorted(publie.totaux.items()), ventilations))].append((nombres, jugee))
    return [
        (groupe[0][0], case)
        for groupe in confondues.values()
        if groupe[0][1]
        for case in groupe[0][0]
        if len({nombres[case] for nombres, _ in groupe}) == 1 and 0 < groupe[0][0][case] < 5
    ]


def en_tout(immigrantes, accueil, reste, venues):
    return {
        IMMIGRANTES: immigrantes,
        ACCUEIL: accueil,
        RESTE: reste,
        DISTINCTES: immigrantes + accueil + reste,
        VENUES: immigrantes + accueil + reste + venues,
    }


def test_les_totaux_ne_redonnent_aucun_petit_groupe():
    """Immigrantes, accueil, reste, personnes rejointes : ni l'un par la différence des autres."""
    grille = (nombres for nombres in itertools.product(range(15), repeat=4) if sum(nombres) < 19)
    realites = [(n := en_tout(*nombres), n[VENUES] <= 13) for nombres in grille]
    assert petits_trouves(realites) == []


def par_genre(femmes, hommes, accueil, reste):
    immigrantes = femmes + hommes
    ventilees = {("par_genre", "femmes"): femmes, ("par_genre", "hommes"): hommes}
    return ventilees | {
        IMMIGRANTES: immigrantes,
        ACCUEIL: accueil,
        RESTE: reste,
        DISTINCTES: immigrantes + accueil + reste,
    }


def test_les_totaux_et_une_ventilation_ne_se_trahissent_pas():
    """Montrées ou cachées, les personnes rejointes ne bornent pas une cellule de trop près."""
    grille = (nombres for nombres in itertools.product(range(14), repeat=4) if sum(nombres) < 18)
    realites = [(n := par_genre(*nombres), n[DISTINCTES] <= 13) for nombres in grille]
    assert petits_trouves(realites) == []


def par_age(*nombres):
    *ages, reste = nombres
    immigrantes = sum(ages)
    codes = ("0-14", "15-24", "25-44", "45-64")
    ventilees = {("par_age", code): n for code, n in zip(codes, ages, strict=True)}
    return ventilees | {
        IMMIGRANTES: immigrantes, RESTE: reste, DISTINCTES: immigrantes + reste
    }  # fmt: skip


def test_quatre_petites_cellules_ne_se_trahissent_pas_par_leur_nombre():
    """Quatre « <5 » et un total « <5 » diraient quatre fois 1."""
    grille = itertools.product(*[range(6)] * 4, range(12))
    realites = [(n := par_age(*nombres), n[DISTINCTES] <= 8) for nombres in grille]
    assert petits_trouves(realites) == []


@pytest.mark.parametrize(
    "code", ["benevoles", "personnes_distinctes", "jumelages", "orientations", "participations"]
)
def test_un_petit_total_de_personnes_se_cache_seul(code):
    """De 1 à 4 : quatre réalités, une seule publication ; 0 et 5 se disent."""
    assert {publier({(code, ""): n}).texte(code) for n in range(1, 5)} == {PETITE}
    assert [publier({(code, ""): n}).texte(code) for n in (0, 5)] == ["0", "5"]


@pytest.mark.parametrize("code", ["heures_benevoles", "activites_realisees", "outils"])
def test_ce_qui_n_est_pas_une_personne_se_dit(code):
    assert publier({(code, ""): 3}).texte(code) == "3"


def test_l_attaque_des_totaux_sait_trouver(monkeypatch):
    """Sans le masquage des totaux, elle lit chaque petit nombre."""
    monkeypatch.setattr("financement.masquage.PERSONNES", frozenset())
    realites = [(en_tout(n, 0, 20, 0), True) for n in range(9)]
    assert {case for _, case in petits_trouves(realites)} == {IMMIGRANTES}
