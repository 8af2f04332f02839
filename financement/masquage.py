"""Le masquage de ce qui est publié (regles.md, 15).

Une cellule de 1 à 4 devient « <5 ». Si une seule cellule d'une ventilation est cachée, la plus
petite autre cellule non nulle devient « — », pour que le total ne la redonne pas.
"""

from typing import Any

from appels.montants import pourcentage
from financement.indicateurs import DIMENSIONS, VENTILATIONS

PETITE, CACHEE = "<5", "—"
SEUIL = 5


def masquer(cellules: dict[str, int]) -> dict[str, str]:
    """Les cellules telles qu'elles se publient, dans le même ordre."""
    publiees = {
        modalite: PETITE if 0 < nombre < SEUIL else str(nombre)
        for modalite, nombre in cellules.items()
    }
    cachees = [modalite for modalite, texte in publiees.items() if texte == PETITE]
    if len(cachees) == 1:
        autres = [(n, m) for m, n in cellules.items() if n and m not in cachees]
        if autres:
            publiees[min(autres, key=lambda autre: autre[0])[1]] = CACHEE
    return publiees


def total_publiable(cellules: dict[str, int]) -> bool:
    """Faux quand une seule cellule est cachée : le total la redonnerait."""
    publiees = masquer(cellules).values()
    return sum(texte in {PETITE, CACHEE} for texte in publiees) != 1


def indicateurs_publics(demande: Any) -> dict[str, Any] | None:
    """Les ventilations masquées et la satisfaction d'une demande ; None sans valeur."""
    valeurs = valeurs_de(demande)
    if not valeurs:
        return None
    publics: dict[str, Any] = {}
    for dimension in DIMENSIONS:
        cellules = {
            modalite: valeurs[dimension, modalite]
            for modalite in VENTILATIONS[dimension]
            if (dimension, modalite) in valeurs
        }
        if cellules:
            publics[dimension] = masquer(cellules)
    repondants = valeurs.get(("satisfaction", "repondants"), 0)
    # Sous cinq répondants, le taux dirait ce qu'une personne a répondu.
    if repondants >= SEUIL:
        satisfaits = valeurs.get(("satisfaction", "satisfaits"), 0)
        publics["taux_satisfaction"] = float(pourcentage(satisfaits, repondants))
    return publics


def valeurs_de(demande: Any) -> dict[tuple[str, str], int]:
    """Les valeurs du dernier rapport accepté qui en a (le final l'emporte sur l'étape)."""
    retenues: dict[tuple[str, str], int] = {}
    for rapport in sorted(demande.rapports.all(), key=lambda r: r.nature):
        if rapport.etat == "accepte" and (valeurs := list(rapport.valeurs.all())):
            retenues = {(v.indicateur, v.modalite): v.valeur for v in valeurs}
    return retenues
