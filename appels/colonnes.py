"""Les colonnes de la liste des demandes : chacune se montre, se trie et s'exporte pareil."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

from appels.models import Demande


@dataclass(frozen=True)
class Colonne:
    """``genre`` dit comment la valeur s'affiche ; ``tri`` nomme l'ordre de ``DemandeFilter``."""

    cle: str
    libelle: str
    valeur: Callable[[Demande], Any]
    genre: str = "texte"
    tri: str = ""


COLONNES = (
    Colonne("appel", "Appel", lambda d: d.appel.code),
    Colonne("organisme", "Organisme", lambda d: d.organisme.nom, tri="organisme"),
    Colonne("neq", "NEQ", lambda d: d.organisme.neq),
    Colonne("volet", "Volet", lambda d: d.volet.no if d.volet else None),
    Colonne("secteur", "Secteur", lambda d: d.secteur),
    Colonne("besoins", "Besoins", lambda d: ", ".join(b.code for b in d.besoins.all())),
    Colonne("etat", "État", lambda d: d.get_etat_display(), "etat", tri="etat"),
    Colonne("montant", "Montant demandé", lambda d: d.montant_demande, "dollars", tri="montant"),
    Colonne("nature", "En nature", lambda d: d.contribution_nature, "dollars"),
    Colonne("depot", "Dépôt", lambda d: d.deposee_le, "date", tri="depot"),
    Colonne("modification", "Dernière modification", lambda d: d.modifiee_le, "date"),
)
PAR_CLE = {colonne.cle: colonne for colonne in COLONNES}
PAR_DEFAUT = ("organisme", "volet", "etat", "montant", "depot")


def colonnes_choisies(cles: Iterable[str]) -> list[Colonne]:
    """Les colonnes demandées, dans l'ordre de la liste ; sans choix, celles de tous les jours."""
    voulues = set(cles) & PAR_CLE.keys() or set(PAR_DEFAUT)
    return [colonne for colonne in COLONNES if colonne.cle in voulues]
