"""Ce qui mérite un second regard entre une demande et les autres : jamais décidé par la machine.

Trois doutes : le même projet déposé deux fois (ressemblance des textes), la même dépense réclamée
deux fois par un organisme, des aides de la Ville qui s'ajoutent au-delà du cumul permis.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal

from django.contrib.postgres.search import TrigramSimilarity
from django.db.models import Q, QuerySet

from appels.models import Demande, PosteDepense, VerdictDoute
from appels.montants import pourcentage
from appels.regles import dollars, regles_budget

# Ressemblance de trigrammes, de 0 à 1 ; au-delà, les deux textes se lisent comme voisins.
TITRE_VOISIN, TEXTE_VOISIN, PRECISION_VOISINE = 0.3, 0.5, 0.6
REGARDEES_MAX = 20
SANS_SUITE = ("brouillon", "retiree", "irrecevable", "refusee")
Nature = VerdictDoute.Nature


@dataclass(frozen=True)
class Doute:
    """Un doute, la demande qui le cause, une phrase qui le dit, et ce qu'on en a conclu."""

    nature: str
    autre: Demande
    phrase: str
    verdict: VerdictDoute | None = None

    @property
    def libelle(self) -> str:
        return str(Nature(self.nature).label)


def doutes_sur(demande: Demande, autres: QuerySet[Demande]) -> list[Doute]:
    """Les doutes sur ``demande``, cherchés parmi ``autres`` (ce que la personne peut voir).

    Un nombre constant de requêtes.
    """
    candidates = autres.exclude(pk=demande.pk).exclude(etat="brouillon")
    voisines = _voisines(demande, candidates)
    siennes = list(
        candidates.filter(organisme_id=demande.organisme_id)
        .exclude(etat__in=SANS_SUITE)
        .select_related("appel", "organisme")
        .prefetch_related("postes")
    )
    trouves = [Doute(Nature.DOUBLON, autre, _phrase_doublon(demande, autre)) for autre in voisines]
    postes = list(demande.postes.all())
    for autre in siennes:
        if communes := _depenses_communes(postes, autre.postes.all()):
            trouves.append(Doute(Nature.DEPENSE, autre, _phrase_depense(communes)))
    trouves += _cumul(demande, siennes)
    verdicts = {
        (verdict.nature, verdict.autre_id): verdict
        for verdict in demande.verdicts_doutes.select_related("tranche_par")
    }
    return [
        Doute(d.nature, d.autre, d.phrase, verdicts.get((d.nature, d.autre.pk))) for d in trouves
    ]


def _voisines(demande: Demande, candidates: QuerySet[Demande]) -> list[Demande]:
    """Les demandes dont le titre et le résumé ressemblent à ceux de ``demande``.

    L'index des trigrammes du titre borne la recherche ; le même organisme se regarde toujours.
    """
    if not demande.titre:
        return []
    return list(
        candidates.filter(
            Q(titre__trigram_similar=demande.titre) | Q(organisme_id=demande.organisme_id)
        )
        .annotate(
            proche_titre=TrigramSimilarity("titre", demande.titre),
            proche_texte=TrigramSimilarity("resume", demande.resume),
        )
        .filter(
            Q(proche_texte__gt=TEXTE_VOISIN) | Q(proche_titre__gt=0.6),
            proche_titre__gt=TITRE_VOISIN,
        )
        .select_related("appel", "organisme")
        .order_by("-proche_texte", "reference")[:REGARDEES_MAX]
    )


def _phrase_doublon(demande: Demande, autre: Demande) -> str:
    qui = (
        "du même organisme"
        if autre.organisme_id == demande.organisme_id
        else f"de {autre.organisme.nom}"
    )
    part = max(autre.proche_texte, autre.proche_titre)
    return f"« {autre.titre} », {qui}, ressemble à celui-ci à {round(part * 100)}\u00a0%."


def _mots(texte: str) -> frozenset[str]:
    return frozenset(mot for mot in texte.lower().split() if len(mot) > 2)


def _se_ressemblent(une: str, autre: str) -> bool:
    """Deux précisions disent la même chose : assez de mots communs."""
    a, b = _mots(une), _mots(autre)
    return bool(a and b) and len(a & b) / len(a | b) >= PRECISION_VOISINE


def _depenses_communes(
    postes: Iterable[PosteDepense], autres: Iterable[PosteDepense]
) -> list[tuple[PosteDepense, PosteDepense]]:
    """Même catégorie, précision voisine ; sans précision, le même montant au cent près."""
    autres = list(autres)
    return [
        (poste, pareil)
        for poste in postes
        for pareil in autres
        if poste.categorie == pareil.categorie
        and poste.montant
        and (
            _se_ressemblent(poste.libelle, pareil.libelle)
            or (not poste.libelle and not pareil.libelle and poste.montant == pareil.montant)
        )
    ]


def _phrase_depense(communes: list[tuple[PosteDepense, PosteDepense]]) -> str:
    dites = ", ".join(
        f"« {poste} » ({dollars(poste.montant)} ici, {dollars(pareil.montant)} là-bas)"
        for poste, pareil in communes[:5]
    )
    return f"Dans les deux budgets : {dites}. Est-ce la même dépense ?"


def _cumul(demande: Demande, siennes: list[Demande]) -> list[Doute]:
    """Si l'aide d'un autre projet voisin s'ajoutait à celle-ci, le cumul permis tiendrait-il ?"""
    regles, budget = regles_budget(demande), demande.budget()
    trouves = []
    for autre in siennes:
        montant = autre.montant_demande or Decimal(0)
        total = budget.demande + budget.public + montant
        if not budget.admissible or total <= regles.cumul_public_max * budget.admissible:
            continue
        if not _se_recoupent(demande, autre):
            continue
        phrase = (
            f"L'organisme a aussi demandé {dollars(montant)} à la Ville pour la même période. Si "
            "c'est pour les mêmes dépenses, le cumul des aides publiques atteint "
            f"{str(pourcentage(total, budget.admissible)).replace('.', ',')}\u00a0% "
            "des dépenses admissibles."
        )
        trouves.append(Doute(Nature.CUMUL, autre, phrase))
    return trouves


def _se_recoupent(demande: Demande, autre: Demande) -> bool:
    """Les deux projets ont des jours communs ; sans dates, on le suppose."""
    a, b = demande.appel, autre.appel
    if a.pk == b.pk:
        return True
    if None in (a.projet_debut, a.projet_fin, b.projet_debut, b.projet_fin):
        return True
    return a.projet_debut <= b.projet_fin and b.projet_debut <= a.projet_fin
