"""Résoudre un scénario : qui est retenu, et pour combien.

Un projet retenu coûte d'abord son plancher ; ce qui reste de l'enveloppe complète les montants dans
l'ordre du classement. Avec des montants pleins, le plancher est le maximum.
"""

from collections import defaultdict
from time import perf_counter

from financement.scenarios.choix import choisir
from financement.scenarios.exploration import Exploration
from financement.scenarios.impossible import expliquer
from financement.scenarios.probleme import Candidat, Impossible, Probleme, Regle, Solution

LIMITE = 10.0  # secondes
DIRECT = 200  # candidats


def resoudre(probleme: Probleme, limite: float = LIMITE) -> Solution | Impossible:
    """Le meilleur choix selon la règle, ou pourquoi il n'y en a pas ; lève ``DelaiDepasse``."""
    candidats = probleme.choisissables
    if not candidats:
        return expliquer(probleme) if probleme.exigences else Solution({}, 0, prouvee=True)
    debut = perf_counter()
    if probleme.regle is Regle.RANG or len(candidats) <= DIRECT:
        choix = choisir(probleme, candidats, {}, limite)
    else:
        choix = Exploration(probleme, limite).meilleur_choix()
    if choix is None:
        return expliquer(probleme)
    retenus = list(choix.retenus)
    if probleme.regle is not Regle.RANG:
        retenus = _par_rang_a_egalite(probleme, retenus)
    return Solution(
        montants=_completer(probleme, retenus),
        points=sum(candidat.points for candidat in retenus),
        prouvee=choix.prouve,
        duree=perf_counter() - debut,
    )


def _par_rang_a_egalite(probleme: Probleme, retenus: list[Candidat]) -> list[Candidat]:
    """Entre projets interchangeables (mêmes points, même coût, mêmes groupes), le mieux classé."""
    cles = {candidat.cle for candidat in retenus}
    pareils: dict[tuple, list[Candidat]] = defaultdict(list)
    for c in probleme.choisissables:
        if c.cle not in probleme.retouches:
            groupes = c.groupes & probleme.exigences
            pareils[c.volet, c.points, probleme.cout(c), groupes].append(c)
    choisis = {cle for cle in cles if cle in probleme.retouches}
    for interchangeables in pareils.values():
        nombre = sum(candidat.cle in cles for candidat in interchangeables)
        choisis.update(candidat.cle for candidat in interchangeables[:nombre])
    return [candidat for candidat in probleme.choisissables if candidat.cle in choisis]


def _completer(probleme: Probleme, retenus: list[Candidat]) -> dict[int, int]:
    """Chacun à son plancher, puis complété dans l'ordre du classement tant qu'il reste."""
    montants = {candidat.cle: probleme.cout(candidat) for candidat in retenus}
    restes = {no: probleme.disponible(no) for no in probleme.enveloppes}
    for candidat in retenus:
        restes[candidat.volet] -= montants[candidat.cle]
    for candidat in retenus:
        if probleme.est_fixe(candidat):
            continue
        ajout = min(candidat.maximum - montants[candidat.cle], max(restes[candidat.volet], 0))
        montants[candidat.cle] += ajout
        restes[candidat.volet] -= ajout
    return montants
