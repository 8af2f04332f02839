"""Le masquage de ce qui quitte les mains de la Ville (regles.md, 15).

Une cellule de 1 à 4 devient « <5 ». Si une seule cellule d'une ventilation est cachée, la plus
petite autre cellule non nulle devient « — », pour que le total ne la redonne pas.

Cela ne suffit pas toujours : « <5 », « <5 » et un total de 2 disent 1 et 1. On cache donc une
cellule de plus tant qu'une personne qui connaît le total, et cette règle, retrouverait une cellule.
Les sommes de plusieurs projets se font sur ce que chacun publie : elles n'en disent jamais plus, à
aucune date.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from appels.indicateurs import Valeurs
from appels.montants import pourcentage
from financement.indicateurs import DIMENSIONS, REVELATEURS, VENTILATIONS

PETITE, CACHEE = "<5", "—"
CACHEES = frozenset({PETITE, CACHEE})
SEUIL = 5
AU_MOINS = "au moins "
# Les totaux qui comptent des personnes, leurs venues ou leurs paires : de 1 à 4, ils se cachent.
# Des heures, des activités, des outils et des organisations ne sont pas des personnes.
PERSONNES = frozenset(
    {
        "participations",
        "personnes_distinctes",
        *REVELATEURS,
        "jumelages",
        "benevoles",
        "orientations",
    }
)
# Du plus petit au plus grand : chacun compte au moins les personnes du précédent.
ENSEMBLES = ("personnes_distinctes", "participations")

Cellules = Mapping[str, int]


def masquer(cellules: Cellules) -> dict[str, str]:
    """Les cellules d'une ventilation telles qu'elles se publient, dans le même ordre."""
    publiees = {
        modalite: PETITE if 0 < nombre < SEUIL else str(nombre)
        for modalite, nombre in cellules.items()
    }
    while _se_retrouvent(cellules, publiees):
        montrees = [(n, m) for m, n in cellules.items() if n and publiees[m] not in CACHEES]
        if not montrees:
            break
        publiees[min(montrees, key=lambda montree: montree[0])[1]] = CACHEE
    return publiees


def _se_retrouvent(cellules: Cellules, publiees: Mapping[str, str]) -> bool:
    """Vrai si le total, connu, ne laisse qu'une valeur possible à une cellule cachée.

    Une « <5 » vaut de 1 à 4, une « — » au moins 5 : c'est ce que tout le monde sait.
    """
    petites = [n for m, n in cellules.items() if publiees[m] == PETITE]
    grandes = [n for m, n in cellules.items() if publiees[m] == CACHEE]
    if not petites and not grandes:
        return False
    if len(petites) + len(grandes) == 1:
        return True
    somme, k, d = sum(petites) + sum(grandes), len(petites), len(grandes)
    au_moins = k + SEUIL * d
    if somme == au_moins:
        return True
    return not grandes and somme == (SEUIL - 1) * k


def masquer_ensemble(ventilations: Mapping[str, Cellules]) -> dict[str, dict[str, str]]:
    """Plusieurs ventilations des mêmes personnes : le total de l'une ne trahit pas une autre.

    Quand tout est caché dans une ventilation, aucune autre ne montre de quoi refaire le total :
    ce qui se voit ne dépend alors d'aucun nombre caché.
    """
    publiees = {nom: masquer(cellules) for nom, cellules in ventilations.items()}
    if not total_publiable(publiees):
        return {
            nom: {
                modalite: texte if texte in CACHEES or texte == "0" else CACHEE
                for modalite, texte in publiees[nom].items()
            }
            for nom in publiees
        }
    return publiees


def total_publiable(publiees: Mapping[str, Mapping[str, str]]) -> bool:
    """Faux quand une ventilation n'a plus rien de montré que des zéros.

    Le total y redonnerait parfois une cellule ; le cacher ces fois-là seulement le dirait.
    """
    textes = [set(cellules.values()) for cellules in publiees.values()]
    return not any(siens & CACHEES and siens <= CACHEES | {"0"} for siens in textes)


def sommer(textes: list[str]) -> str:
    """La somme d'une même case, d'après ce que chaque projet en publie.

    Quand l'un d'eux la cache, elle dit seulement « au moins » : chaque case cachée y compte pour ce
    que tout le monde en sait.
    """
    somme = sum(map(au_moins, textes))
    if all(texte.isdecimal() for texte in textes):
        return str(somme)
    non_nuls = [texte for texte in textes if texte != "0"]
    if all(texte in CACHEES for texte in non_nuls):
        return non_nuls[0] if len(non_nuls) == 1 else CACHEE
    return f"{AU_MOINS}{somme}"


def au_moins(texte: str) -> int:
    """Ce que tout le monde sait d'un texte publié : une cellule cachée compte pour 1."""
    return 1 if texte in CACHEES else int(texte.removeprefix(AU_MOINS))


