"""Les chiffres du comité dits en mots, avec leurs limites, à qui ne fait pas de statistique."""

from dataclasses import dataclass
from decimal import Decimal

from appels.models import Appel
from evaluations.analyse import Analyse
from evaluations.models import MembreComite
from evaluations.statistiques import FICHES_POUR_JUGER

# Krippendorff : à 0,800 on conclut ; de 0,667 à 0,800, avec prudence ; en dessous, non.
ACCORD_FORT = 0.8
ACCORD_PRUDENT = 2 / 3
PETIT_COMITE = 5


@dataclass(frozen=True)
class SeveriteLue:
    """Un membre, par son code : les points qu'il donne de plus ou de moins que les autres."""

    code: str
    effet: Decimal
    fiches: int
    incertaine: bool


@dataclass(frozen=True)
class Explication:
    """L'analyse prête à lire. ``alpha`` et les ICC ont deux décimales, ou sont None."""

    alpha: Decimal | None
    accord: str
    icc_fiche: Decimal | None
    icc_moyenne: Decimal | None
    fidelite: str
    severites: list[SeveriteLue]
    limites: list[str]


def expliquer(appel: Appel, analyse: Analyse) -> Explication:
    """Rend l'analyse en mots ; une requête, pour les codes des membres."""
    codes = dict(
        MembreComite.objects.filter(appel=appel, pk__in=[s.membre_id for s in analyse.severites])
        .order_by("code")
        .values_list("pk", "code")
    )
    severites = {s.membre_id: s for s in analyse.severites}
    fidelite = analyse.fidelite
    return Explication(
        alpha=_deux_decimales(analyse.alpha),
        accord=_accord(analyse.alpha),
        icc_fiche=_deux_decimales(fidelite.une_fiche if fidelite else None),
        icc_moyenne=_deux_decimales(fidelite.moyenne if fidelite else None),
        fidelite=(
            f"sur les {fidelite.demandes} demandes que les {fidelite.membres} membres ont notées"
            if fidelite
            else "il faut deux demandes notées par tous les membres"
        ),
        severites=[
            SeveriteLue(code, severites[pk].effet, severites[pk].fiches, severites[pk].incertaine)
            for pk, code in codes.items()
        ],
        limites=_limites(analyse),
    )


def _deux_decimales(valeur: float | None) -> Decimal | None:
    return None if valeur is None else Decimal(f"{valeur:.2f}")


def _accord(alpha: float | None) -> str:
    if alpha is None:
        return "il faut des demandes notées par deux membres, et des notes qui diffèrent"
    if alpha >= ACCORD_FORT:
        return "accord fort : les membres voient les projets du même œil"
    if alpha >= ACCORD_PRUDENT:
        return "accord moyen : fiez-vous à l'ordre avec prudence"
    if alpha > 0:
        return "accord faible : discutez les écarts avant de vous fier à l'ordre"
    return "pas plus d'accord qu'au hasard : l'ordre repose sur la discussion"


def _limites(analyse: Analyse) -> list[str]:
    limites = []
    if analyse.groupes > 1:
        limites.append(
            f"Les lectures forment {analyse.groupes} groupes de demandes sans aucun membre en "
            "commun. Rien ne dit si un groupe a eu des membres plus sévères : la moyenne corrigée "
            "ne se compare qu'à l'intérieur d'un groupe."
        )
    if analyse.tous_ont_tout_lu and len(analyse.severites) > 1:
        limites.append(
            "Tous les membres ont lu toutes ces demandes : chacun a touché chaque score autant, et "
            "la correction ne change rien."
        )
    if any(severite.incertaine for severite in analyse.severites):
        limites.append(
            f"Un membre au moins a rendu moins de {FICHES_POUR_JUGER} fiches : sa sévérité est "
            "surtout le hasard de ce qu'il a lu."
        )
    if 0 < len(analyse.severites) < PETIT_COMITE:
        limites.append(
            f"Avec {len(analyse.severites)} membre{'s' if len(analyse.severites) > 1 else ''}, un "
            "tirage au sort change beaucoup le comité : la solidité est un ordre de grandeur."
        )
    return limites
