"""Dire pourquoi une paire, et en déplacer une à la main."""

from collections.abc import Iterable

from evaluations.repartition.probleme import PLUTOT_NON, VOLONTIERS, Paire, Probleme
from evaluations.repartition.resultat import juger

A_LA_MAIN = "déplacée à la main"
EGALISE = "égalise les charges"


def raisons(probleme: Probleme, paire: Paire, a_la_main: bool = False) -> list[str]:
    """Pourquoi cette paire, en quelques mots."""
    dites = []
    if paire in probleme.gardees:
        dites.append("déjà confiée")
    elif a_la_main:
        dites.append(A_LA_MAIN)
    souhait = probleme.souhaits.get(paire, 0)
    if souhait == VOLONTIERS:
        dites.append("volontiers")
    if themes := probleme.communs(paire):
        dites.append(f"connaît : {', '.join(themes)}")
    demande = probleme.demande[paire[0]]
    comptes = not dites and len(probleme.possibles(demande)) <= demande.nombre
    if comptes:
        dites.append("pas d'autre lecteur possible")
    if souhait == PLUTOT_NON:
        dites.append("« plutôt non », mais l'éviter ne donnait pas mieux ailleurs")
    return dites or [EGALISE]


def deplacer(
    probleme: Probleme, paires: Iterable[Paire], de: Paire, vers: int
) -> tuple[Paire, ...]:
    """Confie la demande de ``de`` à un autre membre ; ValueError dit pourquoi c'est refusé."""
    actuelles = set(paires)
    nouvelle = (de[0], vers)
    if de not in actuelles or vers not in probleme.membre:
        raise ValueError("Cette paire n'est plus dans la proposition.")
    if de in probleme.gardees:
        raise ValueError("Cette demande est déjà confiée à ce membre.")
    lecteur, demande = probleme.membre[vers], probleme.demande[de[0]]
    if motif := probleme.interdites.get(nouvelle):
        raise ValueError(f"{lecteur.code} ne peut pas lire {demande.code} : {motif}.")
    if nouvelle in actuelles:
        raise ValueError(f"{lecteur.code} lit déjà {demande.code}.")
    charge = juger(probleme, actuelles).charges[vers]
    if lecteur.charge_max is not None and charge >= lecteur.charge_max:
        raise ValueError(f"{lecteur.code} a déjà sa charge maximale : {charge}.")
    return probleme.ranger(actuelles - {de} | {nouvelle})
