from django.db import models

from socle import horloge


class RappelComite(models.Model):
    """Un courriel que le système a envoyé à un membre ; le même ne part qu'une fois.

    ``cle`` distingue les occasions : la date de la séance, ou l'empreinte des demandes menacées.
    """

    class Nature(models.TextChoices):
        SEPT_JOURS = "7_jours", "7 jours avant la séance"
        DEUX_JOURS = "2_jours", "2 jours avant la séance"
        QUORUM = "quorum", "Quorum menacé"

    membre = models.ForeignKey(
        "evaluations.MembreComite", on_delete=models.CASCADE, related_name="rappels"
    )
    nature = models.CharField("rappel", max_length=10, choices=Nature)
    cle = models.CharField(max_length=64)
    envoye_le = models.DateTimeField("envoi", default=horloge.maintenant)

    class Meta:
        verbose_name = "rappel au comité"
        verbose_name_plural = "rappels au comité"
        ordering = ("membre", "envoye_le")
        constraints = (
            models.UniqueConstraint(
                fields=["membre", "nature", "cle"], name="rappel_comite_unique"
            ),
        )

    def __str__(self) -> str:
        return f"{self.membre} — {self.get_nature_display()}"
