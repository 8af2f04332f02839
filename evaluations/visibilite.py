"""Qui voit les notes et les scores de quelles demandes (regles.md, 8 et 9).

Tout ce qui montre un score part d'ici : une demande cachée n'est jamais lue, donc jamais montrée,
comptée ni exportée.
"""

from dataclasses import dataclass
from typing import Any

from django.db.models import Exists, OuterRef, Q, QuerySet

from appels.models import Appel, Demande
from evaluations.models import Affectation, MembreComite, Seance

DEVANT_LE_COMITE = ("recevable", "en_evaluation", "evaluee", "recommandee")
AVANT_LE_COMITE = ("brouillon", "deposee", "a_completer", "recevable", "irrecevable", "retiree")
A_CONFIER = ("recevable", "en_evaluation")
A_DECLARER_DANS = ("en_evaluation", "evaluee", "recommandee")


def siege_de(utilisateur: Any, appel: Appel) -> MembreComite | None:
    """Le siège actif de la personne au comité de l'appel, ou None."""
    return appel.membres.filter(utilisateur=utilisateur, actif=True).first()


def demandes_confiees(utilisateur: Any, appel: Appel) -> QuerySet[Demande]:
    """Les demandes qu'un membre peut lire : confiées à lui, déclarées sans conflit, et d'un
    organisme dont il n'est pas."""
    libres = Affectation.objects.filter(
        membre__utilisateur=utilisateur, membre__actif=True, etat="libre"
    )
    return Demande.objects.filter(appel=appel, pk__in=libres.values("demande")).exclude(
        organisme_id__in=utilisateur.organismes_ids
    )


def demandes_de_la_ville(utilisateur: Any, appel: Appel) -> QuerySet[Demande]:
    """Les demandes d'un appel qu'un employé suit : sans récusation ni lien avec l'organisme."""
    return (
        Demande.objects.visibles_par(utilisateur)
        .filter(appel=appel)
        .exclude(organisme_id__in=utilisateur.organismes_ids)
    )


def revelees(appel: Appel) -> QuerySet[Demande]:
    """Les demandes dont les fiches ne peuvent plus s'influencer : toutes soumises, ou en séance."""
    demandes = Demande.objects.filter(appel=appel)
    seances = set(Seance.objects.filter(appel=appel).values_list("etat", flat=True))
    if "ouverte" in seances:
        return demandes
    actives = Affectation.objects.filter(demande=OuterRef("pk")).exclude(etat="recusee")
    attendues = actives.exclude(evaluation__etat="soumise")
    toutes_soumises = Q(Exists(actives)) & ~Q(Exists(attendues))
    if "close" in seances:
        toutes_soumises |= ~Q(etat="en_evaluation")
    return demandes.filter(toutes_soumises)


def demandes_revelees_a(utilisateur: Any, appel: Appel) -> QuerySet[Demande]:
    """Les demandes dont la personne peut voir les fiches, le score et le rang.

    Un membre : celles qu'il lit, une fois révélées. Un employé qui siège : de même, et jamais
    avant. Un autre employé : toutes, sauf où il est récusé.
    """
    if not utilisateur.is_authenticated:
        return Demande.objects.none()
    if siege_de(utilisateur, appel) is None:
        if not utilisateur.est_employe:
            return Demande.objects.none()
        return demandes_de_la_ville(utilisateur, appel)
    visibles = demandes_confiees(utilisateur, appel)
    if utilisateur.est_employe:
        visibles = demandes_de_la_ville(utilisateur, appel)
    return visibles.filter(pk__in=revelees(appel).values("pk"))


def voit_tout_le_classement(utilisateur: Any, appel: Appel) -> bool:
    """La personne peut voir le score de chaque demande passée au comité, sans exception."""
    passees = Demande.objects.filter(appel=appel).exclude(etat__in=AVANT_LE_COMITE)
    visibles = demandes_revelees_a(utilisateur, appel)
    return not passees.exclude(pk__in=visibles.values("pk")).exists()


@dataclass(frozen=True)
class Perimetre:
    """Toutes les demandes d'un appel ``sauf`` celles-ci, ou ``seulement`` celles-ci."""

    sauf: tuple[int, ...] = ()
    seulement: tuple[int, ...] | None = None

    def borner(self, lignes: QuerySet, champ: str) -> QuerySet:
        """Les lignes dont ``champ`` (une demande) est dans le périmètre."""
        if self.seulement is not None:
            return lignes.filter(**{f"{champ}__in": self.seulement})
        return lignes.exclude(**{f"{champ}__in": self.sauf}) if self.sauf else lignes


def perimetre(utilisateur: Any, appel: Appel) -> Perimetre:
    """Ce que ``demandes_revelees_a`` donne, dit en peu de mots, sans relire toutes les demandes.

    Un employé qui ne siège pas : ce qu'il ne voit pas, presque rien. Un autre : ce qu'il voit, ses
    lectures.
    """
    sieges = list(appel.membres.filter(utilisateur=utilisateur))
    if utilisateur.est_employe and not any(siege.actif for siege in sieges):
        cachees = set()
        if sieges:
            recusees = Affectation.objects.filter(membre__in=sieges, etat="recusee")
            cachees.update(recusees.values_list("demande", flat=True))
        if utilisateur.organismes_ids:
            siennes = appel.demandes.filter(organisme_id__in=utilisateur.organismes_ids)
            cachees.update(siennes.values_list("pk", flat=True))
        return Perimetre(sauf=tuple(sorted(cachees)))
    vues = demandes_revelees_a(utilisateur, appel).values_list("pk", flat=True)
    return Perimetre(seulement=tuple(sorted(vues)))


def nombre_a_faire(utilisateur: Any) -> int:
    """Le nombre à côté de « À lire » : déclarations et fiches attendues."""
    return (
        Affectation.objects.non_recusees_de(utilisateur)
        .filter(demande__etat="en_evaluation")
        .exclude(evaluation__etat="soumise")
        .count()
    )
