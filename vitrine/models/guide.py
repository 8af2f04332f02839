from django.db import models

from vitrine.choix import StatutMigratoire


def chemin_guide(guide: "Guide", nom: str) -> str:
    return f"guides/{nom}"


class Guide(models.Model):
    """Le guide imprimable d'un statut, tel qu'un ouvrier l'a fait la dernière fois."""

    statut = models.CharField("statut", max_length=24, choices=StatutMigratoire, unique=True)
    # L'empreinte de ce que le guide dit, sans sa date : pareille, il n'est pas refait.
    empreinte = models.CharField("SHA-256 du contenu", max_length=64, blank=True)
    pdf = models.FileField("PDF", upload_to=chemin_guide, blank=True)
    fait_le = models.DateTimeField("fait le", null=True, blank=True)

    class Meta:
        verbose_name = "guide"
        ordering = ("statut",)

    def __str__(self) -> str:
        return f"Guide — {self.get_statut_display()}"
