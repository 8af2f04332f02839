"""La répartition des lectures, comparée à toutes les répartitions possibles."""

from dataclasses import replace
from itertools import combinations, product

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from evaluations.repartition import (
    PLUTOT_NON,
    VOLONTIERS,
    ALire,
    DelaiDepasse,
    Impossible,
    Lecteur,
    Probleme,
    Proposition,
    deplacer,
    juger,
    raisons,
    repartir,
)

THEMES = ("Accueil", "Emploi", "Logement")


def probleme(demandes=2, membres=3, nombre=2, charge_max=None, **champs):
    return Probleme(
        demandes=tuple(ALire(n, f"D{n:02d}", nombre) for n in range(1, demandes + 1)),
        membres=tuple(Lecteur(n, f"M{n}", charge_max) for n in range(1, membres + 1)),
        **champs,
    )


@st.composite
def problemes(draw):
    themes = st.frozensets(st.sampled_from(THEMES), max_size=2)
    demandes = tuple(
        ALire(n, f"D{n}", draw(st.integers(1, 3)), draw(themes))
        for n in range(draw(st.integers(1, 4)))
    )
    membres = tuple(
        Lecteur(
            n,
            f"M{n}",
            draw(st.none() | st.integers(0, 4)),
            draw(st.sampled_from((0, 0, 1, 2))),
            draw(themes),
        )
        for n in range(draw(st.integers(1, 4)))
    )
    paires = [(d.cle, m.cle) for d in demandes for m in membres]
    sorts = draw(
        st.lists(
            st.sampled_from(("libre", "libre", "libre", "libre", "ecartee", "gardee")),
            min_size=len(paires),
            max_size=len(paires),
        )
    )
    souhaits = draw(st.lists(st.integers(-1, 1), min_size=len(paires), max_size=len(paires)))
    return Probleme(
        demandes=demandes,
        membres=membres,
        interdites={
            p: "récusé" for p, sort in zip(paires, sorts, strict=True) if sort == "ecartee"
        },
        gardees=frozenset(p for p, sort in zip(paires, sorts, strict=True) if sort == "gardee"),
        souhaits={p: sens for p, sens in zip(paires, souhaits, strict=True) if sens},
    )


def toutes(p):
    """Chaque répartition permise, sans finesse."""
    choix = []
    for demande in p.demandes:
        gardes = {m.cle for m in p.membres if (demande.cle, m.cle) in p.gardees}
        autres = [m.cle for m in p.possibles(demande) if m.cle not in gardes]
        manque = max(0, demande.nombre - len(gardes))
        choix.append(
            [
                {(demande.cle, membre) for membre in gardes.union(ajout)}
                for ajout in combinations(autres, manque)
            ]
        )
    bases = juger(p, p.gardees).charges
    for parties in product(*choix):
        paires = set().union(*parties)
        charges = juger(p, paires).charges
        if all(
            m.charge_max is None or charges[m.cle] <= max(m.charge_max, bases[m.cle])
            for m in p.membres
        ):
            yield paires


@given(problemes())
@settings(max_examples=150, deadline=None)
def test_l_optimum_est_celui_de_toutes_les_repartitions(p):
    resultat = repartir(p)
    bilans = [juger(p, paires) for paires in toutes(p)]

    if not bilans:
        assert isinstance(resultat, Impossible)
        assert resultat.manque > 0
        assert resultat.penuries or resultat.goulot
        return
    assert isinstance(resultat, Proposition)
    assert resultat.prouvee
    assert resultat.bilan == juger(p, resultat.paires)
    assert resultat.bilan.ecart == min(bilan.ecart for bilan in bilans)
    assert (resultat.bilan.carres, -resultat.bilan.points) == min(
        (bilan.carres, -bilan.points) for bilan in bilans
    )


@given(problemes())
@settings(max_examples=50, deadline=None)
def test_les_paires_ecartees_ne_servent_jamais_et_les_gardees_restent(p):
    resultat = repartir(p)
    if isinstance(resultat, Proposition):
        assert not set(resultat.paires) & p.interdites.keys()
        assert p.gardees <= set(resultat.paires)


@given(problemes(), st.randoms(use_true_random=False))
@settings(max_examples=30, deadline=None)
def test_l_ordre_de_lecture_ne_change_pas_le_resultat(p, hasard):
    demandes, membres = list(p.demandes), list(p.membres)
    hasard.shuffle(demandes)
    hasard.shuffle(membres)
    melange = replace(p, demandes=tuple(demandes), membres=tuple(membres))

    assert melange.empreinte == p.empreinte
    assert repartir(melange) == repartir(p)


