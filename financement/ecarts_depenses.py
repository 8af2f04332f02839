"""Ce qu'un rapport a dépensé, en regard du budget de la convention (regles.md, 13)."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from appels.models.budget import CategorieDepense
from financement.avenants import EcartPoste, ecarts_de_postes, nom_du_poste
from financement.models import Convention, Rapport
from financement.services.avenants import postes_retenus
from socle.templatetags.affichage import taux

CATEGORIES = dict(CategorieDepense.choices)


@dataclass(frozen=True)
class EcartLu:
    """Une ligne du budget : prévu, réel, et ce que la règle en dit (vide quand elle est tenue)."""

    ecart: EcartPoste
    alerte: str


def budget_prevu(rapport: Rapport) -> list[dict[str, Any]]:
    """Les lignes du budget qui vaut, avenants compris ; celui de la demande sans convention."""
    conventions = rapport.demande.conventions.exclude(etat=Convention.Etat.RESILIEE)
    if convention := conventions.first():
        return postes_retenus(convention)
    return list(rapport.demande.postes.values("categorie", "libelle", "montant", "admissible"))


def ecarts_du_rapport(
    rapport: Rapport, depenses: Iterable[Mapping[str, Any]], prevus: list[dict[str, Any]]
) -> list[EcartLu]:
    """Chaque ligne du budget ou des dépenses, avec son écart.

    À l'étape, le projet n'est pas fini : seul un dépassement se signale. Tant qu'aucune dépense
    n'est inscrite, rien ne se signale.
    """
    depenses = list(depenses)
    seuil = rapport.demande.appel.ecart_poste_sans_avenant
    finit = bool(depenses) and rapport.nature == Rapport.Nature.FINAL
    return [
        EcartLu(ecart, _alerte(ecart, seuil) if finit or ecart.difference > 0 else "")
        for ecart in ecarts_de_postes(prevus, depenses, CATEGORIES)
    ]


def _alerte(ecart: EcartPoste, seuil: Decimal) -> str:
    if not ecart.demande_un_avenant(seuil):
        return ""
    if ecart.part is None:
        return "Cette ligne n'était pas au budget : un avenant est à demander."
    return (
        f"L'écart dépasse {taux(seuil)} du montant prévu : un avenant est à demander, ou l'écart "
        "à expliquer."
    )


def par_ligne(ecarts: Iterable[EcartLu]) -> dict[str, EcartLu]:
    """Les écarts par nom de ligne, pour les retrouver à côté d'elle."""
    return {lu.ecart.libelle: lu for lu in ecarts}


def nom_de_la_ligne(depense: Mapping[str, Any]) -> str:
    return nom_du_poste(depense, CATEGORIES)
