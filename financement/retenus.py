"""Ce qui se retient d'un projet : le prévu de sa convention, le réel de son rapport accepté.

Une requête pour un projet comme pour mille. Une case est (indicateur, modalité ou vide).
"""

from collections.abc import Iterable

from appels.indicateurs import Valeurs, par_case
from appels.models import Demande
from financement.models import Convention, Rapport, ValeurIndicateur


def valeurs_des(demandes: Iterable[int]) -> dict[int, Valeurs]:
    """Les nombres de chaque demande : ceux du rapport final accepté, sinon de celui d'étape."""
    par_nature: dict[int, dict[str, dict[tuple[str, str], int]]] = {}
    for demande, nature, indicateur, modalite, valeur in (
        ValeurIndicateur.objects.filter(rapport__demande__in=demandes, rapport__etat="accepte")
        .order_by()
        .values_list("rapport__demande", "rapport__nature", "indicateur", "modalite", "valeur")
    ):
        siennes = par_nature.setdefault(demande, {}).setdefault(nature, {})
        siennes[indicateur, modalite] = valeur
    return {
        demande: natures.get("final") or natures["etape"] for demande, natures in par_nature.items()
    }


def valeurs_de(demande: Demande) -> Valeurs:
    """Ceux d'une seule demande ; vide sans rapport accepté."""
    return valeurs_des([demande.pk]).get(demande.pk, {})


def prevus_des(demandes: Iterable[int]) -> dict[int, Valeurs]:
    """Ce que la convention de chaque demande attend, avenants signés compris."""
    conventions = Convention.objects.filter(demande__in=demandes).exclude(etat="resiliee")
    return {
        demande: par_case(attendus)
        for demande, attendus in conventions.order_by().values_list("demande", "resultats_attendus")
    }


def prevus_de(demande: Demande) -> Valeurs:
    """Celui d'une seule demande ; vide sans convention."""
    return prevus_des([demande.pk]).get(demande.pk, {})


def prevus_du_rapport(rapport: Rapport) -> Valeurs:
    """Ce à quoi un rapport se mesure : la convention, telle qu'elle valait à son premier dépôt."""
    if rapport.resultats_prevus is None:
        return prevus_de(rapport.demande)
    return par_case(rapport.resultats_prevus)