@given(problemes())
@settings(max_examples=150, deadline=None)
def test_chaque_assouplissement_propose_rend_la_repartition_possible(p):
    resultat = repartir(p)
    if isinstance(resultat, Proposition):
        return
    for piste in resultat.assouplissements:
        if piste.famille == "nombre":
            demandes = tuple(replace(d, nombre=min(d.nombre, piste.valeur)) for d in p.demandes)
            assert isinstance(repartir(replace(p, demandes=demandes)), Proposition)
        if piste.famille == "ecartees":
            assert isinstance(repartir(replace(p, interdites={})), Proposition)
        if piste.famille == "charge":
            assert isinstance(
                repartir(replace(p, membres=tuple(replace(m, charge_max=None) for m in p.membres))),
                Proposition,
            )
    # Nommer assez de membres suffit toujours.
    assert "membres" in {piste.famille for piste in resultat.assouplissements}


# --- À la main ------------------------------------------------------------------------------------
def test_les_charges_egales_passent_avant_les_souhaits():
    """Tout le monde voudrait M1 ; chacun lit quand même autant."""
    resultat = repartir(
        probleme(demandes=3, membres=3, nombre=1, souhaits={(d, 1): VOLONTIERS for d in (1, 2, 3)})
    )

    assert resultat.bilan.charges == {1: 1, 2: 1, 3: 1}
    assert resultat.bilan.points == 2


def test_a_charges_egales_les_souhaits_et_l_expertise_decident():
    p = Probleme(
        demandes=(ALire(1, "D01", 1, frozenset({"Emploi"})), ALire(2, "D02", 1)),
        membres=(Lecteur(1, "M1"), Lecteur(2, "M2", themes=frozenset({"Emploi"}))),
    )
    assert repartir(p).paires == ((1, 2), (2, 1))
    # Un souhait pèse plus que l'expertise.
    souhaitee = replace(p, souhaits={(1, 1): VOLONTIERS})
    assert repartir(souhaitee).paires == ((1, 1), (2, 2))


def test_la_charge_deja_portee_compte():
    p = replace(
        probleme(demandes=2, membres=2, nombre=1),
        membres=(Lecteur(1, "M1", charge_deja=2), Lecteur(2, "M2")),
    )

    assert repartir(p).bilan.charges == {1: 2, 2: 2}


def test_ce_qui_est_deja_confie_reste_meme_au_dela_du_nombre():
    gardees = frozenset({(1, 1), (1, 2), (1, 3)})
    resultat = repartir(probleme(demandes=2, membres=3, nombre=2, gardees=gardees))

    assert gardees <= set(resultat.paires)
    assert len(resultat.paires) == 5


def test_relancer_sur_ce_qui_est_accepte_ne_change_rien():
    p = probleme(demandes=5, membres=4, nombre=2, interdites={(1, 1): "récusé"})
    paires = repartir(p).paires

    assert repartir(replace(p, gardees=frozenset(paires))).paires == paires


def test_une_recusation_apres_coup_ne_remplace_que_le_recuse():
    p = probleme(demandes=4, membres=4, nombre=2)
    avant = set(repartir(p).paires)
    perdue = min(avant)
    apres = set(
        repartir(
            replace(p, gardees=frozenset(avant - {perdue}), interdites={perdue: "récusé"})
        ).paires
    )

    assert len(apres - avant) == 1
    assert avant - apres == {perdue}


def test_gardee_et_ecartee_se_contredisent():
    with pytest.raises(ValueError, match="gardées et écartées"):
        probleme(gardees=frozenset({(1, 1)}), interdites={(1, 1): "récusé"})


def test_sans_demande_ni_membre():
    assert repartir(probleme(demandes=0)).paires == ()
    assert isinstance(repartir(probleme(membres=0)), Impossible)


def test_trop_peu_de_temps_le_dit():
    with pytest.raises(DelaiDepasse):
        repartir(probleme(demandes=60, membres=20, nombre=3), limite=0)


# --- Pourquoi -------------------------------------------------------------------------------------
def test_chaque_paire_dit_sa_raison():
    p = Probleme(
        demandes=(
            ALire(1, "D01", 2, frozenset({"Emploi"})),
            ALire(2, "D02", 2),
        ),
        membres=(
            Lecteur(1, "M1"),
            Lecteur(2, "M2", themes=frozenset({"Emploi"})),
            Lecteur(3, "M3"),
        ),
        interdites={(2, 2): "récusé"},
        gardees=frozenset({(1, 3)}),
        souhaits={(2, 3): PLUTOT_NON, (1, 1): VOLONTIERS},
    )

    assert raisons(p, (1, 3)) == ["déjà confiée"]
    assert raisons(p, (1, 2)) == ["connaît : Emploi"]
    assert raisons(p, (1, 1)) == ["volontiers"]
    assert raisons(p, (2, 1)) == ["pas d'autre lecteur possible"]
    assert raisons(p, (2, 3))[0] == "pas d'autre lecteur possible"
    assert "plutôt non" in raisons(p, (2, 3))[1]
    assert raisons(p, (1, 1), a_la_main=True) == ["déplacée à la main", "volontiers"]
    assert raisons(replace(p, souhaits={}), (1, 1)) == ["égalise les charges"]


