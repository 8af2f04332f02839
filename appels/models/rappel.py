from django.db import models

from socle import horloge


class Rappel(models.Model):
    """Un rappel envoyé avant la clôture ; chacun ne part qu'une fois par brouillon."""

    class Palier(models.TextChoices):
        SEPT_JOURS = "7_jours", "7 jours avant la clôture"
        DEUX_JOURS = "2_jours", "2 jours avant la clôture"
        SIX_HEURES = "6_heures", "6 heures avant la clôture"

    demande = models.ForeignKey("appels.Demande", on_delete=models.CASCADE, related_name="rappels")
    palier = models.CharField("rappel", max_length=10, choices=Palier)
    envoye_le = models.DateTimeField("envoi", default=horloge.maintenant)

    class Meta:
        verbose_name = "rappel avant la clôture"
        verbose_name_plural = "rappels avant la clôture"
        ordering = ("demande", "envoye_le")
        constraints = (models.UniqueConstraint(fields=["demande", "palier"], name="rappel_unique"),)

    def __str__(self) -> str:
        return f"{self.demande} — {self.get_palier_display()}"
