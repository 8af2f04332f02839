"""Les états d'une page d'activité : proposée, examinée, publiée, remplacée ou retirée."""

from typing import Any

from django.db import models
from django_fsm import ConcurrentTransitionMixin, FSMField

from financement.bilan import projets_annonces
from socle.cycle_de_vie import Garde, etape


def projet_est_annonce(version: Any) -> bool:
    """Un service n'a pas de projet ; un projet se montre une fois sa lettre émise."""
    return version.demande is None or projets_annonces().filter(pk=version.demande.pk).exists()


def a_un_motif(version: Any) -> bool:
    return bool(version.motif.strip())


class CycleDeVieVersion(ConcurrentTransitionMixin, models.Model):
    class Etat(models.TextChoices):
        PROPOSEE = "proposee", "À approuver"
        PUBLIEE = "publiee", "Publiée"
        RENVOYEE = "renvoyee", "À reprendre"
        REMPLACEE = "remplacee", "Remplacée"
        RETIREE = "retiree", "Retirée"

    etat = FSMField("état", default=Etat.PROPOSEE, choices=Etat, protected=True)

    class Meta:
        abstract = True

    @etape(
        de="proposee",
        vers="publiee",
        permission="activite.moderer",
        gardes=[Garde("Ce projet n'est pas public.", projet_est_annonce)],
    )
    def publier(self) -> None:
        """La page paraît ; celle d'avant est remplacée."""

    @etape(
        de="proposee",
        vers="renvoyee",
        permission="activite.moderer",
        gardes=[Garde("Dites ce qu'il faut reprendre.", a_un_motif)],
    )
    def renvoyer(self) -> None:
        """L'organisme lit le motif et peut proposer de nouveau ; la page publiée reste."""

    @etape(de="publiee", vers="remplacee", permission="activite.moderer")
    def remplacer(self) -> None:
        """Une nouvelle page la remplace ; son contact est effacé."""

    @etape(
        de=["proposee", "publiee"],
        vers="retiree",
        permission="activite.retirer",
        gardes=[Garde("Dites pourquoi la page est retirée.", a_un_motif)],
    )
    def retirer(self) -> None:
        """La page ne paraît plus ; son contact est effacé."""
