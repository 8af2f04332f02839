"""Le partage des enveloppes : comparé à tous les choix possibles, et mesuré en cents entiers."""

import itertools
import random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from financement.scenarios import calcul, exploration
from financement.scenarios.calcul import resoudre
from financement.scenarios.choix import choisir
from financement.scenarios.frontiere import frontiere_enveloppe, frontiere_seuil
from financement.scenarios.probleme import Candidat, Impossible, Probleme, Regle, Retouche
from financement.scenarios.raisons import raisons

SECTEUR = [("secteur", nom) for nom in ("Cap", "Centre", "Ouest")]


def projet(cle, points, montant, volet=1, groupes=(), **champs):
    """``points`` sur 100 et ``montant`` en dollars."""
    return Candidat(
        cle, f"D{cle:02d}", volet, points * 10, montant * 100, frozenset(groupes), **champs
    )


def probleme(*candidats, enveloppes=(10_000,), seuil=60, **champs):
    return Probleme(
        candidats,
        {no: dollars * 100 for no, dollars in enumerate(enveloppes, start=1)},
        seuil=seuil * 10,
        **champs,
    )


def retenus(solution):
    return sorted(cle for cle, montant in solution.montants.items() if montant)


QUATRE = (projet(1, 90, 6000), projet(2, 80, 6000), projet(3, 75, 3000), projet(4, 50, 500))


# --- Les trois règles -----------------------------------------------------------------------------
def test_par_rang_personne_ne_passe_devant():
    solution = resoudre(probleme(*QUATRE))
    assert retenus(solution) == [1]
    assert solution.prouvee


def test_le_plus_de_points_passe_par_dessus_un_projet_trop_cher():
    assert retenus(resoudre(probleme(*QUATRE, regle=Regle.SCORE))) == [1, 3]


def test_les_montants_reduits_font_tenir_plus_de_projets_et_le_reste_va_aux_mieux_classes():
    solution = resoudre(probleme(*QUATRE, enveloppes=(12_500,), plancher=80))
    # 80 % de 6 000, 6 000 et 3 000 font 12 000 ; les 500 qui restent vont au premier.
    assert solution.montants == {1: 530_000, 2: 480_000, 3: 240_000}


def test_la_couverture_sacrifie_des_points_pour_un_secteur():
    projets = (
        projet(1, 90, 6000, groupes=SECTEUR[:1]),
        projet(2, 80, 4000, groupes=SECTEUR[:1]),
        projet(3, 65, 4000, groupes=SECTEUR[1:2]),
    )
    p = probleme(*projets, regle=Regle.COUVERTURE, exigences=frozenset(SECTEUR[:2]))
    assert retenus(resoudre(p)) == [1, 3]


def test_a_points_et_prix_egaux_le_mieux_classe_entre():
    pareils = [projet(cle, 70, 6000) for cle in (3, 1, 2)]
    solution = resoudre(probleme(*pareils, regle=Regle.SCORE))
    assert retenus(solution) == [1]
    p = probleme(*pareils)
    phrase = raisons(p, resoudre(p).montants)[2]
    assert "À égalité avec D01" in phrase


def test_les_choix_a_la_main_sont_tenus_et_le_reste_se_recalcule():
    retouches = {1: Retouche(dedans=False), 4: Retouche(dedans=True, montant=40_000)}
    solution = resoudre(probleme(*QUATRE, regle=Regle.SCORE, retouches=retouches))
    assert solution.montants == {2: 600_000, 3: 300_000, 4: 40_000}


# --- Dire pourquoi --------------------------------------------------------------------------------
def test_chaque_projet_ecarte_a_sa_phrase():
    p = probleme(
        projet(1, 90, 7700), projet(2, 80, 4600), projet(3, 75, 1000), projet(4, 50, 500),
        projet(5, 70, 500, recommandable=False), retouches={3: Retouche(dedans=False)},
    )  # fmt: skip
    phrases = raisons(p, resoudre(p).montants)
    assert phrases == {
        2: "Il manque 2\u00a0300\u00a0$ au volet 1.",
        3: "Exclu à la main.",
        4: "Score de 50, sous le seuil de 60.",
        5: "Le comité ne le recommande pas.",
    }


def test_la_phrase_suit_l_argent_et_le_rang():
    p = probleme(projet(1, 90, 9000), projet(2, 80, 4000), projet(3, 75, 2000))
    phrases = raisons(p, resoudre(p).montants)
    assert phrases[3] == (
        "Il manque 5\u00a0000\u00a0$ au volet 1 pour descendre jusqu'à lui : D02 passe avant."
    )
    assert (
        raisons(p, {})[1] == "L'argent suffirait : 10\u00a0000\u00a0$ restent à donner au volet 1."
    )
    reduit = probleme(projet(1, 90, 9000), projet(2, 80, 4000), plancher=90, regle=Regle.SCORE)
    assert raisons(reduit, resoudre(reduit).montants)[2].startswith(
        "Même réduit à 3\u00a0600\u00a0$, il"
    )


