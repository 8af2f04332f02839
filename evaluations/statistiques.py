"""Ce que valent les scores d'un comité : des fonctions pures sur un tableau de fiches.

Le score reste la moyenne des fiches. Rien d'ici ne la remplace : ces chiffres disent combien les
membres s'entendent, qui est sévère, et si l'ordre tiendrait avec un autre comité. Ce sont des
estimations : des nombres à virgule flottante, pas des points du barème.

Un tableau a une ligne par membre et une colonne par demande ; ``nan`` où il n'y a pas de fiche.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Tableau = NDArray[np.float64]

TIRAGES = 2000
GRAINE = 20260612
# Tirages traités ensemble : assez pour NumPy, sans tenir des centaines de mégaoctets.
LOT = 250
# Sous ce nombre de fiches, la sévérité d'un membre est surtout le hasard de ce qu'il a lu.
FICHES_POUR_JUGER = 5


# --- La sévérité des membres ----------------------------------------------------------------------
@dataclass(frozen=True)
class Correction:
    """L'effet de chaque membre (points au-dessus des autres) et la moyenne corrigée des demandes.

    ``groupes`` donne à chaque demande le numéro de son groupe : deux groupes n'ont aucun membre en
    commun, et rien ne permet de comparer leurs sévérités.
    """

    effets: Tableau
    moyennes: Tableau
    groupes: NDArray[np.int_]

    @property
    def nombre_de_groupes(self) -> int:
        return len(set(self.groupes[self.groupes >= 0].tolist()))


def corriger(tableau: Tableau) -> Correction:
    """Sépare, par moindres carrés, ce qui tient à la demande de ce qui tient au membre.

    Chaque fiche est la valeur d'une demande plus l'effet d'un membre. Éliminer les demandes laisse
    un système carré, membres × membres. Dans chaque groupe, les effets pesés par le nombre de
    fiches s'annulent : la moyenne de toutes les fiches ne change pas.
    """
    presentes = ~np.isnan(tableau)
    valeurs = np.where(presentes, tableau, 0.0)
    poids = presentes.astype(float)
    par_demande = poids.sum(axis=0)
    par_membre = poids.sum(axis=1)
    moyennes = _diviser(valeurs.sum(axis=0), par_demande)
    lues = np.where(par_demande > 0, par_demande, 1.0)
    systeme = np.diag(par_membre) - (poids / lues) @ poids.T
    second = valeurs.sum(axis=1) - poids @ np.nan_to_num(moyennes)
    effets = np.linalg.lstsq(systeme, second, rcond=None)[0]
    groupe_membre, groupe_demande = _groupes(presentes)
    for groupe in set(groupe_membre.tolist()):
        membres = groupe_membre == groupe
        if par_membre[membres].sum():
            effets[membres] -= np.average(effets[membres], weights=par_membre[membres])
    corrigees = _diviser((valeurs - poids * effets[:, None]).sum(axis=0), par_demande)
    return Correction(effets, corrigees, groupe_demande)


def _diviser(sommes: Tableau, nombres: Tableau) -> Tableau:
    return np.divide(sommes, nombres, out=np.full(sommes.shape, np.nan), where=nombres > 0)


def _groupes(presentes: NDArray[np.bool_]) -> tuple[NDArray[np.int_], NDArray[np.int_]]:
    """Les membres reliés par une demande lue en commun, de proche en proche ; −1 sans fiche."""
    liens = (presentes.astype(float) @ presentes.T.astype(float)) > 0
    membres = np.full(len(presentes), -1)
    suivant = 0
    for depart in range(len(presentes)):
        if membres[depart] >= 0 or not liens[depart].any():
            continue
        a_voir = [depart]
        while a_voir:
            membre = a_voir.pop()
            if membres[membre] < 0:
                membres[membre] = suivant
                a_voir += np.flatnonzero(liens[membre] & (membres < 0)).tolist()
        suivant += 1
    demandes = np.full(presentes.shape[1], -1)
    for membre, groupe in enumerate(membres):
        demandes[presentes[membre]] = groupe
    return membres, demandes


# --- L'accord du comité ---------------------------------------------------------------------------
def alpha_krippendorff(tableau: Tableau) -> float | None:
    """L'alpha de Krippendorff pour des données d'intervalle ; None quand rien ne se compare.

    1 : les membres donnent les mêmes points ; 0 : pas plus d'accord qu'au hasard. Le désaccord est
    fait de carrés d'écarts, qui se somment sans comparer les fiches deux à deux.
    """
    comparables = tableau[:, (~np.isnan(tableau)).sum(axis=0) >= 2]
    presentes = ~np.isnan(comparables)
    nombre = int(presentes.sum())
    if nombre < 2:
        return None
    par_demande = presentes.sum(axis=0)
    toutes = comparables[presentes]
    attendu = ((toutes - toutes.mean()) ** 2).sum() / (nombre - 1)
    if np.isclose(attendu, 0.0):
        return None
    carres = np.nansum((comparables - np.nanmean(comparables, axis=0)) ** 2, axis=0)
    observe = (carres * par_demande / (par_demande - 1)).sum() / nombre
    return float(1 - observe / attendu)


@dataclass(frozen=True)
class Fidelite:
    """ICC(2,1), la fidélité d'une fiche seule, et ICC(2,k), celle de la moyenne de ``membres``."""

    une_fiche: float
    moyenne: float
    demandes: int
    membres: int


