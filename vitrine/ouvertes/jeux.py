"""Ce qui se publie : les projets annoncés, leurs résultats masqués, les activités et services."""

from collections.abc import Iterable, Iterator

from django.db.models import QuerySet

from appels.models import Appel, Demande
from financement.indicateurs import LIBELLES_VENTILATIONS
from financement.masquage import publier
from financement.retenus import prevus_des, valeurs_des
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


def resultats_des(projets: Iterable[Demande]) -> Iterator[dict[str, str]]:
    """Les cellules des projets fermés telles que leur page les montre (regles.md, 15)."""
    fermes = [projet for projet in projets if projet.etat == "fermee"]
    cles = [projet.pk for projet in fermes]
    valeurs, prevus = valeurs_des(cles), prevus_des(cles)
    for projet in fermes:
        reel, prevu = (publier(nombres.get(projet.pk, {})) for nombres in (valeurs, prevus))
        for dimension in reel.ventilations:
            for modalite, libelle in LIBELLES_VENTILATIONS[dimension].items():
                personnes = reel.texte(dimension, modalite)
                attendues = prevu.texte(dimension, modalite)
                if personnes or attendues:
                    yield {
                        "projet": projet.reference,
                        "ventilation": dimension,
                        "modalite": modalite,
                        "libelle": libelle,
                        "personnes": personnes,
                        "prevu": attendues,
                    }