# --- Quand rien n'est possible --------------------------------------------------------------------
def test_une_demande_sans_assez_de_lecteurs_est_nommee():
    interdites = {(2, 1): "récusé", (2, 2): "membre de l'organisme"}
    resultat = repartir(probleme(demandes=3, membres=3, nombre=2, interdites=interdites))

    assert resultat.manque == 1
    (penurie,) = resultat.penuries
    assert (penurie.code, penurie.voulus, penurie.possibles) == ("D02", 2, ("M3",))
    assert penurie.ecartes == (("M1", "récusé"), ("M2", "membre de l'organisme"))
    pistes = {piste.famille: piste for piste in resultat.assouplissements}
    assert pistes["nombre"].valeur == 1
    assert "charge" not in pistes
    assert "1 membre de plus" in pistes["membres"].phrase
    assert "ne se desserre pas" in pistes["ecartees"].phrase


def test_des_membres_pleins_sont_un_goulot():
    resultat = repartir(probleme(demandes=3, membres=2, nombre=2, charge_max=2))

    assert resultat.penuries == ()
    assert resultat.goulot.demandes == ("D01", "D02", "D03")
    assert (resultat.goulot.voulues, resultat.goulot.offertes) == (6, 4)
    pistes = {piste.famille: piste for piste in resultat.assouplissements}
    assert pistes["charge"].phrase == "Relever à 3 la charge maximale de chaque membre."
    assert pistes["nombre"].valeur == 1
    assert "ecartees" not in pistes


def test_le_goulot_laisse_de_cote_les_demandes_qui_trouvent_leurs_lecteurs():
    """M3 seul lit D01 et D02, et n'en accepte qu'une ; D03 va bien."""
    interdites = {(d, m): "récusé" for d in (1, 2) for m in (1, 2)}
    p = replace(
        probleme(demandes=3, membres=3, nombre=1, interdites=interdites),
        membres=(Lecteur(1, "M1"), Lecteur(2, "M2"), Lecteur(3, "M3", charge_max=1)),
    )
    resultat = repartir(p)

    assert resultat.goulot.demandes == ("D01", "D02")
    assert (resultat.goulot.voulues, resultat.goulot.offertes) == (2, 1)
    pistes = {piste.famille: piste for piste in resultat.assouplissements}
    assert pistes["charge"].phrase == "Relever à 2 la charge maximale de M3 (maintenant 1)."


@given(problemes())
@settings(max_examples=80, deadline=None)
def test_le_goulot_est_une_preuve(p):
    resultat = repartir(p)
    if isinstance(resultat, Impossible) and resultat.goulot:
        assert resultat.goulot.offertes < resultat.goulot.voulues


# --- Déplacer à la main ---------------------------------------------------------------------------
def test_deplacer_remplace_un_membre_par_un_autre():
    p = probleme(demandes=1, membres=3, nombre=2)

    assert deplacer(p, ((1, 1), (1, 2)), (1, 1), 3) == ((1, 2), (1, 3))


@pytest.mark.parametrize(
    ("de", "vers", "refus"),
    [
        ((1, 1), 3, "M3 ne peut pas lire D01 : récusé"),
        ((1, 1), 2, "M2 lit déjà D01"),
        ((1, 2), 4, "déjà confiée"),
        ((1, 3), 4, "n'est plus dans la proposition"),
        ((1, 1), 99, "n'est plus dans la proposition"),
    ],
)
def test_deplacer_refuse_et_dit_pourquoi(de, vers, refus):
    p = probleme(
        demandes=1,
        membres=4,
        interdites={(1, 3): "récusé"},
        gardees=frozenset({(1, 2)}),
    )

    with pytest.raises(ValueError, match=refus):
        deplacer(p, ((1, 1), (1, 2)), de, vers)


def test_deux_cents_demandes_trente_membres_en_moins_de_dix_secondes():
    p = Probleme(
        demandes=tuple(ALire(n, f"D{n:03d}", 3, frozenset({THEMES[n % 3]})) for n in range(200)),
        membres=tuple(
            Lecteur(n, f"M{n:02d}", 25, 0, frozenset({THEMES[n % 3]})) for n in range(30)
        ),
        interdites={(d, m): "récusé" for d in range(200) for m in range(30) if (d * m) % 17 == 1},
        souhaits={
            (d, m): VOLONTIERS if (d + m) % 2 else PLUTOT_NON
            for d in range(200)
            for m in range(30)
            if (d * 7 + m * 3) % 5 < 2
        },
    )
    resultat = repartir(p, limite=10)

    assert resultat.prouvee
    assert resultat.duree < 10
    assert resultat.bilan.ecart == 0
    assert len(resultat.paires) == 600
