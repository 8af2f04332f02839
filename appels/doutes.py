"""Ce qui mérite un second regard entre une demande et les autres : jamais décidé par la machine.

Trois doutes : le même projet déposé deux fois (ressemblance des textes), la même dépense réclamée
deux fois, l'argent public d'un organisme qui, d'une demande à l'autre, dépasse le cumul permis.
"""

from collections.abc import Iterable
from dataclasses import dataclass, replace

from django.contrib.postgres.search import TrigramSimilarity
from django.db.models import Q, QuerySet
from django.db.models.lookups import GreaterThan

from appels.cumul import aides_entre_demandes, se_recoupent
from appels.models import Demande, PosteDepense, VerdictDoute
from appels.regles import dollars

# Ressemblance de trigrammes, de 0 à 1 ; au-delà, les deux textes se lisent comme voisins.
TEXTE_VOISIN, PRECISION_VOISINE = 0.5, 0.6
TITRE_PRESQUE_PAREIL, TEXTE_PRESQUE_PAREIL = 0.6, 0.7
# Un résumé court ressemble à d'autres par hasard : seul, il ne fait pas douter.
RESUME_PARLANT = 80
REGARDEES_MAX = 20
SANS_SUITE = ("brouillon", "retiree", "irrecevable", "refusee")
Nature = VerdictDoute.Nature


@dataclass(frozen=True)
class Doute:
    """Un doute, la demande qui le cause, une phrase qui le dit, et ce qu'on en a conclu.

    ``autre`` est None quand des projets d'avant l'application en sont la cause.
    """

    nature: str
    autre: Demande | None
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
    siennes = demandes_soeurs(demande, autres)
    trouves = [Doute(Nature.DOUBLON, autre, _phrase_doublon(demande, autre)) for autre in voisines]
    postes = list(demande.postes.all())
    ailleurs = _avec_une_depense_pareille(demande, postes, candidates)
    for autre in (*siennes, *ailleurs):
        communes = _depenses_communes(postes, autre.postes.all())
        if communes and se_recoupent(demande, autre):
            trouves.append(Doute(Nature.DEPENSE, autre, _phrase_depense(communes)))
    trouves += doutes_de_cumul(demande, siennes)
    if not trouves:
        return []
    verdicts = {
        (verdict.nature, verdict.autre_id): verdict
        for verdict in demande.verdicts_doutes.select_related("tranche_par")
    }
    return [
        replace(d, verdict=verdicts.get((d.nature, d.autre.pk if d.autre else None)))
        for d in trouves
    ]


def demandes_soeurs(demande: Demande, autres: QuerySet[Demande]) -> list[Demande]:
    """Les autres demandes du même organisme qui peuvent encore recevoir de l'argent, ou en ont."""
    return list(
        autres.filter(organisme_id=demande.organisme_id)
        .exclude(pk=demande.pk)
        .exclude(etat__in=SANS_SUITE)
        .avec_budget()
        .select_related("appel", "organisme")
        .prefetch_related("decisions")
        .order_by("reference")
    )


def _voisines(demande: Demande, candidates: QuerySet[Demande]) -> list[Demande]:
    """Les demandes dont le titre ou le résumé ressemblent à ceux de ``demande``.

    Les index des trigrammes bornent la recherche : « trigram_similar » veut dire 0,3 au moins, le
    seuil de PostgreSQL. Quand beaucoup se ressemblent, comparer coûte : les clés d'abord, les
    demandes ensuite, pour ne comparer chacune qu'autant de fois qu'il le faut. D'elles, seul ce
    qu'un doute montre est lu.
    """
    if not demande.titre:
        return []
    titre = TrigramSimilarity("titre", demande.titre)
    texte = TrigramSimilarity("resume", demande.resume)
    ressemblent = Q(titre__trigram_similar=demande.titre) & (
        GreaterThan(texte, TEXTE_VOISIN) | GreaterThan(titre, TITRE_PRESQUE_PAREIL)
    )
    if len(demande.resume) >= RESUME_PARLANT:
        ressemblent |= Q(resume__trigram_similar=demande.resume) & Q(
            GreaterThan(texte, TEXTE_PRESQUE_PAREIL)
        )
    ordre = (texte.desc(), "reference")
    cles = candidates.filter(ressemblent).order_by(*ordre).values_list("pk", flat=True)
    return list(
        Demande.objects.filter(pk__in=list(cles[:REGARDEES_MAX]))
        .annotate(proche_titre=titre, proche_texte=texte)
        .select_related("organisme")
        .only("reference", "etat", "titre", "organisme__nom")
        .order_by(*ordre)
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


def _avec_une_depense_pareille(
    demande: Demande, postes: Iterable[PosteDepense], candidates: QuerySet[Demande]
) -> list[Demande]:
    """Ailleurs, une dépense de même précision au même cent : le hasard n'y suffit guère."""
    pareilles = Q()
    for poste in postes:
        if _mots(poste.libelle) and poste.montant:
            pareilles |= Q(
                categorie=poste.categorie, libelle__iexact=poste.libelle, montant=poste.montant
            )
    if not pareilles:
        return []
    trouves = PosteDepense.objects.filter(pareilles).values("demande")
    return list(
        candidates.filter(pk__in=trouves)
        .exclude(organisme_id=demande.organisme_id)
        .exclude(etat__in=SANS_SUITE)
        .select_related("appel", "organisme")
        .prefetch_related("postes")
        .order_by("reference")[:REGARDEES_MAX]
    )


def _phrase_depense(communes: list[tuple[PosteDepense, PosteDepense]]) -> str:
    dites = ", ".join(
        f"« {poste} » ({dollars(poste.montant)} ici, {dollars(pareil.montant)} là-bas)"
        for poste, pareil in communes[:5]
    )
    return f"Dans les deux budgets : {dites}. Est-ce la même dépense ?"


def doutes_de_cumul(demande: Demande, siennes: list[Demande]) -> list[Doute]:
    """Un doute par demande de la même période, quand ensemble elles dépassent le cumul permis ; un
    seul pour tous les projets d'avant l'application."""
    cumul = aides_entre_demandes(demande, siennes)
    # Un dictionnaire : sans demande, les lignes n'en font qu'une.
    causes = dict.fromkeys(ligne.demande for ligne in cumul.lignes_en_doute)
    return [Doute(Nature.CUMUL, autre, cumul.phrase) for autre in causes]
