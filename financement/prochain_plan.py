"""Ce que les besoins, leur couverture et leurs résultats proposent pour le prochain plan.

Les raisons ne disent que ce que tout le monde peut savoir : les appels publiés, les projets
annoncés, leur argent, et s'ils sont terminés. Un brouillon se lit par tous les employés.
"""

from collections.abc import Iterable
from enum import IntEnum
from typing import Any

from appels.models import Besoin
from financement.couverture import ReponseAuBesoin
from socle.templatetags.affichage import dollars, pluriel

Ligne = dict[str, Any]
ORDRE_DES_TYPES = list(Besoin.Type.values)
PREFIXES = {Besoin.Type.DEFI: "B", Besoin.Type.PISTE: "P", Besoin.Type.ROLE_VILLE: "R"}


class Priorite(IntEnum):
    """L'ordre du brouillon : ce à quoi rien ne répond d'abord."""

    ENTREPRENDRE = 1
    RENFORCER = 2
    MAINTENIR = 3

    @property
    def label(self) -> str:
        return {1: "À entreprendre", 2: "À renforcer", 3: "À maintenir"}[self]


def proposer(reponse: ReponseAuBesoin) -> tuple[Priorite, str]:
    """La priorité d'un besoin et pourquoi, d'après ses projets annoncés."""
    nombre = len(reponse.projets)
    if not nombre:
        appels = reponse.nombre_appels
        if appels:
            debut = "Un appel l'a visé" if appels == 1 else f"{appels} appels l'ont visé"
            return Priorite.ENTREPRENDRE, f"{debut}, mais aucun projet annoncé n'y répond."
        return Priorite.ENTREPRENDRE, "Aucun appel ne l'a visé et aucun projet n'y répond."
    termines = sum(1 for projet in reponse.projets if projet.etat == "fermee")
    montant = dollars(reponse.accorde, "rond")
    if nombre == 1:
        fini = "il est terminé" if termines else "il n'est pas terminé"
        return Priorite.RENFORCER, f"Un seul projet annoncé y répond ({montant}) ; {fini}."
    phrase = f"{nombre} projets annoncés y répondent ({montant})"
    if not termines:
        return Priorite.RENFORCER, f"{phrase} ; aucun n'est terminé."
    return Priorite.MAINTENIR, f"{phrase}, dont {termines} terminé{pluriel(termines)}."


def ligne_du_besoin(reponse: ReponseAuBesoin) -> Ligne:
    """Un besoin du plan, tel que le brouillon le propose."""
    besoin = reponse.besoin
    priorite, raison = proposer(reponse)
    return {
        "besoin": besoin.code,
        "libelle": besoin.libelle,
        "type": besoin.type,
        "theme": besoin.theme.code,
        "objectif": besoin.objectif.code,
        "retenu": True,
        **_proposition(priorite, raison),
    }


def _proposition(priorite: int, raison: str) -> Ligne:
    return {
        "priorite": int(priorite),
        "raison": raison,
        "proposee": {"priorite": int(priorite), "raison": raison},
    }


def actualiser_ligne(ligne: Ligne, reponse: ReponseAuBesoin | None) -> Ligne:
    """La proposition refaite ; ce qu'une personne a écrit à sa place reste."""
    if reponse is None:
        return ligne
    priorite, raison = proposer(reponse)
    neuve = {**ligne, "proposee": {"priorite": int(priorite), "raison": raison}}
    for nom in ("priorite", "raison"):
        if ligne[nom] == ligne["proposee"][nom]:
            neuve[nom] = neuve["proposee"][nom]
    return neuve


def ordonner(lignes: Iterable[Ligne], themes: Iterable[str]) -> list[Ligne]:
    """Par priorité, puis thème (``themes`` : leurs codes, en ordre), puis type, puis code."""
    rang = {code: ordre for ordre, code in enumerate(themes)}
    return sorted(
        lignes,
        key=lambda ligne: (
            ligne["priorite"],
            rang.get(ligne["theme"], len(rang)),
            ORDRE_DES_TYPES.index(ligne["type"]),
            ligne["besoin"],
        ),
    )


def prochain_code(type_de_besoin: str, lignes: Iterable[Ligne]) -> str:
    """Le code libre suivant de ce type : B16 après B15."""
    prefixe = PREFIXES[Besoin.Type(type_de_besoin)]
    pris = [
        int(ligne["besoin"][1:])
        for ligne in lignes
        if ligne["besoin"].startswith(prefixe) and ligne["besoin"][1:].isdecimal()
    ]
    return f"{prefixe}{max(pris, default=0) + 1:02d}"
