"""L'ordre d'un appel et ce que valent ses chiffres, pour ce qu'une personne peut en voir.

Les calculs sont dans ``statistiques.py`` ; ici, ce qu'on leur donne : les seules demandes révélées
à la personne. Un membre récusé ne peut donc rien déduire de la demande qu'il ne voit pas.

Une analyse lit toutes les fiches : elle est gardée en cache sous une clé qui change avec elles, et
une page de 50 demandes sur 5 000 n'a plus qu'à y prendre les siennes (docs/adr/0015).
"""

import hashlib
import math
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, NamedTuple

import numpy as np
from django.core.cache import cache
from django.db.models import Count, QuerySet, Sum

from appels.models import Appel, Demande, Volet
from evaluations import statistiques
from evaluations.bareme import ranger
from evaluations.classement import notees
from evaluations.models import Evaluation, ScoreDemande
from evaluations.visibilite import Perimetre, perimetre

DUREE_CACHE = 7 * 24 * 3600
INCERTAIN = (10, 90)


@dataclass(frozen=True)
class ChiffresDemande:
    """À côté du score : la moyenne corrigée, l'écart-type, et la solidité en pour cent."""

    corrigee: Decimal
    ecart_type: Decimal | None
    solidite: Decimal | None

    @property
    def incertaine(self) -> bool:
        """La place tient à qui a lu : de 10 à 90 tirages sur cent restent au-dessus de la ligne."""
        return self.solidite is not None and INCERTAIN[0] < self.solidite < INCERTAIN[1]


@dataclass(frozen=True)
class Severite:
    """Les points qu'un membre donne au-dessus (ou au-dessous) des autres, et ses fiches."""

    membre_id: int
    effet: Decimal
    fiches: int

    @property
    def incertaine(self) -> bool:
        return self.fiches < statistiques.FICHES_POUR_JUGER


class Place(NamedTuple):
    """La place d'une demande : son rang, s'il est partagé, et le montant cumulé jusqu'à elle."""

    demande_id: int
    rang: int
    ex_aequo: bool
    cumul: Decimal


@dataclass(frozen=True)
class Ordre:
    """Les demandes classées d'un volet, de la première à la dernière (rangées NumPy).

    ``cumuls`` : en cents, ce que demandent les premières jusqu'à elle, sans celles sous le seuil.
    """

    identifiants: Any
    rangs: Any
    egalites: Any
    cumuls: Any

    def __len__(self) -> int:
        return len(self.identifiants)

    def tranche(self, debut: int, fin: int) -> list[Place]:
        """Les places de ``debut`` à ``fin`` (exclue)."""
        return [
            Place(int(pk), int(rang), bool(egale), Decimal(int(cumul)) / 100)
            for pk, rang, egale, cumul in zip(
                self.identifiants[debut:fin],
                self.rangs[debut:fin],
                self.egalites[debut:fin],
                self.cumuls[debut:fin],
                strict=True,
            )
        ]


@dataclass(frozen=True)
class Analyse:
    """Les chiffres d'un ensemble de demandes ; ``de`` donne ceux d'une demande.

    ``ordres`` : par identifiant de volet. ``groupes`` : le nombre d'ensembles de demandes sans
    aucun membre en commun. ``tous_ont_tout_lu`` : la correction ne change alors aucune moyenne.
    """

    ordres: dict[int, Ordre]
    identifiants: Any
    valeurs: Any
    severites: tuple[Severite, ...]
    alpha: float | None
    fidelite: statistiques.Fidelite | None
    groupes: int
    tous_ont_tout_lu: bool

    def __bool__(self) -> bool:
        """Vrai quand une fiche au moins y est comptée."""
        return len(self.identifiants) > 0

    def de(self, demande_id: int) -> ChiffresDemande | None:
        place = int(np.searchsorted(self.identifiants, demande_id))
        if place == len(self.identifiants) or self.identifiants[place] != demande_id:
            return None
        corrigee, ecart_type, solidite = self.valeurs[place].tolist()
        return ChiffresDemande(
            _decimal(corrigee, 1), _decimal(ecart_type, 1), _decimal(solidite * 100, 0)
        )


def _decimal(valeur: float, decimales: int) -> Decimal | None:
    """Un nombre à ``decimales`` décimales, demie vers le haut ; None quand il n'y en a pas."""
    if math.isnan(valeur):
        return None
    dizaines = 10**decimales
    return Decimal(math.floor(round(valeur * dizaines, 6) + 0.5)).scaleb(-decimales)


def analyse_pour(utilisateur: Any, appel: Appel) -> Analyse:
    """L'analyse de ce qui est révélé à la personne, et de cela seulement."""
    return analyser(appel, perimetre(utilisateur, appel))


