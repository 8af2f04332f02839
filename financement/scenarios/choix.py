"""Un choix par HiGHS, recompté en cents entiers : le solveur, lui, compte à virgule."""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from math import gcd, inf

from financement.scenarios.probleme import Candidat, DelaiDepasse, Groupe, Probleme, Regle
from socle.optimisation import Modele

ESSAIS = 20


@dataclass(frozen=True)
class Choix:
    """Ce que le solveur retient, recompté en entiers."""

    retenus: tuple[Candidat, ...]
    prouve: bool

    @property
    def points(self) -> int:
        return sum(candidat.points for candidat in self.retenus)

    @property
    def groupes(self) -> frozenset[Groupe]:
        return frozenset(groupe for candidat in self.retenus for groupe in candidat.groupes)


def choisir(
    probleme: Probleme, candidats: tuple[Candidat, ...], fixes: Mapping[int, int], limite: float
) -> Choix | None:
    """Le choix du solveur, ``fixes`` étant déjà tranchés ; None quand rien ne tient."""
    modele = _modeliser(probleme, candidats, fixes)
    for _ in range(ESSAIS):
        verdict = modele.resoudre(limite)
        if verdict.impossible:
            return None
        if verdict.valeurs is None:
            raise DelaiDepasse
        retenus = tuple(c for c, pris in zip(candidats, verdict.valeurs, strict=True) if pris)
        trop = _volets_depasses(probleme, retenus)
        if not trop:
            atteint = sum(c * v for c, v in zip(modele.couts, verdict.valeurs, strict=True))
            return Choix(retenus, verdict.optimal and atteint - verdict.borne < 1)
        # La tolérance du solveur laisserait passer un cent : on lui interdit cet ensemble.
        for volet in trop:
            _interdire(modele, candidats, {c.cle for c in retenus if c.volet == volet})
    raise DelaiDepasse


def _modeliser(
    probleme: Probleme, candidats: tuple[Candidat, ...], fixes: Mapping[int, int]
) -> Modele:
    """Une variable par candidat ; une ligne par volet, par exigence et par pas du classement."""
    modele = Modele()
    pas = _pas_par_volet(probleme, candidats)
    volets = {
        no: modele.ligne(-inf, max(probleme.disponible(no), 0) // unite)
        for no, unite in pas.items()
    }
    exigences = {groupe: modele.ligne(1, inf) for groupe in sorted(probleme.exigences)}
    chaines = _chaines(probleme, candidats, modele)
    for candidat in candidats:
        termes = [(volets[candidat.volet], probleme.cout(candidat) // pas[candidat.volet])]
        termes += [(exigences[g], 1) for g in sorted(candidat.groupes & exigences.keys())]
        termes += chaines.get(candidat.cle, [])
        gain = 1 if probleme.regle is Regle.RANG else candidat.points
        mini = fixes.get(candidat.cle, int(probleme.est_dedans(candidat)))
        modele.colonne(-gain, fixes.get(candidat.cle, 1), *termes, mini=mini)
    return modele


def _pas_par_volet(probleme: Probleme, candidats: tuple[Candidat, ...]) -> dict[int, int]:
    """Le plus grand diviseur des montants d'un volet : l'argent en nombres aussi petits que
    possible, sans rien changer au problème."""
    pas: dict[int, int] = defaultdict(int)
    for candidat in candidats:
        pas[candidat.volet] = gcd(pas[candidat.volet], probleme.cout(candidat))
    return {volet: unite or 1 for volet, unite in sorted(pas.items())}


def _chaines(
    probleme: Probleme, candidats: tuple[Candidat, ...], modele: Modele
) -> dict[int, list[tuple[int, int]]]:
    """Par rang, personne ne passe devant un mieux classé ; les projets inclus à la main, si."""
    termes: dict[int, list[tuple[int, int]]] = defaultdict(list)
    if probleme.regle is not Regle.RANG:
        return termes
    devant: dict[int, Candidat] = {}
    for candidat in candidats:
        if probleme.est_dedans(candidat):
            continue
        if candidat.volet in devant:
            ligne = modele.ligne(0, inf)
            termes[devant[candidat.volet].cle].append((ligne, 1))
            termes[candidat.cle].append((ligne, -1))
        devant[candidat.volet] = candidat
    return termes


def _volets_depasses(probleme: Probleme, retenus: Iterable[Candidat]) -> list[int]:
    depenses: dict[int, int] = defaultdict(int)
    for candidat in retenus:
        depenses[candidat.volet] += probleme.cout(candidat)
    return [no for no, total in depenses.items() if total > max(probleme.disponible(no), 0)]


def _interdire(modele: Modele, candidats: tuple[Candidat, ...], cles: set[int]) -> None:
    ligne = modele.ligne(-inf, len(cles) - 1)
    for candidat, colonne in zip(candidats, modele.colonnes, strict=True):
        if candidat.cle in cles:
            colonne.append((ligne, 1))
