"""Le quorum d'une séance, compté pour chaque demande après les récusations (regles.md, 8)."""

from collections.abc import Iterable
from dataclasses import dataclass

from appels.models import Appel, Demande
from evaluations.lignes_classees import ProjetClasse
from evaluations.models import Affectation, Seance


@dataclass(frozen=True)
class Quorum:
    """Qui compte pour une demande : présent, sans conflit, et dont l'intérêt est déclaré."""

    requis: int
    presents: int
    recuses: tuple[str, ...] = ()
    a_declarer: tuple[str, ...] = ()

    @property
    def atteint(self) -> bool:
        return self.presents >= self.requis

    @property
    def detail(self) -> str:
        pluriel = "s" if self.presents > 1 else ""
        return f"{self.presents} présent{pluriel} sans conflit, il en faut {self.requis}"


def quorum_requis(appel: Appel) -> int:
    """Le quorum de l'appel ; jamais zéro : personne ne décide dans une salle vide."""
    return max(appel.quorum, 1)


def quorums(seance: Seance, demandes: Iterable[Demande | ProjetClasse]) -> dict[int, Quorum]:
    """Le quorum de chaque demande, par identifiant ; trois requêtes en tout."""
    demandes = list(demandes)
    membres = {
        m.pk: m for m in seance.appel.membres.filter(actif=True).select_related("utilisateur")
    }
    presents = set(
        seance.presences.filter(presente=True, depart_le=None).values_list("membre_id", flat=True)
    ) & set(membres)
    ecartes: dict[int, dict[str, set[int]]] = {
        demande.pk: {"recusee": set(), "a_declarer": set()} for demande in demandes
    }
    affectations = Affectation.objects.filter(
        demande__in=[demande.pk for demande in demandes], etat__in=["recusee", "a_declarer"]
    ).values_list("demande_id", "membre_id", "etat")
    for demande_id, membre_id, etat in affectations:
        ecartes[demande_id][etat].add(membre_id)

    def noms(ids: set[int]) -> tuple[str, ...]:
        return tuple(str(m) for pk, m in membres.items() if pk in ids)

    return {
        pk: Quorum(
            requis=quorum_requis(seance.appel),
            presents=len(presents - par_etat["recusee"] - par_etat["a_declarer"]),
            recuses=noms(par_etat["recusee"]),
            a_declarer=noms(par_etat["a_declarer"] & presents),
        )
        for pk, par_etat in ecartes.items()
    }


def quorum_de(seance: Seance, demande: Demande) -> Quorum:
    return quorums(seance, [demande])[demande.pk]


@dataclass(frozen=True)
class QuorumMenace:
    """Une demande dont les membres sans conflit ne suffisent plus, même tous présents."""

    demande: Demande
    restants: int


def quorums_menaces(appel: Appel, demandes: Iterable[Demande]) -> list[QuorumMenace]:
    """Les demandes où les récusations déclarées laissent moins de membres que le quorum.

    Deux requêtes, quel que soit le nombre de demandes.
    """
    demandes = list(demandes)
    membres = set(appel.membres.filter(actif=True).values_list("pk", flat=True))
    recuses: dict[int, int] = dict.fromkeys((demande.pk for demande in demandes), 0)
    for demande, membre in Affectation.objects.filter(
        demande__in=demandes, etat=Affectation.Etat.RECUSEE
    ).values_list("demande", "membre"):
        recuses[demande] += membre in membres
    return [
        QuorumMenace(demande, len(membres) - recuses[demande.pk])
        for demande in demandes
        if len(membres) - recuses[demande.pk] < quorum_requis(appel)
    ]