def ventilations_de(valeurs: Valeurs) -> dict[str, Cellules]:
    """Les ventilations d'un projet telles qu'elles sont, par dimension ; rien n'est masqué."""
    return {
        dimension: cellules
        for dimension in DIMENSIONS
        if (
            cellules := {
                modalite: valeurs[dimension, modalite]
                for modalite in VENTILATIONS[dimension]
                if (dimension, modalite) in valeurs
            }
        )
    }


def ventilations_publiques(valeurs: Valeurs) -> dict[str, dict[str, str]]:
    """Les ventilations masquées d'un projet, par dimension."""
    return masquer_ensemble(ventilations_de(valeurs))


def satisfaction_publiable(valeurs: Valeurs) -> tuple[int, int] | None:
    """(satisfaits, répondants) ; None sous cinq répondants : le taux dirait qui a répondu quoi."""
    repondants = valeurs.get(("satisfaction", "repondants"), 0)
    if repondants < SEUIL:
        return None
    return valeurs.get(("satisfaction", "satisfaits"), 0), repondants


@dataclass(frozen=True)
class Publication:
    """Ce qui se dit des nombres d'un projet, partout : totaux, ventilations, satisfaction."""

    totaux: Mapping[str, str]
    ventilations: Mapping[str, Mapping[str, str]]
    satisfaction: tuple[int, int] | None

    def texte(self, code: str, modalite: str = "") -> str:
        """Une case telle qu'elle se publie ; vide quand elle n'est pas comptée."""
        cases = self.ventilations.get(code, {}) if modalite else self.totaux
        return cases.get(modalite or code, "")


def publier(valeurs: Valeurs) -> Publication:
    """Masque les nombres d'un rapport ou d'une convention, totaux compris."""
    ventilations = ventilations_publiques(valeurs)
    return Publication(
        _totaux(valeurs, ventilations), ventilations, satisfaction_publiable(valeurs)
    )


def _totaux(valeurs: Valeurs, ventilations: Mapping[str, Mapping[str, str]]) -> dict[str, str]:
    """Les totaux publiés. Les personnes immigrantes et la société d'accueil sont une partie des
    personnes rejointes : ce que l'un cache, la différence des autres ne doit pas le redonner.
    """
    nombres = {code: nombre for (code, modalite), nombre in valeurs.items() if not modalite}
    textes = {
        code: PETITE if code in PERSONNES and 0 < nombre < SEUIL else str(nombre)
        for code, nombre in nombres.items()
    }
    immigrantes = nombres.get("personnes_immigrantes", 0)
    if not total_publiable(ventilations):
        # Les personnes rejointes ne bornent pas de trop près un total caché ; les bornes se lisent
        # dans ce qui est publié, pour qu'elles non plus n'en disent rien.
        bornes = [_bornes(cellules) for cellules in ventilations.values()]
        lointain = max(plus for _, plus in bornes) + SEUIL
        proches = {code for code in ENSEMBLES if nombres.get(code, 0) < lointain}
        # « <5 » au-dessus de quatre cellules « <5 » dirait qu'elles valent 1.
        petit = PETITE if max(moins for moins, _ in bornes) < SEUIL - 1 else CACHEE
        return {
            code: (petit if texte == PETITE else CACHEE) if code in REVELATEURS | proches else texte
            for code, texte in textes.items()
        }
    if 0 < immigrantes < SEUIL:
        return {
            code: CACHEE if code == "societe_accueil" and texte != PETITE else texte
            for code, texte in textes.items()
        }
    # Ce qui reste des personnes rejointes est un petit groupe : on dit seulement qu'il existe.
    montrees = sum(nombres[c] for c in REVELATEURS & textes.keys() if textes[c] != PETITE)
    for code in ENSEMBLES:
        if code not in textes:
            continue
        if textes[code] == PETITE or not 0 < nombres[code] - montrees < SEUIL:
            break
        textes[code] = f"{AU_MOINS}{montrees + 1}"
    return textes


def _bornes(cellules: Mapping[str, str]) -> tuple[int, int]:
    """Le plus petit total d'une ventilation toute cachée, et le plus grand de ses « <5 »."""
    textes = list(cellules.values())
    petites, grandes = textes.count(PETITE), SEUIL * textes.count(CACHEE)
    return petites + grandes, (SEUIL - 1) * petites + grandes


def indicateurs_publics(valeurs: Valeurs) -> dict[str, Any] | None:
    """Les ventilations masquées et la satisfaction d'un projet ; None sans valeur."""
    if not valeurs:
        return None
    publics: dict[str, Any] = dict(ventilations_publiques(valeurs))
    if satisfaction := satisfaction_publiable(valeurs):
        publics["taux_satisfaction"] = float(pourcentage(*satisfaction))
    return publics
