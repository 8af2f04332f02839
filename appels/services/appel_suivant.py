"""L'appel suivant : un brouillon qui reprend tout d'un appel terminé, prêt à être ajusté."""

import datetime as dt
import re
from collections.abc import Collection, Iterable
from decimal import Decimal
from typing import Any

from django.db import transaction
from django.utils import timezone

from appels.models import Appel
from appels.services.appels import creer_appel
from socle import horloge
from socle.droits import exiger_permission
from socle.exceptions import RegleViolee
from socle.journal import journaliser

TERMINES = (Appel.Etat.DECIDE, Appel.Etat.ARCHIVE)
# Ce qui se décale d'autant d'années que l'ouverture.
DATES = (
    "ouverture",
    "cloture",
    "seance_information",
    "seance_comite",
    "seance_conseil",
    "projet_debut",
    "projet_fin",
    "rapport_etape_le",
    "rapport_final_le",
)
# Ce qui se reprend tel quel ; les agents l'ajustent avant de publier.
REGLES = (
    "presentation",
    "admissibilite",
    "depenses_admissibles",
    "contact",
    "taux_aide_max",
    "cumul_public_max",
    "contribution_milieu_min",
    "frais_administration_max",
    "seuil_passage",
    "seuil_alerte_ecart",
    "quorum",
    "evaluations_min",
    "lecture_anonyme",
    "ecart_poste_sans_avenant",
    "reexamen_jours",
    "plan_versements",
    "indicateurs",
)
CRITERE = ("code", "libelle", "description", "poids", "note_min", "note_max", "echelle")
PIECE = ("code", "libelle", "description", "obligatoire", "genre_dossier")
CONDITION = ("question", "reponse_attendue", "eliminatoire", "explication")


def champs_proposes(source: Appel) -> dict[str, Any]:
    """Le nom, le code et les dates que la page propose pour la suite de ``source``.

    Les dates avancent d'années entières, jusqu'à une ouverture à venir.
    """
    annees = 1
    while _decaler(source.ouverture, annees) <= horloge.maintenant():
        annees += 1
    return {
        "code": code_suivant(source.code, annees, Appel.objects.values_list("code", flat=True)),
        "titre": _annees_decalees(source.titre, annees),
        "delai_complement_jours": source.delai_complement_jours,
        **{nom: _decaler(getattr(source, nom), annees) for nom in DATES},
    }


def code_suivant(code: str, annees: int, pris: Collection[str]) -> str:
    """« AP-2026-01 » donne « AP-2027-01 », ou le premier numéro libre de l'année.

    Vide quand le code ne suit pas cette forme : la personne l'écrit.
    """
    lu = re.fullmatch(r"(.*?)(20\d\d)-(\d+)", code)
    if lu is None:
        return ""
    debut, annee, numero = lu[1], int(lu[2]) + annees, lu[3]
    pris = set(pris)
    rang = int(numero)
    while (propose := f"{debut}{annee}-{rang:0{len(numero)}d}") in pris:
        rang += 1
    return propose


def _annees_decalees(titre: str, annees: int) -> str:
    """Le titre, où une année écrite (« 2026 », « 2026-2027 ») avance avec les dates."""
    return re.sub(r"\b20\d\d\b", lambda lu: str(int(lu[0]) + annees), titre)


def _decaler(date: Any, annees: int) -> Any:
    """La même date, ``annees`` plus tard ; à la même heure de Trois-Rivières."""
    if date is None:
        return None
    if isinstance(date, dt.datetime):
        local = timezone.localtime(date)
        jour = _decaler(local.date(), annees)
        return timezone.make_aware(dt.datetime.combine(jour, local.time()))
    try:
        return date.replace(year=date.year + annees)
    except ValueError:
        return date.replace(year=date.year + annees, day=28)


@transaction.atomic
def preparer_appel_suivant(
    *,
    acteur: Any,
    source: Appel,
    champs: dict[str, Any],
    objectifs: Iterable[Any] = (),
    besoins: Iterable[Any] = (),
) -> Appel:
    """Crée le brouillon qui suit ``source`` : ``champs`` et besoins donnés, tout le reste repris.

    Repris : textes, règles, volets et leurs sources, critères, documents demandés, conditions,
    formulaires de la demande et des rapports. L'argent repris est celui prévu à la publication.
    """
    exiger_permission(acteur, "appel.tirer_enseignements", source)
    if source.etat not in TERMINES:
        raise RegleViolee("L'appel suivant se prépare d'un appel décidé ou archivé.", code="etat")
    appel = creer_appel(
        acteur=acteur,
        plan=source.plan,
        champs={nom: getattr(source, nom) for nom in REGLES} | champs,
        volets=_volets(source),
        criteres=list(source.criteres.values(*CRITERE)),
        pieces=source.pieces_exigees.values(*PIECE),
        objectifs=objectifs,
        besoins=besoins,
        formulaires_de=source,
        conditions=source.conditions.values(*CONDITION),
    )
    journaliser(
        acteur=acteur, verbe="appel.reprendre", objet=appel, details={"source": source.code}
    )
    return appel


def _volets(source: Appel) -> list[dict[str, Any]]:
    """Les volets et leurs sources ; un bailleur de deux exercices devient une seule source."""
    resultat = []
    for volet in source.volets.prefetch_related("sources"):
        montants: dict[str, Decimal] = {}
        for part in volet.sources.all():
            montants[part.bailleur] = montants.get(part.bailleur, Decimal(0)) + part.montant
        resultat.append(
            {
                "no": volet.no,
                "nom": volet.nom,
                "description": volet.description,
                "plafond": volet.plafond,
                "sources": [
                    {"bailleur": bailleur, "montant": montant}
                    for bailleur, montant in montants.items()
                ],
            }
        )
    return resultat