# --- Ce qui ne tient pas --------------------------------------------------------------------------
def test_un_groupe_sans_projet_est_nomme():
    p = probleme(
        *QUATRE, regle=Regle.COUVERTURE, exigences=frozenset(SECTEUR[:1]),
        libelles={SECTEUR[0]: "Cap-de-la-Madeleine"},
    )  # fmt: skip
    assert resoudre(p) == Impossible(("Aucun projet admissible pour « Cap-de-la-Madeleine ».",))


def test_ce_qui_est_inclus_a_la_main_depasse_et_de_combien():
    retouches = {1: Retouche(dedans=True), 2: Retouche(dedans=True)}
    resultat = resoudre(probleme(*QUATRE, retouches=retouches))
    assert resultat.phrases == (
        "Ce qui est inclus à la main (D01, D02) dépasse de 2\u00a0000\u00a0$ ce qui reste au volet "
        "1.",
    )


def test_les_groupes_trop_chers_ensemble_disent_l_argent_qui_manque():
    p = probleme(
        projet(1, 90, 7000, groupes=SECTEUR[:1]), projet(2, 80, 5300, groupes=SECTEUR[1:2]),
        regle=Regle.COUVERTURE, exigences=frozenset(SECTEUR[:2]),
    )  # fmt: skip
    phrases = resoudre(p).phrases
    assert phrases[0].startswith("L'enveloppe ne suffit pas à couvrir aussi «")
    assert phrases[1] == "Pour tout couvrir, il manque 2\u00a0300\u00a0$ au volet 1."


# --- Et si ----------------------------------------------------------------------------------------
def test_la_frontiere_suit_l_enveloppe_et_le_seuil():
    p = probleme(*QUATRE, regle=Regle.SCORE)
    assert [point.projets for point in frontiere_enveloppe(p, (50, 100, 150))] == [1, 2, 3]
    assert [point.projets for point in frontiere_seuil(p, (500, 760, 950))] == [3, 1, 0]


# --- L'exactitude ---------------------------------------------------------------------------------
@st.composite
def petits_problemes(draw):
    candidats = [
        Candidat(
            cle, f"D{cle}", draw(st.integers(1, 2)), draw(st.integers(500, 1000)),
            draw(st.integers(1, 500_000)), frozenset(draw(st.sets(st.sampled_from(SECTEUR)))),
        )
        for cle in range(draw(st.integers(1, 7)))
    ]  # fmt: skip
    regle = draw(st.sampled_from([Regle.SCORE, Regle.COUVERTURE]))
    return Probleme(
        tuple(candidats),
        {no: draw(st.integers(0, 1_500_000)) for no in (1, 2)},
        regle=regle,
        seuil=600,
        plancher=draw(st.sampled_from([100, 80, 33])),
        exigences=frozenset(SECTEUR[:2] if regle is Regle.COUVERTURE else ()),
    )


def meilleur_a_la_main(p):
    """Tous les choix, un à un."""
    meilleurs = []
    for taille in range(len(p.choisissables) + 1):
        for choix in itertools.combinations(p.choisissables, taille):
            couts = {no: sum(p.cout(c) for c in choix if c.volet == no) for no in p.enveloppes}
            tient = all(couts[no] <= p.disponible(no) for no in couts)
            if tient and p.exigences <= {g for c in choix for g in c.groupes}:
                meilleurs.append(sum(c.points for c in choix))
    return max(meilleurs, default=None)


@settings(max_examples=60, deadline=None)
@given(petits_problemes())
def test_rien_ne_fait_mieux_et_aucun_cent_ne_depasse(p):
    attendu = meilleur_a_la_main(p)
    resultat = resoudre(p)
    if attendu is None:
        assert isinstance(resultat, Impossible)
        return
    assert resultat.points == attendu
    assert resultat.prouvee
    for no in p.enveloppes:
        depense = sum(m for cle, m in resultat.montants.items() if p.par_cle[cle].volet == no)
        assert depense <= p.disponible(no)
    for cle, montant in resultat.montants.items():
        assert p.cout(p.par_cle[cle]) <= montant <= p.par_cle[cle].maximum


@pytest.mark.parametrize("graine", range(4))
def test_volet_par_volet_ou_d_un_bloc_le_meme_optimum(graine):
    alea = random.Random(graine)  # noqa: S311
    p = Probleme(
        tuple(
            Candidat(i, f"D{i:03d}", 1 + i % 2, alea.randint(400, 980), alea.randint(2000, 20000),
                     frozenset([alea.choice(SECTEUR[:2])] if i else SECTEUR[2:]))
            for i in range(90)
        ),
        {1: 120_000, 2: 60_000}, regle=Regle.COUVERTURE, exigences=frozenset(SECTEUR),
    )  # fmt: skip
    d_un_bloc = choisir(p, p.choisissables, {}, 10)
    explore = exploration.Exploration(p, 10).meilleur_choix()
    assert explore.points == d_un_bloc.points
    assert explore.prouve


def test_cinq_mille_projets_sont_prouves():
    assert calcul.DIRECT < 5000
    from config.banc.scenario import grand_probleme

    solution = resoudre(grand_probleme())
    assert solution.prouvee
    assert solution.duree < 10
