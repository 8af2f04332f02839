"""Le classement d'un appel (regles.md, 7) : par volet, par score, puis par code.

Deux requêtes, quel que soit le nombre de demandes. Les rangs se comptent sur les demandes que la
personne peut voir : un trou dans les rangs trahirait celles qu'elle ne voit pas.
"""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from decimal import Decimal
from typing import Any

from django.db.models import QuerySet

from appels.models import Appel, Demande
from evaluations import bareme
from evaluations.models import Evaluation
from evaluations.projets import ProjetLu, projets_lus
from evaluations.visibilite import demandes_confiees, demandes_revelees_a


@dataclass(frozen=True)
class FicheComptee:
    """Une fiche qui compte dans le score : le code du membre et ses points sur 100."""

    code: str
    score: Decimal


@dataclass(frozen=True)
class LigneClassement:
    """Une demande et son score ; ``score`` et ``rang`` sont None sous le minimum de fiches."""

    demande: Demande | ProjetLu
    score: Decimal | None
    ecart: Decimal | None
    alerte_ecart: bool
    passe: bool
    nb_fiches: int
    fiches: tuple[FicheComptee, ...] = field(default=(), repr=False)
    rang: int | None = None
    ex_aequo: bool = False


@dataclass(frozen=True)
class LigneAttendue:
    """Une demande que le membre lit et dont les fiches sont encore cachées : rien d'autre."""

    reference: str
    titre: str
    organisme: str
    volet: str


def lignes_de(appel: Appel, demandes: QuerySet[Demande] | None = None) -> dict[int, Any]:
    """Par identifiant de demande, une ligne pour chacune qui a au moins une fiche comptée."""
    return {
        ligne.demande.pk: ligne
        for rangs in _par_volet(appel, demandes).values()
        for ligne in rangs
        if ligne.nb_fiches
    }


def classer(
    appel: Appel, demandes: QuerySet[Demande] | None = None
) -> dict[int, list[LigneClassement]]:
    """Par numéro de volet, les demandes qui ont un score, dans l'ordre du classement.

    ``demandes`` borne à ce que la personne peut voir ; sans elle, toutes (calculs du système).
    """
    return {
        no: [ligne for ligne in lignes if ligne.score is not None]
        for no, lignes in _par_volet(appel, demandes).items()
    }


def classer_pour(
    utilisateur: Any, appel: Appel, *, au_comite: bool = False
) -> dict[int, list[LigneClassement]]:
    """Le classement de ce que la personne peut voir, et de cela seulement.

    ``au_comite`` : chaque demande y est le projet tel que le comité le lit, sans nom s'il le faut.
    """
    volets = classer(appel, demandes_revelees_a(utilisateur, appel))
    if not au_comite:
        return volets
    lignes = [ligne for du_volet in volets.values() for ligne in du_volet]
    projets = {projet.pk: projet for projet in projets_lus(ligne.demande for ligne in lignes)}
    return {
        no: [replace(ligne, demande=projets[ligne.demande.pk]) for ligne in du_volet]
        for no, du_volet in volets.items()
    }


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


def _par_volet(
    appel: Appel, demandes: QuerySet[Demande] | None
) -> dict[int, list[LigneClassement]]:
    if demandes is None:
        demandes = Demande.objects.filter(appel=appel)
    demandes = demandes.exclude(volet=None)
    fiches: dict[int, list[FicheComptee]] = defaultdict(list)
    comptees = (
        Evaluation.objects.comptees()
        .filter(affectation__demande__in=demandes.order_by().values("pk"))
        .order_by("affectation__membre__code")
        .values_list("affectation__demande_id", "affectation__membre__code", "score")
    )
    for demande_id, code, score in comptees:
        fiches[demande_id].append(FicheComptee(code, score))
    volets: dict[int, list[LigneClassement]] = {}
    for demande in demandes.select_related("organisme", "volet").order_by("volet__no", "code"):
        ligne = _ligne(appel, demande, fiches.get(demande.pk, []))
        volets.setdefault(demande.volet.no, []).append(ligne)
    return {no: _ranger(lignes) for no, lignes in volets.items()}


def _ligne(appel: Appel, demande: Demande, fiches: list[FicheComptee]) -> LigneClassement:
    demande.appel = appel
    scores = [fiche.score for fiche in fiches]
    score = bareme.score_demande(scores, minimum=appel.evaluations_min)
    return LigneClassement(
        demande=demande,
        score=score,
        ecart=bareme.ecart(scores),
        alerte_ecart=bareme.ecart_alerte(scores, seuil=appel.seuil_alerte_ecart),
        passe=score is not None and score >= appel.seuil_passage,
        nb_fiches=len(fiches),
        fiches=tuple(fiches),
    )


def _ranger(lignes: Iterable[LigneClassement]) -> list[LigneClassement]:
    """Les lignes par score puis par code, avec leur rang ; égales, elles partagent le rang."""
    classees = sorted(
        (ligne for ligne in lignes if ligne.score is not None),
        key=lambda ligne: (-ligne.score, ligne.demande.code),
    )
    nombre: dict[Decimal, int] = defaultdict(int)
    for ligne in classees:
        nombre[ligne.score] += 1
    rangs: dict[Decimal, int] = {}
    rangees = []
    for position, ligne in enumerate(classees, start=1):
        rang = rangs.setdefault(ligne.score, position)
        rangees.append(replace(ligne, rang=rang, ex_aequo=nombre[ligne.score] > 1))
    return rangees + [ligne for ligne in lignes if ligne.score is None]
