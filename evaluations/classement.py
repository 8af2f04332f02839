"""Le classement d'un appel (regles.md, 7) : par volet, par score, puis par code.

Une requête, quel que soit le nombre de demandes : la base tient leurs scores. Les rangs se comptent
sur les demandes que la personne peut voir : un trou dans les rangs trahirait celles qu'elle ne voit
pas.
"""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal
from itertools import groupby
from typing import Any

from django.db.models import QuerySet

from appels.models import Appel, Demande
from evaluations.bareme import a_une_decimale, ranger
from evaluations.lignes_classees import ProjetClasse
from evaluations.models import Evaluation
from evaluations.projets import projets_lus
from evaluations.visibilite import demandes_confiees, demandes_revelees_a


@dataclass(frozen=True)
class FicheComptee:
    """Une fiche qui compte dans le score : le code du membre et ses points sur 100."""

    code: str
    score: Decimal


@dataclass(frozen=True)
class LigneClassement:
    """Une demande et son score ; ``score`` et ``rang`` sont None sous le minimum de fiches."""

    demande: Demande | ProjetClasse
    score: Decimal | None
    ecart: Decimal
    alerte_ecart: bool
    passe: bool
    nb_fiches: int
    rang: int | None = None
    ex_aequo: bool = False


@dataclass(frozen=True)
class LigneAttendue:
    """Une demande que le membre lit et dont les fiches sont encore cachées : rien d'autre."""

    reference: str
    titre: str
    organisme: str
    volet: str


def lignes_de(
    appel: Appel, demandes: QuerySet[Demande] | None = None
) -> dict[int, LigneClassement]:
    """Par identifiant de demande, une ligne pour chacune qui a au moins une fiche comptée."""
    return {ligne.demande.pk: ligne for ligne in _lignes(appel, demandes)}


def classer(
    appel: Appel, demandes: QuerySet[Demande] | None = None
) -> dict[int, list[LigneClassement]]:
    """Par numéro de volet, les demandes qui ont un score, dans l'ordre du classement.

    ``demandes`` borne à ce que la personne peut voir ; sans elle, toutes (calculs du système).
    """
    volets: dict[int, list[LigneClassement]] = defaultdict(list)
    for ligne in _lignes(appel, demandes):
        if ligne.score is not None:
            volets[ligne.demande.volet.no].append(ligne)
    return dict(volets)


def notees(appel: Appel, demandes: QuerySet[Demande] | None = None) -> QuerySet[Demande]:
    """Les demandes qui ont au moins une fiche comptée, dans l'ordre du classement."""
    if demandes is None:
        demandes = Demande.objects.filter(appel=appel)
    return demandes.filter(volet__isnull=False, score_comite__fiches__gt=0).order_by(
        "volet__no", "-score_comite__moyenne", "code"
    )


def _lignes(appel: Appel, demandes: QuerySet[Demande] | None) -> Iterable[LigneClassement]:
    lues = notees(appel, demandes).select_related("organisme", "volet", "score_comite")
    for _, groupe in groupby(lues, key=lambda demande: demande.volet_id):
        du_volet = list(groupe)
        for demande in du_volet:
            demande.appel = appel
        classees = [d for d in du_volet if d.score_comite.fiches >= appel.evaluations_min]
        rangs = ranger([demande.score_comite.moyenne for demande in classees])
        for demande, (rang, ex_aequo) in zip(classees, rangs, strict=True):
            yield _ligne(appel, demande, rang, ex_aequo)
        for demande in du_volet:
            if demande.score_comite.fiches < appel.evaluations_min:
                yield _ligne(appel, demande, None, False)


def _ligne(appel: Appel, demande: Demande, rang: int | None, ex_aequo: bool) -> LigneClassement:
    compte = demande.score_comite
    return ligne_de(
        appel,
        demande,
        fiches=compte.fiches,
        moyenne=compte.moyenne,
        ecart=compte.ecart,
        rang=rang,
        ex_aequo=ex_aequo,
    )


def ligne_de(
    appel: Appel,
    demande: Demande | ProjetClasse,
    *,
    fiches: int,
    moyenne: Decimal,
    ecart: Decimal,
    rang: int | None,
    ex_aequo: bool,
) -> LigneClassement:
    """La ligne d'une demande : ses fiches comptées, leur moyenne et leur écart selon les règles de
    l'appel, au rang que le classement lui donne."""
    score = moyenne if fiches >= appel.evaluations_min else None
    return LigneClassement(
        demande=demande,
        score=score,
        ecart=a_une_decimale(ecart),
        alerte_ecart=ecart > appel.seuil_alerte_ecart,
        passe=score is not None and score >= appel.seuil_passage,
        nb_fiches=fiches,
        rang=rang,
        ex_aequo=ex_aequo,
    )


def fiches_de(demandes: Iterable[int]) -> dict[int, list[FicheComptee]]:
    """Les fiches comptées de ces demandes (identifiants), par code de membre ; une requête."""
    fiches: dict[int, list[FicheComptee]] = defaultdict(list)
    comptees = (
        Evaluation.objects.comptees()
        .filter(affectation__demande__in=list(demandes))
        .order_by("affectation__membre__code")
        .values_list("affectation__demande_id", "affectation__membre__code", "score")
    )
    for demande_id, code, score in comptees:
        fiches[demande_id].append(FicheComptee(code, score))
    return fiches


def attendues_par(utilisateur: Any, appel: Appel) -> list[LigneAttendue]:
    """Ce que le membre lit et dont il ne peut pas encore voir les fiches des autres."""
    revelees = demandes_revelees_a(utilisateur, appel)
    demandes = (
        demandes_confiees(utilisateur, appel)
        .exclude(pk__in=revelees.values("pk"))
        .select_related("appel", "organisme", "volet")
        .order_by("volet__no", "code")
    )
    return [
        LigneAttendue(
            reference=projet.reference,
            titre=projet.titre,
            organisme=projet.organisme.nom,
            volet=projet.volet,
        )
        for projet in projets_lus(demandes)
    ]
