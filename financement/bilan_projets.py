"""Du chiffre aux projets : ceux qui sont derrière une ligne du bilan."""

from collections.abc import Callable
from dataclasses import dataclass

from django.urls import reverse
from django.utils.http import urlencode

from financement.bilan import Bilan, Projet
from financement.indicateurs import TOTAUX
from financement.masquage import total_publiable, ventilations_de


@dataclass(frozen=True)
class Derriere:
    """Le titre d'une ligne du bilan et ses projets."""

    axe: str
    libelle: str
    projets: list[Projet]


def adresse(axe: str, code: str | int, appel: str = "") -> str:
    """La page des projets derrière une ligne ; ``appel`` vide : de tous les appels."""
    criteres = {"axe": axe, "code": code} | ({"appel": appel} if appel else {})
    return f"{reverse('bilan:projets')}?{urlencode(criteres)}"


def _d_un_groupe(nom: str) -> Callable[[Bilan, str], tuple[str, list[Projet]] | None]:
    def chercher(bilan: Bilan, code: str) -> tuple[str, list[Projet]] | None:
        return next(((g.libelle, g.membres) for g in getattr(bilan, nom) if g.code == code), None)

    return chercher


def _du_volet(bilan: Bilan, code: str) -> tuple[str, list[Projet]] | None:
    return next(((v.nom, v.membres) for v in bilan.volets if str(v.cle) == code), None)


def _de_la_source(bilan: Bilan, code: str) -> tuple[str, list[Projet]] | None:
    """``code`` : « bailleur|exercice », l'exercice étant 0 quand il n'est pas connu."""
    for source in bilan.sources:
        if code == source.cle:
            siens = [p for p in bilan.projets if p.demande.pk in source.demandes]
            return source.libelle, siens
    return None


def _de_l_indicateur(bilan: Bilan, code: str) -> tuple[str, list[Projet]] | None:
    """Les projets dont le nombre entre dans le total : les petits groupes en sont exclus, comme
    de la somme (regles.md, 15)."""
    if code not in TOTAUX:
        return None
    siens = [
        projet
        for projet in bilan.projets
        if (code, "") in projet.valeurs
        and (code != "personnes_immigrantes" or total_publiable(ventilations_de(projet.valeurs)))
    ]
    return TOTAUX[code], siens


AXES: dict[str, tuple[str, Callable[[Bilan, str], tuple[str, list[Projet]] | None]]] = {
    "volet": ("Volet", _du_volet),
    "source": ("Bailleur", _de_la_source),
    "objectif": ("Objectif", _d_un_groupe("objectifs")),
    "besoin": ("Besoin", _d_un_groupe("besoins")),
    "theme": ("Thème", _d_un_groupe("themes")),
    "secteur": ("Secteur", _d_un_groupe("secteurs")),
    "indicateur": ("Indicateur", _de_l_indicateur),
}


def projets_derriere(bilan: Bilan, axe: str, code: str) -> Derriere | None:
    """Les projets derrière la ligne ``code`` de ``axe`` ; None si elle n'existe pas."""
    if axe not in AXES:
        return None
    nom, chercher = AXES[axe]
    trouve = chercher(bilan, code)
    return trouve and Derriere(nom, *trouve)
