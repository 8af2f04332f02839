"""Les petites valeurs que les pages donnent aux composants : étape, manque, matrice."""

import datetime as dt
from dataclasses import dataclass, field
from decimal import Decimal

ETATS_ETAPE = {
    "faite": "terminée",
    "courante": "étape en cours",
    "a_venir": "à venir",
    "arretee": "arrêtée ici",
}
ETATS_JALON = {
    "fait": ("Fait", "fait"),
    "en_cours": ("En cours", "en_cours"),
    "a_venir": ("À venir", "neutre"),
}


@dataclass(frozen=True)
class Etape:
    """Une étape d'un chemin : son libellé, où elle en est, et à qui c'est de jouer (``detail``)."""

    libelle: str
    etat: str
    detail: str = ""

    def __post_init__(self) -> None:
        if self.etat not in ETATS_ETAPE:
            raise ValueError(f"État d'étape inconnu : {self.etat}")

    @property
    def etat_lisible(self) -> str:
        return ETATS_ETAPE[self.etat]


@dataclass(frozen=True)
class Jalon:
    """Un moment d'une démarche publique : ce qui s'y fait, quand, et où en est-il.

    ``le`` le place parmi les autres ; ``quand`` le dit en mots (« mai 2025 »).
    """

    libelle: str
    etat: str
    le: dt.date
    quand: str
    detail: str = ""
    url: str = ""

    def __post_init__(self) -> None:
        if self.etat not in ETATS_JALON:
            raise ValueError(f"État de jalon inconnu : {self.etat}")

    @property
    def rang(self) -> tuple[int, dt.date]:
        """Ce qui est fait d'abord, puis ce qui est en cours, puis ce qui vient."""
        return list(ETATS_JALON).index(self.etat), self.le

    @property
    def etiquette(self) -> tuple[str, str]:
        """Le mot de son état et son rôle de couleur."""
        return ETATS_JALON[self.etat]


@dataclass(frozen=True)
class Manque:
    """Une chose demandée : ce que c'est, où la fournir, et si elle l'est déjà."""

    libelle: str
    url: str = ""
    fait: bool = False
    detail: str = ""


@dataclass(frozen=True)
class CelluleMatrice:
    """Une case : son texte, son poids de 0 à 1 (qui teinte le fond), un détail, un lien."""

    texte: str = ""
    poids: Decimal | float = 0
    detail: str = ""
    url: str = ""

    @property
    def teinte(self) -> int:
        """De 0 (vide) à 4 : une case non vide a toujours au moins la teinte 1."""
        poids = float(self.poids)
        return 0 if poids <= 0 else min(4, 1 + int(poids * 3.999))


@dataclass(frozen=True)
class LigneMatrice:
    """Une rangée de la matrice, dans l'ordre des colonnes."""

    libelle: str
    cellules: list[CelluleMatrice] = field(default_factory=list)
    url: str = ""
