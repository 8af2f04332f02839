"""Quand un changement demande un avenant (regles.md, 13) : calcul pur, en dollars."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

ZERO = Decimal("0.00")


@dataclass(frozen=True)
class EcartPoste:
    """Une ligne du budget, avant et après ; ``part`` est ce qu'elle a bougé, en fraction d'elle."""

    libelle: str
    avant: Decimal
    apres: Decimal

    @property
    def difference(self) -> Decimal:
        return self.apres - self.avant

    @property
    def part(self) -> Decimal | None:
        """None pour une ligne qui n'existait pas : elle a bougé de tout."""
        return abs(self.difference) / self.avant if self.avant else None

    def demande_un_avenant(self, seuil: Decimal) -> bool:
        """Vrai si la ligne bouge de plus de ``seuil`` (0,15 : exactement 15 % est permis)."""
        if not self.difference:
            return False
        return self.part is None or self.part > seuil


def nom_du_poste(poste: Mapping[str, Any], categories: Mapping[str, str]) -> str:
    """« Location de salles : salle du Cap » ; la catégorie seule quand rien ne la précise."""
    categorie = categories.get(poste["categorie"], poste["categorie"])
    precision = poste.get("libelle")
    return f"{categorie} : {precision}" if precision and precision != categorie else categorie


def ecarts_de_postes(
    avant: Iterable[Mapping[str, Any]],
    apres: Iterable[Mapping[str, Any]],
    categories: Mapping[str, str],
) -> list[EcartPoste]:
    """Chaque ligne de l'un ou de l'autre budget, dans l'ordre où elle paraît.

    Une ligne se reconnaît à sa catégorie et à sa précision ; deux lignes pareilles s'additionnent.
    """
    sommes: dict[str, list[Decimal]] = {}
    for rang, postes in enumerate((avant, apres)):
        for poste in postes:
            somme = sommes.setdefault(nom_du_poste(poste, categories), [ZERO, ZERO])
            somme[rang] += Decimal(str(poste["montant"]))
    return [EcartPoste(nom, *somme) for nom, somme in sommes.items()]


def repartir_le_changement(*, restants: list[Decimal], difference: Decimal) -> list[Decimal] | None:
    """Les versements à venir, après un changement du montant de ``difference``.

    Un montant de plus va au dernier ; un montant de moins se prend au dernier, puis à celui
    d'avant. None quand il n'y a pas assez à reprendre : c'est déjà payé ou autorisé.
    """
    if not restants:
        return None if difference else []
    nouveaux = list(restants)
    if difference >= 0:
        nouveaux[-1] += difference
        return nouveaux
    a_reprendre = -difference
    for rang in range(len(nouveaux) - 1, -1, -1):
        repris = min(nouveaux[rang], a_reprendre)
        nouveaux[rang] -= repris
        a_reprendre -= repris
    return None if a_reprendre else nouveaux
