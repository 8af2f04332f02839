from django.db import models

from socle import horloge


class EcritureAbstraite(models.Model):
    """Qui a écrit en dernier une partie, et quand."""

    partie = models.CharField("partie", max_length=30)
    par = models.ForeignKey("socle.Utilisateur", null=True, on_delete=models.PROTECT)
    le = models.DateTimeField("moment", default=horloge.maintenant)

    class Meta:
        abstract = True


class Ecriture(EcritureAbstraite):
    """La dernière écriture d'une partie d'une demande : un champ du projet, ou le budget."""

    demande = models.ForeignKey(
        "appels.Demande", on_delete=models.CASCADE, related_name="ecritures"
    )

    class Meta:
        verbose_name = "dernière écriture"
        verbose_name_plural = "dernières écritures"
        constraints = (
            models.UniqueConstraint(fields=["demande", "partie"], name="ecriture_unique"),
        )

    def __str__(self) -> str:
        return f"{self.demande} : {self.partie}"


class Visite(models.Model):
    """Une personne de l'organisme a une page de la demande ouverte, ou vient de l'avoir."""

    demande = models.ForeignKey("appels.Demande", on_delete=models.CASCADE, related_name="visites")
    utilisateur = models.ForeignKey("socle.Utilisateur", on_delete=models.CASCADE)
    partie = models.CharField("partie", max_length=40)
    vue_le = models.DateTimeField("vue", default=horloge.maintenant)

    class Meta:
        verbose_name = "visite"
        constraints = (
            models.UniqueConstraint(fields=["demande", "utilisateur"], name="visite_unique"),
        )

    def __str__(self) -> str:
        return f"{self.utilisateur} dans {self.demande}"
