"""La liste d'attente : qui peut être réveillé avec l'argent qui est là, ou revenu."""

from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from appels.models import Appel, Demande
from appels.montants import montant_maximal
from appels.regles import regles_budget
from financement.models import Decision
from financement.services.grand_livre import soldes_de
from socle import horloge

ZERO = Decimal("0.00")


@dataclass(frozen=True)
class EnAttente:
    """Une demande en attente ; ``libre`` : ce que les rangs d'avant elle lui laissent."""

    demande: Demande
    decision: Decision
    voulu: Decimal
    libre: Decimal
    a_son_tour: bool

    @property
    def est_echue(self) -> bool:
        return self.decision.attente_jusqu_au < horloge.aujourdhui()

    @property
    def manque(self) -> Decimal:
        return max(self.voulu - self.libre, ZERO)

    @property
    def est_reveillable(self) -> bool:
        """Sa place est valable, les rangs d'avant sont servis et l'argent y est."""
        return self.a_son_tour and not self.est_echue and not self.manque


def liste_d_attente(personne: Any, *appels: Appel) -> list[EnAttente]:
    """Par appel, volet et rang, les demandes en attente.

    Un rang, un tour, un reste disent ceux d'avant : qui est partie à une demande d'un appel n'en
    lit pas la liste (regles.md, 8).
    """
    appels = Appel.objects.sans_en_etre_partie(personne).filter(pk__in=[a.pk for a in appels])
    par_appel = soldes_de(appels)
    libres = {s.volet.pk: s.libre for soldes in par_appel.values() for s in soldes}
    return list(_servir([_place(decision) for decision in _decisions(appels)], libres))


def _decisions(appels: Iterable[Appel]) -> Any:
    demandes = (
        Demande.objects.filter(appel__in=appels, etat=Demande.Etat.LISTE_ATTENTE)
        .avec_budget()
        .select_related("appel", "organisme", "volet")
        .in_bulk()
    )
    decisions = Decision.objects.filter(demande__in=demandes.keys(), en_vigueur=True).order_by(
        "volet__appel__code", "volet__no", "rang_attente", "prise_le"
    )
    for decision in decisions:
        decision.demande = demandes[decision.demande_id]
        yield decision


def _place(decision: Decision) -> tuple[Decision, Decimal]:
    """La décision et ce que la demande recevrait : ce qui est demandé, sous le maximum permis."""
    demande = decision.demande
    maximum = montant_maximal(demande.budget(), regles_budget(demande))
    return decision, min(demande.montant_demande, maximum)


def _servir(
    places: Iterable[tuple[Decision, Decimal]], libres: dict[int, Decimal]
) -> Iterable[EnAttente]:
    """Sert les rangs dans l'ordre : qui ne peut pas l'être arrête ceux qui le suivent."""
    arretes: set[int] = set()
    for decision, voulu in places:
        volet = decision.volet_id
        place = EnAttente(
            decision.demande, decision, voulu, libres[volet], a_son_tour=volet not in arretes
        )
        yield place
        if place.est_echue:
            continue
        if place.est_reveillable:
            libres[volet] -= voulu
        else:
            arretes.add(volet)
