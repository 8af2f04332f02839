"""La file d'un membre : ce qu'il a à lire, dans un ordre qui est le sien.

La fatigue fausse les dernières notes. Chaque membre lit donc dans un autre ordre, tiré de son siège
et de la demande : le même à chaque visite, et une demande ajoutée ne déplace pas les autres.
"""

import datetime as dt
import hashlib
from collections.abc import Iterable
from dataclasses import dataclass

from django.db.models import Count, Q

from evaluations.models import Affectation, Evaluation, MembreComite
from evaluations.projets import ProjetLu, projets_lus
from evaluations.visibilite import A_DECLARER_DANS


def ordre_de_lecture(siege: int, demandes: Iterable[int]) -> list[int]:
    """Les identifiants de demandes dans l'ordre du siège donné : fixe, sans rapport au classement.

    >>> sorted(ordre_de_lecture(1, [10, 20, 30])) == [10, 20, 30]
    True
    """

    def tirage(demande: int) -> bytes:
        return hashlib.sha256(f"{siege}:{demande}".encode()).digest()

    return sorted(demandes, key=tirage)


@dataclass(frozen=True)
class Place:
    """Une demande dans la file, et où en est la fiche du membre."""

    projet: ProjetLu
    nb_notes: int
    soumise_le: dt.datetime | None
    a_noter: bool

    @property
    def soumise(self) -> bool:
        return self.soumise_le is not None

    @property
    def reference(self) -> str:
        return self.projet.reference

    @property
    def etat(self) -> tuple[str, str]:
        """Le mot et le rôle de couleur de l'étiquette."""
        if self.soumise:
            return "Soumise", "fait"
        if not self.a_noter:
            return "Close", "neutre"
        return ("Commencée", "en_cours") if self.nb_notes else ("À lire", "a_faire")


@dataclass(frozen=True)
class FileDeLecture:
    places: list[Place]

    @property
    def total(self) -> int:
        return len(self.places)

    @property
    def soumises(self) -> int:
        return sum(1 for place in self.places if place.soumise)

    @property
    def a_noter(self) -> list[Place]:
        return [place for place in self.places if place.a_noter]

    def position(self, reference: str) -> int:
        """De 1 à ``total``."""
        return [place.reference for place in self.places].index(reference) + 1

    def suivante(self, reference: str) -> Place | None:
        """La prochaine à noter après celle-ci, en tournant ; sinon la suivante ; None si seule."""
        rang = self.position(reference)
        autres = self.places[rang:] + self.places[: rang - 1]
        return next((place for place in autres if place.a_noter), autres[0] if autres else None)


def file_de(membre: MembreComite) -> FileDeLecture:
    """Les demandes que ce membre lit (déclarées sans conflit), dans son ordre."""
    return files_de([membre])[membre.pk]


def files_de(membres: Iterable[MembreComite]) -> dict[int, FileDeLecture]:
    """La file de chaque siège, par identifiant ; autant de requêtes pour un que pour dix."""
    membres = list(membres)
    affectations = list(
        Affectation.objects.filter(
            membre__in=membres, etat="libre", demande__etat__in=A_DECLARER_DANS
        )
        .select_related(
            "evaluation",
            "demande__appel",
            "demande__organisme",
            "demande__volet",
            "demande__creee_par",
            "demande__deposee_par",
        )
        .annotate(
            nb_notes=Count("evaluation__notes", filter=Q(evaluation__notes__note__isnull=False))
        )
    )
    projets = projets_lus(affectation.demande for affectation in affectations)
    places: dict[int, dict[int, Place]] = {membre.pk: {} for membre in membres}
    for affectation, projet in zip(affectations, projets, strict=True):
        places[affectation.membre_id][affectation.demande_id] = _place(affectation, projet)
    return {
        siege: FileDeLecture([du_siege[pk] for pk in ordre_de_lecture(siege, du_siege)])
        for siege, du_siege in places.items()
    }


def _place(affectation: Affectation, projet: ProjetLu) -> Place:
    fiche = getattr(affectation, "evaluation", None)
    soumise = fiche is not None and fiche.etat == Evaluation.Etat.SOUMISE
    return Place(
        projet=projet,
        nb_notes=affectation.nb_notes,
        soumise_le=fiche.soumise_le if soumise else None,
        a_noter=not soumise and affectation.demande.etat == "en_evaluation",
    )
