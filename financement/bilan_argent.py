"""L'argent du bilan : par volet, puis par bailleur et exercice, tel que le grand livre le porte."""

from collections import defaultdict
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from django.db.models import Sum

from appels.models import Appel
from financement.models import Mouvement
from financement.services.grand_livre import soldes_de

ZERO = Decimal("0.00")


@dataclass
class LigneVolet:
    """Un volet, en dollars, et ses projets ; ``depense`` : voir ``Projet.depense``."""

    cle: int
    nom: str
    enveloppe: Decimal
    accorde: Decimal
    engage: Decimal
    paye: Decimal
    membres: list[Any]
    depense: Decimal = ZERO

    @property
    def solde(self) -> Decimal:
        return self.enveloppe - self.accorde

    @property
    def projets(self) -> int:
        return len(self.membres)


@dataclass
class LigneSource:
    """Un bailleur et un exercice, en dollars ; ``parts`` : (accordé, versé) de chaque demande.

    ``depense`` : ce que les projets fermés en gardent.
    """

    bailleur: str
    exercice: int
    enveloppe: Decimal = ZERO
    parts: dict[int, list[Decimal]] = field(default_factory=dict)
    depense: Decimal = ZERO

    @property
    def accorde(self) -> Decimal:
        return sum((accorde for accorde, _ in self.parts.values()), ZERO)

    @property
    def verse(self) -> Decimal:
        return sum((verse for _, verse in self.parts.values()), ZERO)

    @property
    def solde(self) -> Decimal:
        return self.enveloppe - self.accorde

    @property
    def cle(self) -> str:
        return f"{self.bailleur}|{self.exercice}"

    @property
    def libelle(self) -> str:
        return f"{self.bailleur}, exercice finissant le 31 mars {self.exercice}"

    def ajouter(self, demande: int, nature: str, montant: Decimal, *, fermee: bool = False) -> None:
        part = self.parts.setdefault(demande, [ZERO, ZERO])
        if nature in NATURES:
            part[NATURES.index(nature)] += montant
        if fermee:
            self.depense += SIGNES_DE_LA_DEPENSE.get(nature, 0) * montant


NATURES = ("accord", "versement")
# Un projet fermé garde ce qui lui fut accordé, moins ce qu'il a rendu à l'enveloppe.
SIGNES_DE_LA_DEPENSE = {"accord": 1, "liberation": -1}


def par_source_et_volet(
    appels: list[Appel], projets: list[Any]
) -> tuple[list[LigneVolet], list[LigneSource]]:
    """Les lignes des volets de ``appels``, et celles de leurs sources, pour les seuls projets
    annoncés."""
    lignes: list[LigneVolet] = []
    sources: dict[tuple[str, int], LigneSource] = {}
    par_volet: dict[int, list[Any]] = defaultdict(list)
    for projet in projets:
        par_volet[projet.demande.volet_id].append(projet)
    par_credit = _par_credit(projets)
    fermees = {projet.demande.pk for projet in projets if projet.demande.etat == "fermee"}
    soldes = soldes_de(appels)
    for appel in appels:
        for solde in soldes[appel.pk]:
            siens = par_volet[solde.volet.pk]
            nom = str(solde.volet) if len(appels) == 1 else f"{appel.code}, {solde.volet}"
            lignes.append(
                LigneVolet(
                    cle=solde.volet.pk,
                    nom=nom,
                    enveloppe=solde.enveloppe,
                    accorde=sum((p.accorde for p in siens), ZERO),
                    engage=sum((p.engage for p in siens), ZERO),
                    paye=sum((p.verse for p in siens), ZERO),
                    membres=siens,
                    depense=sum((p.depense for p in siens), ZERO),
                )
            )
            for credit in solde.credits:
                cle = (credit.bailleur, credit.exercice)
                ligne = sources.setdefault(cle, LigneSource(*cle))
                ligne.enveloppe += credit.enveloppe
                for demande, *mouvement in par_credit.get(credit.pk, ()):
                    ligne.ajouter(demande, *mouvement, fermee=demande in fermees)
    return lignes, sorted(sources.values(), key=lambda s: (s.bailleur, s.exercice))


def _par_credit(projets: list[Any]) -> dict[int, list[tuple[int, str, Decimal]]]:
    """Ce que chaque crédit porte des seuls projets annoncés : (demande, nature, dollars)."""
    sommes: dict[int, list[tuple[int, str, Decimal]]] = defaultdict(list)
    for credit, *mouvement in (
        Mouvement.objects.filter(demande__in=[projet.demande.pk for projet in projets])
        .order_by()
        .values_list("credit", "demande", "nature")
        .annotate(total=Sum("montant"))
    ):
        sommes[credit].append(tuple(mouvement))
    return sommes
