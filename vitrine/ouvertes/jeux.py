"""Ce qui se publie : les projets annoncés, leurs résultats masqués, les activités et services."""

from collections.abc import Iterator
from typing import Any

from django.db.models import QuerySet

from appels.models import Appel, Demande
from financement.indicateurs import DIMENSIONS, LIBELLES_VENTILATIONS
from financement.masquage import indicateurs_publics
from vitrine.models import VersionActivite
from vitrine.registre import projets_publics


def appels_publics() -> QuerySet[Appel]:
    """Les appels dont au moins un projet est annoncé, du plus récent au plus ancien."""
    return (
        Appel.objects.filter(pk__in=projets_publics().order_by().values("appel"))
        .order_by("-ouverture", "code")
        .distinct()
    )


def projets_ouverts() -> QuerySet[Demande]:
    """Les projets annoncés, avec ce que leurs lignes lisent."""
    return (
        projets_publics()
        .select_related("appel", "organisme", "volet")
        .prefetch_related("besoins")
        .order_by("-date_decision", "organisme__nom", "pk")
    )


def activites_ouvertes() -> QuerySet[VersionActivite]:
    """Les activités et services publiés, avec ce que leurs lignes lisent ; jamais leur contact :
    la personne a consenti à paraître sur une page."""
    return (
        VersionActivite.objects.publiques()
        .prefetch_related("besoins")
        .order_by("titre", "activite__cle")
    )


def resultats_de(projet: Any) -> Iterator[dict[str, str]]:
    """Les cellules d'un projet fermé telles que sa page les montre (regles.md, 15)."""
    publics = (indicateurs_publics(projet) if projet.etat == "fermee" else None) or {}
    for dimension in DIMENSIONS:
        for modalite, texte in publics.get(dimension, {}).items():
            yield {
                "projet": projet.reference,
                "ventilation": dimension,
                "modalite": modalite,
                "libelle": LIBELLES_VENTILATIONS[dimension][modalite],
                "personnes": texte,
            }
