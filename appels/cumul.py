"""L'argent public d'un organisme, d'une demande et d'une année à l'autre, contre le cumul permis.

La somme est un doute, pas une violation : elle suppose que tout paie les mêmes dépenses, ce que
seule une personne peut dire.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from decimal import Decimal

from appels.models import Demande
from appels.montants import SOURCES_PUBLIQUES, pourcentage
from appels.regles import dollars, regles_budget
from socle.models import Organisme

ZERO = Decimal("0.00")
Aide = tuple[str, str, Decimal]  # (source, précision, montant)


@dataclass(frozen=True)
class AidePassee:
    """Un projet d'avant l'application : ``reference`` est l'appel d'où il vient."""

    reference: str
    titre: str
    annee: int
    montant: Decimal


# Ce que les autres modules savent des projets d'avant l'application.
_lectures: list[Callable[[Organisme], list[AidePassee]]] = []


def declarer_aides_passees(lire: Callable[[Organisme], list[AidePassee]]) -> None:
    if lire not in _lectures:
        _lectures.append(lire)


@dataclass(frozen=True)
class LigneAide:
    """Un projet de l'organisme : ce que la Ville y met et l'autre argent public annoncé.

    ``ville`` est l'accordé quand une décision est en vigueur, sinon le demandé. ``autres`` ne
    reprend pas une aide que la demande examinée compte déjà (même source, même montant). Un projet
    d'avant l'application n'a pas de ``demande``.
    """

    reference: str
    titre: str
    annee: int
    ville: Decimal
    autres: Decimal
    meme_periode: bool
    demande: Demande | None = None

    @property
    def total(self) -> Decimal:
        return self.ville + self.autres


@dataclass(frozen=True)
class Cumul:
    """``total`` compte la demande et celles de la même période, en dollars."""

    lignes: list[LigneAide]
    total: Decimal
    limite: Decimal
    admissible: Decimal

    @property
    def lignes_en_doute(self) -> list[LigneAide]:
        if not self.admissible or self.total <= self.limite:
            return []
        return [ligne for ligne in self.lignes if ligne.meme_periode and ligne.total]

    @property
    def taux(self) -> Decimal | None:
        return pourcentage(self.total, self.admissible)

    @property
    def phrase(self) -> str:
        dites = ", ".join(
            f"{ligne.reference} ({dollars(ligne.total)})" for ligne in self.lignes_en_doute
        )
        return (
            "L'organisme compte aussi sur de l'argent public pour la même période\u00a0: "
            f"{dites}. Si c'est pour les mêmes dépenses, le cumul des aides publiques atteint "
            f"{str(self.taux).replace('.', ',')}\u00a0% des dépenses admissibles "
            f"({dollars(self.total)}, permis\u00a0: {dollars(self.limite)})."
        )


def aides_entre_demandes(demande: Demande, siennes: Iterable[Demande]) -> Cumul:
    """``siennes`` : les autres demandes de l'organisme, avec leurs revenus, leurs aides annoncées
    et leurs décisions déjà lus."""
    budget, regles = demande.budget(), regles_budget(demande)
    comptees = set(_aides(demande))
    lignes = []
    for autre in siennes:
        nouvelles = [aide for aide in _aides(autre) if aide not in comptees]
        meme_periode = se_recoupent(demande, autre)
        if meme_periode:
            comptees.update(nouvelles)
        lignes.append(
            LigneAide(
                reference=autre.reference,
                titre=autre.titre,
                annee=_annees(autre)[0],
                demande=autre,
                ville=_ville(autre),
                autres=sum((montant for *_, montant in nouvelles), ZERO),
                meme_periode=meme_periode,
            )
        )
    lignes += _lignes_passees(demande)
    ailleurs = sum((ligne.total for ligne in lignes if ligne.meme_periode), ZERO)
    return Cumul(
        lignes=sorted(lignes, key=lambda ligne: (-ligne.annee, ligne.reference)),
        total=budget.demande + budget.public + ailleurs,
        limite=regles.cumul_public_max * budget.admissible,
        admissible=budget.admissible,
    )


def _lignes_passees(demande: Demande) -> list[LigneAide]:
    """Les projets d'avant l'application ; sans leurs dates, leur année dit s'ils se recoupent."""
    debut, fin = _annees(demande)
    return [
        LigneAide(
            reference=aide.reference,
            titre=aide.titre,
            annee=aide.annee,
            ville=aide.montant,
            autres=ZERO,
            meme_periode=debut <= aide.annee <= fin,
        )
        for lire in _lectures
        for aide in lire(demande.organisme)
    ]


def _annees(demande: Demande) -> tuple[int, int]:
    """L'année où le projet commence et celle où il finit ; à défaut, celle de la clôture."""
    appel = demande.appel
    debut = (appel.projet_debut or appel.cloture).year
    return debut, appel.projet_fin.year if appel.projet_fin else debut


def _ville(demande: Demande) -> Decimal:
    decision = next((d for d in demande.decisions.all() if d.en_vigueur), None)
    if decision is not None and decision.montant_accorde:
        return decision.montant_accorde
    return demande.montant_demande or ZERO


def _aides(demande: Demande) -> list[Aide]:
    """L'argent public annoncé dans une demande, sans celui qu'elle demande à la Ville."""
    lues = [*demande.revenus.all(), *demande.aides_annoncees.all()]
    return [
        (aide.source, " ".join(aide.libelle.lower().split()), aide.montant)
        for aide in lues
        if aide.source in SOURCES_PUBLIQUES and aide.montant
    ]


def se_recoupent(demande: Demande, autre: Demande) -> bool:
    """Les deux projets ont des jours communs ; sans dates, on le suppose."""
    a, b = demande.appel, autre.appel
    if a.pk == b.pk:
        return True
    if None in (a.projet_debut, a.projet_fin, b.projet_debut, b.projet_fin):
        return True
    return a.projet_debut <= b.projet_fin and b.projet_debut <= a.projet_fin
