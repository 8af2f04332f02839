from django.db import models


class LettreFermeture(models.Model):
    """La lettre qui ferme un projet, et la version du modèle dont elle est faite."""

    document = models.OneToOneField(
        "socle.Document", on_delete=models.PROTECT, related_name="lettre_fermeture"
    )
    demande = models.ForeignKey(
        "appels.Demande", on_delete=models.PROTECT, related_name="lettres_fermeture"
    )
    modele = models.ForeignKey(
        "financement.ModeleDocument", on_delete=models.PROTECT, related_name="lettres_fermeture"
    )

    class Meta:
        verbose_name = "lettre de fermeture"
        verbose_name_plural = "lettres de fermeture"
        ordering = ("demande", "document")

    def __str__(self) -> str:
        return f"{self.document.titre}, {self.modele}"
