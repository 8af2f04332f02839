"""« Quels services pour moi ? » : des réponses à trois questions aux activités ouvertes."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from django.db.models import QuerySet

from appels.models.demande import Secteur
from socle import horloge
from vitrine.choix import Sujet
from vitrine.models import VersionActivite


@dataclass
class Reponse:
    """Ce qui est offert près de la personne, ailleurs dans la ville, et bientôt."""

    ici: list[VersionActivite] = field(default_factory=list)
    ailleurs: list[VersionActivite] = field(default_factory=list)
    bientot: list[VersionActivite] = field(default_factory=list)

    @property
    def nombre(self) -> int:
        return len(self.ici) + len(self.ailleurs) + len(self.bientot)


def choisir(*, statut: str = "", sujet: str = "", secteur: str = "") -> QuerySet[VersionActivite]:
    """Les activités pas finies qui répondent aux trois choix ; un choix vide ne filtre pas."""
    liste = VersionActivite.objects.publiques().pas_finies(horloge.aujourdhui())
    liste = liste.pour_statut(statut)
    if sujet:
        liste = liste.filter(sujets__contains=[sujet])
    if secteur:
        liste = liste.filter(secteur__in=[secteur, Secteur.VILLE_ENTIERE])
    return liste.order_by("titre", "pk")


def repondre(choix: Mapping[str, str]) -> Reponse:
    """Une requête ; un service hors du secteur reste offert, après les autres."""
    reponse = Reponse()
    secteur = choix.get("secteur", "")
    for version in choisir(statut=choix.get("statut", ""), sujet=choix.get("sujet", "")):
        if version.est_a_venir:
            reponse.bientot.append(version)
        elif secteur and version.secteur not in (secteur, Secteur.VILLE_ENTIERE):
            reponse.ailleurs.append(version)
        else:
            reponse.ici.append(version)
    reponse.bientot.sort(key=lambda version: (version.debut, version.titre))
    return reponse


def par_sujet(versions: Any) -> Iterator[tuple[str, list[VersionActivite]]]:
    """(sujet, activités) dans l'ordre des sujets ; une activité paraît à son premier seulement."""
    liste = list(versions)
    for sujet in Sujet:
        if siennes := [v for v in liste if premier_sujet(v) == sujet]:
            yield sujet.label, siennes


def premier_sujet(version: VersionActivite) -> str:
    """Le premier de ses sujets dans l'ordre de ``Sujet``."""
    return next(sujet.value for sujet in Sujet if sujet.value in version.sujets)
