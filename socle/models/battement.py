from django.db import models

from socle import horloge


class Battement(models.Model):
    """La dernière fois qu'une chose s'est faite : une ligne par chose, réécrite chaque fois."""

    class Nom(models.TextChoices):
        OUVRIER = "ouvrier", "L'horloge et un ouvrier ont fait une tâche"
        SAUVEGARDE = "sauvegarde", "Une sauvegarde s'est achevée"

    nom = models.CharField("nom", max_length=20, choices=Nom, primary_key=True)
    le = models.DateTimeField("dernière fois")

    class Meta:
        verbose_name = "battement"
        verbose_name_plural = "battements"

    def __str__(self) -> str:
        return self.get_nom_display()

    @classmethod
    def battre(cls, nom: str) -> None:
        """Note que ``nom`` vient de se faire."""
        cls.objects.update_or_create(nom=nom, defaults={"le": horloge.maintenant()})
