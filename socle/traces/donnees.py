"""Ce qu'un tracé montre : des rangées de barres, déjà écrites et déjà masquées.

Une barre n'a de longueur que ce qui se publie : ``valeur`` est None quand le nombre est caché.
"""

from dataclasses import dataclass
from decimal import Decimal
from enum import Enum

AUCUN_MONTANT = "Aucun montant."


class Teinte(Enum):
    """Comment une barre se distingue : par son remplissage et son contour, jamais par la seule
    couleur ; son nom est écrit à côté."""

    PLEINE = "pleine"
    MOYENNE = "moyenne"
    PALE = "pale"
    VIDE = "vide"
    # La longueur est un minimum : « au moins 40 ».
    OUVERTE = "ouverte"


@dataclass(frozen=True)
class Barre:
    """Une longueur et le texte qui la dit ; ``nom`` quand la rangée en a plusieurs."""

    valeur: Decimal | None
    texte: str
    nom: str = ""
    teinte: Teinte = Teinte.PLEINE

    @property
    def phrase(self) -> str:
        return f"{self.nom.lower()} {self.texte}" if self.nom else self.texte


@dataclass(frozen=True)
class Rangee:
    """Un bailleur, un besoin, une année : une barre, ou plusieurs qui se comparent."""

    libelle: str
    barres: tuple[Barre, ...]

    @property
    def phrase(self) -> str:
        return f"{self.libelle} : {', '.join(barre.phrase for barre in self.barres)}"


@dataclass(frozen=True)
class Repere:
    """Un trait vertical à comparer aux barres : « 100 % du prévu »."""

    valeur: Decimal
    texte: str


@dataclass(frozen=True)
class Trace:
    """Un tracé entier ; son contenu est sa clé au cache."""

    titre: str
    rangees: tuple[Rangee, ...]
    repere: Repere | None = None
    si_vide: str = AUCUN_MONTANT

    @property
    def est_vide(self) -> bool:
        """Rien à tracer : aucune rangée, ou rien que des zéros."""
        return all(barre.valeur == 0 for rangee in self.rangees for barre in rangee.barres)

    @property
    def description(self) -> str:
        """Le texte de remplacement : chaque rangée et ses nombres, tels que le dessin les écrit."""
        phrases = [rangee.phrase for rangee in self.rangees]
        if self.repere:
            phrases.append(f"le trait marque {self.repere.texte}")
        return f"{' ; '.join(phrases)}."
