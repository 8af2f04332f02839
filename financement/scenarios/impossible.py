"""Quand rien ne tient : dire quelle demande, et de combien, en relâchant le reste."""

from collections import defaultdict
from decimal import Decimal
from math import inf

from financement.scenarios.probleme import Candidat, Groupe, Impossible, Probleme
from socle.optimisation import Modele
from socle.templatetags.affichage import dollars

LIMITE = 5.0  # secondes


def argent(cents: int) -> str:
    """« 2 300 $ », à partir de cents."""
    return dollars(Decimal(cents) / 100, "rond")


def expliquer(probleme: Probleme) -> Impossible:
    """Les demandes qui ne tiennent pas : les retouches, puis chaque groupe exigé.

    Si chacune tient seule, le moins de groupes possible est nommé, et l'argent qui manquerait.
    """
    phrases = _retouches(probleme) or _groupes_sans_projet(probleme)
    if not phrases:
        phrases = _groupes_trop_chers(probleme)
    return Impossible(tuple(phrases))


def _retouches(probleme: Probleme) -> list[str]:
    """Les projets inclus à la main qui dépassent, à eux seuls, leur enveloppe."""
    inclus: dict[int, list[Candidat]] = defaultdict(list)
    for candidat in probleme.candidats:
        if probleme.est_dedans(candidat):
            inclus[candidat.volet].append(candidat)
    phrases = []
    for volet, siens in sorted(inclus.items()):
        trop = sum(map(probleme.cout, siens)) - max(probleme.disponible(volet), 0)
        if trop > 0:
            codes = ", ".join(candidat.code for candidat in siens)
            phrases.append(
                f"Ce qui est inclus à la main ({codes}) dépasse de {argent(trop)} ce qui reste au "
                f"volet {volet}."
            )
    return phrases


def _groupes_sans_projet(probleme: Probleme) -> list[str]:
    couverts = {groupe for candidat in probleme.choisissables for groupe in candidat.groupes}
    return [
        f"Aucun projet admissible pour {_nom(probleme, groupe)}."
        for groupe in sorted(probleme.exigences - couverts)
    ]


def _groupes_trop_chers(probleme: Probleme) -> list[str]:
    manquants = _moins_de_manquants(probleme)
    noms = " ni ".join(_nom(probleme, groupe) for groupe in manquants)
    phrases = [f"L'enveloppe ne suffit pas à couvrir aussi {noms}."] if manquants else []
    phrases += [
        f"Pour tout couvrir, il manque {argent(cents)} au volet {volet}."
        for volet, cents in _argent_manquant(probleme)
    ]
    return phrases or ["Ces demandes ne tiennent pas ensemble."]


def _nom(probleme: Probleme, groupe: Groupe) -> str:
    return f"« {probleme.libelles.get(groupe, groupe[1])} »"


def _relache(
    probleme: Probleme, *, groupes: bool
) -> tuple[Modele, dict[Groupe, int], dict[int, int]]:
    """Le même choix, chaque exigence ou chaque enveloppe pouvant manquer à un coût."""
    modele = Modele()
    volets = {
        no: modele.ligne(-inf, max(probleme.disponible(no), 0))
        for no in sorted(probleme.enveloppes)
    }
    exigences = {groupe: modele.ligne(1, inf) for groupe in sorted(probleme.exigences)}
    for candidat in probleme.choisissables:
        modele.colonne(
            0,
            1,
            (volets[candidat.volet], probleme.cout(candidat)),
            *((exigences[g], 1) for g in sorted(candidat.groupes & exigences.keys())),
            mini=1 if probleme.est_dedans(candidat) else 0,
        )
    if groupes:
        return modele, {g: modele.colonne(1, 1, (li, 1)) for g, li in exigences.items()}, {}
    # Un dépassement se compte en cents : c'est une somme de montants entiers.
    depassements = {
        no: modele.colonne(1, sum(map(probleme.cout, probleme.choisissables)), (ligne, -1))
        for no, ligne in volets.items()
    }
    return modele, {}, depassements


def _moins_de_manquants(probleme: Probleme) -> list[Groupe]:
    modele, manques, _ = _relache(probleme, groupes=True)
    valeurs = modele.resoudre(LIMITE).valeurs
    return [g for g, colonne in manques.items() if valeurs and valeurs[colonne]]


def _argent_manquant(probleme: Probleme) -> list[tuple[int, int]]:
    """Le moins d'argent de plus qui permettrait de tout couvrir, par volet, en cents."""
    modele, _, depassements = _relache(probleme, groupes=False)
    valeurs = modele.resoudre(LIMITE).valeurs
    return [(no, valeurs[c]) for no, c in depassements.items() if valeurs and valeurs[c]]