def analyser(appel: Appel, vu: Perimetre, volets: Sequence[Volet] | None = None) -> Analyse:
    """L'analyse d'un périmètre. Une fiche, une règle, une enveloppe changée la fait recalculer.

    La somme des versions ne peut que croître : deux états des fiches n'ont pas la même.
    """
    volets = volets_de(appel) if volets is None else volets
    fiches = ScoreDemande.objects.filter(appel=appel).aggregate(
        demandes=Count("pk"), versions=Sum("version")
    )
    regles = (appel.evaluations_min, appel.seuil_passage)
    enveloppes = [(volet.pk, volet.enveloppe_actuelle) for volet in volets]
    texte = repr((vu, fiches["demandes"], fiches["versions"], regles, enveloppes))
    cle = f"analyse:{appel.pk}:{hashlib.sha256(texte.encode()).hexdigest()}"
    analyse = cache.get(cle)
    if analyse is None:
        demandes = vu.borner(Demande.objects.filter(appel=appel), "pk")
        analyse = _calculer(appel, volets, demandes)
        cache.set(cle, analyse, DUREE_CACHE)
    return analyse


def volets_de(appel: Appel) -> list[Volet]:
    """Les volets, avec ce qui fait leur enveloppe d'aujourd'hui."""
    return list(appel.volets.prefetch_related("credits"))


def _calculer(appel: Appel, volets: Sequence[Volet], demandes: QuerySet[Demande]) -> Analyse:
    lues = [
        _Lue(*ligne)
        for ligne in notees(appel, demandes).values_list(
            "pk", "volet_id", "code", "montant_demande", "score_comite__moyenne",
            "score_comite__fiches",
        )
    ]  # fmt: skip
    par_pk = sorted(lue.pk for lue in lues)
    colonnes = {pk: rang for rang, pk in enumerate(par_pk)}
    membres, tableau = _tableau(colonnes, demandes)
    correction = statistiques.corriger(tableau)
    classees = {
        volet: [x for x in lues if x.volet_id == volet.pk and x.fiches >= appel.evaluations_min]
        for volet in volets
    }
    lignes = [_ligne(appel, volet, du_volet, colonnes) for volet, du_volet in classees.items()]
    presentes = ~np.isnan(tableau)
    valeurs = (
        correction.moyennes,
        statistiques.ecarts_types(tableau),
        statistiques.solidite(tableau, lignes),
    )
    return Analyse(
        ordres={volet.pk: _ordre(appel, du_volet) for volet, du_volet in classees.items()},
        identifiants=np.array(par_pk, dtype=np.int64),
        valeurs=np.column_stack(valeurs),
        severites=tuple(
            Severite(pk, _decimal(correction.effets[rang], 1), int(compte))
            for (pk, rang), compte in zip(membres.items(), presentes.sum(axis=1), strict=True)
        ),
        alpha=statistiques.alpha_krippendorff(tableau),
        fidelite=statistiques.fidelite(tableau),
        groupes=correction.nombre_de_groupes,
        tous_ont_tout_lu=bool(presentes.all()),
    )


class _Lue(NamedTuple):
    pk: int
    volet_id: int
    code: str
    montant: Decimal | None
    moyenne: Decimal
    fiches: int


def _tableau(
    colonnes: dict[int, int], demandes: QuerySet[Demande]
) -> tuple[dict[int, int], statistiques.Tableau]:
    """La rangée de chaque membre (par identifiant), et ses fiches dans les colonnes données."""
    fiches = [
        fiche
        for fiche in Evaluation.objects.comptees()
        .filter(affectation__demande__in=demandes.order_by().values("pk"))
        .values_list("affectation__demande_id", "affectation__membre_id", "score")
        if fiche[0] in colonnes
    ]
    membres = {pk: rang for rang, pk in enumerate(sorted({fiche[1] for fiche in fiches}))}
    tableau = np.full((len(membres), len(colonnes)), np.nan)
    for demande_id, membre_id, score in fiches:
        tableau[membres[membre_id], colonnes[demande_id]] = float(score)
    return membres, tableau


def _ordre(appel: Appel, classees: list[_Lue]) -> Ordre:
    rangs = ranger([lue.moyenne for lue in classees])
    cents = [
        int((lue.montant or 0) * 100) if lue.moyenne >= appel.seuil_passage else 0
        for lue in classees
    ]
    return Ordre(
        identifiants=np.array([lue.pk for lue in classees], dtype=np.int64),
        rangs=np.array([rang for rang, _ in rangs], dtype=np.int32),
        egalites=np.array([egale for _, egale in rangs], dtype=bool),
        cumuls=np.cumsum(np.array(cents, dtype=np.int64)),
    )


def _ligne(
    appel: Appel, volet: Volet, classees: list[_Lue], colonnes: dict[int, int]
) -> statistiques.Ligne:
    """Ce qui place la ligne d'un volet ; à score égal, le code départage."""
    par_code = sorted(classees, key=lambda lue: lue.code)
    return statistiques.Ligne(
        colonnes=[colonnes[lue.pk] for lue in par_code],
        montants=[float(lue.montant or 0) for lue in par_code],
        enveloppe=float(volet.enveloppe_actuelle),
        seuil=float(appel.seuil_passage),
    )
