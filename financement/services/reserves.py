"""Les réserves d'une acceptation : posées avec la décision, levées avant la convention."""

from collections.abc import Iterable, Sequence
from typing import Any

from django.db import transaction

from appels.models import Demande
from financement.models import Decision, Reserve
from socle import horloge
from socle.droits import exiger_permission
from socle.exceptions import RegleViolee
from socle.journal import journaliser
from socle.models import Utilisateur


def verificateurs(demande: Demande) -> Any:
    """Les personnes de la Ville qui peuvent vérifier une réserve : aucune récusée, aucune de
    l'organisme."""
    recusees = demande.affectations.filter(etat="recusee")
    return (
        _employes()
        .exclude(sieges__affectations__in=recusees)
        .exclude(adhesions__organisme=demande.organisme_id)
    )


def verificateurs_de(demandes: Sequence[Demande]) -> dict[int, list[Utilisateur]]:
    """Les mêmes pour chaque demande d'une liste, en trois requêtes."""
    employes = list(_employes())
    liste = Demande.objects.filter(pk__in=[demande.pk for demande in demandes])
    recusees = liste.filter(affectations__etat="recusee")
    ecartes = {
        *recusees.values_list("pk", "affectations__membre__utilisateur"),
        *liste.values_list("pk", "organisme__adhesions__utilisateur"),
    }
    return {
        demande.pk: [qui for qui in employes if (demande.pk, qui.pk) not in ecartes]
        for demande in demandes
    }


def _employes() -> Any:
    return Utilisateur.objects.filter(
        is_active=True, roles__overlap=["agent", "approbation"]
    ).order_by("nom")


def poser_reserves(decision: Decision, reserves: Iterable[dict[str, Any]]) -> list[Reserve]:
    """Inscrit les réserves de ``decision`` : texte, verificateur et echeance de chacune."""
    posees = []
    for reserve in reserves:
        if not reserve["verificateur"].peut("demande.suivre", decision.demande):
            raise RegleViolee(
                f"{reserve['verificateur'].nom} ne peut pas suivre cette demande : choisissez une "
                "autre personne.",
                champ="reserves",
            )
        if reserve["echeance"] < horloge.aujourdhui():
            raise RegleViolee("L'échéance d'une réserve est à venir.", champ="reserves")
        posees.append(Reserve.objects.create(decision=decision, **reserve))
    return posees


def reserves_de(personne: Any, demande: Demande) -> list[Reserve]:
    """Les réserves de la décision en vigueur ; ``peut_lever`` dit si ``personne`` le peut."""
    reserves = list(
        Reserve.objects.visibles_par(personne)
        .filter(decision__demande=demande, decision__en_vigueur=True)
        .select_related("verificateur", "levee_par", "decision__demande")
    )
    for reserve in reserves:
        reserve.peut_lever = reserve.levee_le is None and personne.peut("reserve.lever", reserve)
    return reserves


def reserves_ouvertes(demande: Demande) -> Any:
    return Reserve.objects.ouvertes().filter(decision__demande=demande)


@transaction.atomic
def lever_reserve(*, acteur: Any, reserve: Reserve, constat: str) -> Reserve:
    """La personne désignée (ou l'approbation) constate que la réserve est levée."""
    exiger_permission(acteur, "reserve.lever", reserve)
    reserve = Reserve.objects.select_for_update(no_key=True).get(pk=reserve.pk)
    if reserve.levee_le:
        raise RegleViolee("Cette réserve est déjà levée.", code="etat")
    if not constat.strip():
        raise RegleViolee("Écrivez ce que vous avez constaté.", champ="constat")
    reserve.constat = constat.strip()
    reserve.levee_le, reserve.levee_par = horloge.maintenant(), acteur
    reserve.save(update_fields=["constat", "levee_le", "levee_par"])
    journaliser(
        acteur=acteur,
        verbe="reserve.lever",
        objet=reserve.demande,
        motif=reserve.constat,
        details={"reserve": reserve.texte},
    )
    return reserve
