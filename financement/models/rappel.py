from django.db import models

from socle import horloge


class RappelRapport(models.Model):
    """Un courriel sur l'échéance d'un rapport. Une échéance reportée a ses propres rappels."""

    class Palier(models.TextChoices):
        TRENTE_JOURS = "30_jours", "30 jours avant l'échéance"
        SEPT_JOURS = "7_jours", "7 jours avant l'échéance"
        UN_JOUR = "1_jour", "La veille de l'échéance"
        RETARD = "retard", "En retard"

    rapport = models.ForeignKey(
        "financement.Rapport", on_delete=models.CASCADE, related_name="rappels"
    )
    palier = models.CharField("rappel", max_length=10, choices=Palier)
    echeance = models.DateField("échéance rappelée")
    envoye_le = models.DateTimeField("envoi", default=horloge.maintenant)

    class Meta:
        verbose_name = "rappel d'un rapport"
        verbose_name_plural = "rappels d'un rapport"
        ordering = ("rapport", "envoye_le")
        constraints = (
            models.UniqueConstraint(
                fields=["rapport", "palier", "echeance"], name="rappel_rapport_unique"
            ),
        )

    def __str__(self) -> str:
        return f"{self.rapport} — {self.get_palier_display()}"
