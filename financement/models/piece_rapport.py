from typing import Any

from django.db import models
from django.urls import reverse

from appels.models.piece import FichierRecu, taille_permise
from financement.models.rapport import Rapport


class PieceRapportQuerySet(models.QuerySet):
    def actives(self) -> "PieceRapportQuerySet":
        """Celles qui ne sont ni retirées ni remplacées."""
        return self.filter(retiree_le=None)

    def visibles_par(self, utilisateur: Any) -> "PieceRapportQuerySet":
        """Comme le rapport : ni le comité, ni une personne récusée n'y a accès."""
        return self.filter(rapport__in=Rapport.objects.visibles_par(utilisateur))


class PieceRapport(FichierRecu):
    """Un fichier d'un rapport : la preuve d'une dépense, la réponse à une question, une photo."""

    rapport = models.ForeignKey(Rapport, on_delete=models.CASCADE, related_name="pieces")
    question = models.ForeignKey(
        "appels.Question",
        verbose_name="question du formulaire",
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="+",
    )
    depense_cle = models.UUIDField("ligne de dépense (preuve)", null=True, blank=True)

    objects = PieceRapportQuerySet.as_manager()

    class Meta:
        verbose_name = "fichier d'un rapport"
        verbose_name_plural = "fichiers d'un rapport"
        ordering = ("rapport", "ajoutee_le")
        constraints = (taille_permise("piece_rapport_taille_permise"),)

    @property
    def demande(self) -> Any:
        return self.rapport.demande

    @property
    def jointe_a(self) -> Any:
        return self.demande

    @property
    def adresse_ou_remplacer(self) -> str:
        return reverse("organisme:rapport", args=[self.demande.reference, self.rapport.nature])