def fidelite(tableau: Tableau) -> Fidelite | None:
    """ICC(2,1) et ICC(2,k) de Shrout et Fleiss, sur les demandes que tous les membres ont notées.

    None sans au moins deux membres et deux demandes, ou quand toutes les fiches sont égales.
    """
    membres = tableau[(~np.isnan(tableau)).any(axis=1)]
    complet = membres[:, ~np.isnan(membres).any(axis=0)]
    k, n = complet.shape
    if k < 2 or n < 2:
        return None
    centre = complet - complet.mean()
    demandes = k * (centre.mean(axis=0) ** 2).sum()
    juges = n * (centre.mean(axis=1) ** 2).sum()
    reste = (centre**2).sum() - demandes - juges
    msd, msj, mse = demandes / (n - 1), juges / (k - 1), reste / ((n - 1) * (k - 1))
    seule = msd + (k - 1) * mse + k * (msj - mse) / n
    toutes = msd + (msj - mse) / n
    if np.isclose(seule, 0.0) or np.isclose(toutes, 0.0):
        return None
    return Fidelite(float((msd - mse) / seule), float((msd - mse) / toutes), n, k)


# --- La solidité du classement --------------------------------------------------------------------
@dataclass(frozen=True)
class Ligne:
    """Ce qui place la ligne de l'enveloppe d'un volet : ses colonnes, leurs montants, le seuil."""

    colonnes: Sequence[int]
    montants: Sequence[float]
    enveloppe: float
    seuil: float


def solidite(
    tableau: Tableau, volets: Sequence[Ligne], *, tirages: int = TIRAGES, graine: int = GRAINE
) -> Tableau:
    """La part des tirages (de 0 à 1) où chaque demande reste au-dessus de la ligne de son volet.

    À chaque tirage, un comité du même nombre est tiré au sort parmi les membres, avec remise ; les
    demandes se classent par leur nouvelle moyenne, et celles qui atteignent le seuil prennent
    l'enveloppe dans l'ordre. Une demande dont aucun lecteur n'est tiré garde sa moyenne pour placer
    la ligne ; ce tirage ne compte pas pour elle. ``nan`` sans fiche ou hors de tout volet. La
    graine est fixe : deux calculs sur les mêmes fiches donnent les mêmes parts.
    """
    presentes = ~np.isnan(tableau)
    actifs = presentes.any(axis=1)
    poids, presentes = tableau[actifs], presentes[actifs]
    valeurs, lues = np.where(presentes, poids, 0.0), presentes.astype(float)
    membres = len(valeurs)
    parts = np.full(tableau.shape[1], np.nan)
    if not membres:
        return parts
    brutes = _diviser(valeurs.sum(axis=0), lues.sum(axis=0))
    hasard = np.random.default_rng(graine)
    dessus, comptes = np.zeros(tableau.shape[1]), np.zeros(tableau.shape[1])
    for debut in range(0, tirages, LOT):
        combien = min(LOT, tirages - debut)
        tires = hasard.multinomial(membres, np.full(membres, 1 / membres), size=combien)
        nombres = tires @ lues
        moyennes = np.divide(
            tires @ valeurs, nombres, out=np.broadcast_to(brutes, nombres.shape).copy(),
            where=nombres > 0,
        )  # fmt: skip
        for volet in volets:
            colonnes = np.asarray(volet.colonnes, dtype=int)
            retenues = _au_dessus(_arrondir(moyennes[:, colonnes]), volet)
            compte = nombres[:, colonnes] > 0
            dessus[colonnes] += (retenues & compte).sum(axis=0)
            comptes[colonnes] += compte.sum(axis=0)
    return np.divide(dessus, comptes, out=parts, where=comptes > 0)


def _arrondir(moyennes: Tableau) -> Tableau:
    """À une décimale, demie vers le haut, comme le barème."""
    return np.floor(np.round(moyennes * 10, 6) + 0.5) / 10


def _au_dessus(scores: Tableau, volet: Ligne) -> NDArray[np.bool_]:
    """Pour chaque tirage (rangée), les demandes que l'enveloppe contient en entier, dans l'ordre.

    Les colonnes sont dans l'ordre des codes : à score égal, le tri stable le garde.
    """
    montants = np.asarray(volet.montants, dtype=float)
    ordre = np.argsort(-scores, axis=1, kind="stable")
    passent = np.take_along_axis(scores, ordre, axis=1) >= volet.seuil
    cumul = np.cumsum(np.where(passent, montants[ordre], 0.0), axis=1)
    tries = passent & (cumul <= volet.enveloppe + 1e-6)
    retenues = np.empty_like(tries)
    np.put_along_axis(retenues, ordre, tries, axis=1)
    return retenues


def ecarts_types(tableau: Tableau) -> Tableau:
    """L'écart-type des fiches de chaque demande (à n − 1) ; ``nan`` sous deux fiches."""
    presentes = ~np.isnan(tableau)
    nombres = presentes.sum(axis=0)
    sommes = np.where(presentes, tableau, 0.0).sum(axis=0)
    centre = np.where(presentes, tableau - _diviser(sommes, nombres), 0.0)
    return np.sqrt(_diviser((centre**2).sum(axis=0), np.where(nombres > 1, nombres - 1, 0)))
