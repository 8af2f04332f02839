from django.db import models
from django.db.models import Q

from financement.cycle_de_vie import CycleDeVieRecuperation
from financement.models.ecritures import (
    RECUPERATION,
    a_l_ecriture,
    garder_ce_qui_est_inscrit,
)
from socle import horloge


class Recuperation(CycleDeVieRecuperation):
    """Une somme versée en trop, à récupérer (regles.md, 12)."""

    demande = models.ForeignKey(
        "appels.Demande", on_delete=models.PROTECT, related_name="recuperations"
    )
    montant = models.DecimalField("montant", max_digits=12, decimal_places=2)
    reclamee_le = models.DateTimeField("réclamée", default=horloge.maintenant)
    remboursee_le = models.DateTimeField("remboursée", null=True, blank=True, editable=False)
    radiee_le = models.DateTimeField("radiée", null=True, blank=True, editable=False)
    motif = models.CharField("motif", max_length=300, blank=True)
    document = models.ForeignKey(
        "socle.Document",
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="+",
    )

    class Meta:
        verbose_name = "récupération"
        ordering = ("demande", "-reclamee_le")
        constraints = (
            models.CheckConstraint(name="recuperation_positive", condition=Q(montant__gt=0)),
        )
        triggers = (
            a_l_ecriture(
                "recuperation_au_grand_livre",
                RECUPERATION,
                declare=[("le_volet", "BIGINT"), ("la_nature", "TEXT")],
            ),
            garder_ce_qui_est_inscrit("recuperation_gardee"),
        )

    def __str__(self) -> str:
        return f"Récupération — {self.demande}"
