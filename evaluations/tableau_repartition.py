"""La répartition des lectures prête pour une page : charges, lignes, effets d'un déplacement."""

from collections import defaultdict
from dataclasses import dataclass
from functools import cached_property

from appels.models import Demande
from evaluations.lectures_a_repartir import demandes_a_confier, membres_du_comite
from evaluations.models import MembreComite, Repartition
from evaluations.repartition import EGALISE, Bilan, Paire, Probleme, deplacer, juger, raisons
from evaluations.services.repartition import paires_de, probleme_de
from socle.graphiques import Ligne


@dataclass(frozen=True)
class Lecture:
    """Une lecture proposée : par qui, pourquoi, et si elle peut encore changer de mains."""

    membre: MembreComite
    raisons: list[str]
    est_gardee: bool
    est_deplacee: bool


@dataclass(frozen=True)
class LigneRepartition:
    demande: Demande
    lectures: list[Lecture]


@dataclass(frozen=True)
class Effet:
    """Ce que deviendrait la répartition si ce membre lisait la demande ; ``refus`` s'il ne peut."""

    membre: MembreComite
    charge: int
    refus: str = ""
    ecart: int = 0
    points: int = 0
    raisons: tuple[str, ...] = ()

    @property
    def charge_apres(self) -> int:
        return self.charge + 1


class TableauRepartition:
    """Ce que montre une proposition ; les noms de la base y rejoignent le calcul."""

    def __init__(self, repartition: Repartition) -> None:
        self.repartition = repartition
        employe, appel = repartition.proposee_par, repartition.appel
        self.demandes = {d.pk: d for d in demandes_a_confier(employe, appel)}
        self.membres = {m.pk: m for m in membres_du_comite(appel)}

    @cached_property
    def probleme(self) -> Probleme:
        return probleme_de(
            self.repartition,
            demandes=list(self.demandes.values()),
            membres=list(self.membres.values()),
        )

    @property
    def est_perimee(self) -> bool:
        """Ce qui a changé depuis le calcul pourrait changer la réponse."""
        return self.probleme.empreinte != self.repartition.empreinte

    @cached_property
    def paires(self) -> list[Paire]:
        """Sans ce qui a disparu depuis le calcul : demande retirée, membre parti."""
        return [
            (demande, membre)
            for demande, membre in paires_de(self.repartition)
            if demande in self.demandes and membre in self.membres
        ]

    @cached_property
    def bilan(self) -> Bilan:
        return juger(self.probleme, self.paires)

    @property
    def limites_propres(self) -> bool:
        """Un membre au moins a dit ce qu'il accepte de lire : la limite commune n'y peut rien."""
        return any(membre.charge_max for membre in self.membres.values())

    @property
    def nouvelles(self) -> int:
        return sum(1 for paire in self.paires if paire not in self.probleme.gardees)

    @property
    def charges(self) -> list[Ligne]:
        """Une barre par membre, du plus chargé au moins chargé."""
        return [
            Ligne(f"{membre.code} · {membre}", self.bilan.charges[membre.pk])
            for membre in sorted(
                self.membres.values(), key=lambda m: (-self.bilan.charges[m.pk], m.code)
            )
        ]

    @cached_property
    def lignes(self) -> list[LigneRepartition]:
        deplacees = {tuple(paire) for paire in self.repartition.deplacees}
        par_demande = defaultdict(list)
        for paire in self.paires:
            par_demande[paire[0]].append(
                Lecture(
                    membre=self.membres[paire[1]],
                    raisons=raisons(self.probleme, paire, a_la_main=paire in deplacees),
                    est_gardee=paire in self.probleme.gardees,
                    est_deplacee=paire in deplacees,
                )
            )
        return [LigneRepartition(demande, par_demande[pk]) for pk, demande in self.demandes.items()]

    def effets(self, demande: Demande, de: MembreComite) -> list[Effet]:
        """Chaque autre membre à la place de ``de``, du meilleur effet au moins bon."""
        effets = [
            self._effet((demande.pk, de.pk), membre)
            for membre in self.membres.values()
            if membre.pk != de.pk
        ]
        return sorted(effets, key=lambda e: (bool(e.refus), e.ecart, -e.points, e.membre.code))

    def _effet(self, paire: Paire, vers: MembreComite) -> Effet:
        charge = self.bilan.charges[vers.pk]
        try:
            apres = deplacer(self.probleme, self.paires, paire, vers.pk)
        except ValueError as refus:
            return Effet(vers, charge, str(refus))
        bilan = juger(self.probleme, apres)
        return Effet(
            vers,
            charge,
            ecart=bilan.ecart,
            points=bilan.points,
            raisons=tuple(
                raison
                for raison in raisons(self.probleme, (paire[0], vers.pk))
                if raison != EGALISE  # vrai du calcul, pas d'un choix à la main
            ),
        )
