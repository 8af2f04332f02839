"""Ce que les employés écrivent dans un bilan."""

from django.db import models

from socle import horloge


class RecitBilan(models.Model):
    """Un texte écrit par la Ville dans le bilan d'un appel, un par partie."""

    class Partie(models.TextChoices):
        ESSENTIEL = "essentiel", "L'essentiel"
        ARGENT = "argent", "Ce que dit l'argent"
        BESOINS = "besoins", "Ce que disent les besoins"
        RESULTATS = "resultats", "Ce que disent les résultats"
        SUITE = "suite", "La suite"

    appel = models.ForeignKey("appels.Appel", on_delete=models.CASCADE, related_name="recits_bilan")
    partie = models.CharField("partie", max_length=12, choices=Partie)
    texte = models.TextField("texte")
    ecrit_le = models.DateTimeField("écrit", default=horloge.maintenant)
    ecrit_par = models.ForeignKey("socle.Utilisateur", on_delete=models.PROTECT, related_name="+")

    class Meta:
        verbose_name = "récit de bilan"
        verbose_name_plural = "récits de bilan"
        ordering = ("appel", "partie")
        constraints = (
            models.UniqueConstraint(fields=["appel", "partie"], name="recit_bilan_unique"),
        )

    def __str__(self) -> str:
        return f"{self.get_partie_display()} — {self.appel.code}"
