from typing import Any

from django.db import models
from django.db.models import Q

from appels.models import Demande
from socle import horloge


class ReserveQuerySet(models.QuerySet):
    def ouvertes(self) -> "ReserveQuerySet":
        return self.filter(levee_le=None, decision__en_vigueur=True)

    def visibles_par(self, utilisateur: Any) -> "ReserveQuerySet":
        """Les employés, sauf récusation ; l'organisme les lit dans sa lettre."""
        if not utilisateur.is_authenticated or not utilisateur.est_employe:
            return self.none()
        return self.filter(decision__demande__in=Demande.objects.sans_recusation(utilisateur))


class Reserve(models.Model):
    """Une condition à lever avant la convention : qui la vérifie, et d'ici quand."""

    decision = models.ForeignKey(
        "financement.Decision", on_delete=models.PROTECT, related_name="reserves"
    )
    texte = models.CharField("réserve", max_length=300)
    verificateur = models.ForeignKey(
        "socle.Utilisateur",
        verbose_name="vérifiée par",
        on_delete=models.PROTECT,
        related_name="reserves_a_verifier",
    )
    echeance = models.DateField("à lever d'ici le")
    constat = models.CharField("ce qui a été constaté", max_length=300, blank=True)
    levee_le = models.DateTimeField("levée", null=True, blank=True, editable=False)
    levee_par = models.ForeignKey(
        "socle.Utilisateur", null=True, on_delete=models.PROTECT, related_name="+", editable=False
    )

    objects = ReserveQuerySet.as_manager()

    class Meta:
        verbose_name = "réserve"
        ordering = ("decision", "echeance", "pk")
        constraints = (
            models.CheckConstraint(name="reserve_dite", condition=~Q(texte="")),
            models.CheckConstraint(
                name="reserve_levee_constatee",
                condition=Q(levee_le=None) | (Q(levee_par__isnull=False) & ~Q(constat="")),
            ),
        )

    def __str__(self) -> str:
        return self.texte

    @property
    def demande(self) -> Any:
        return self.decision.demande

    @property
    def est_en_retard(self) -> bool:
        return self.levee_le is None and self.echeance < horloge.aujourdhui()
