import uuid

from django.db import models

from socle import horloge


def chemin_archive(archive: "Archive", nom: str) -> str:
    return f"archives/{archive.cle}/{nom}"


class Archive(models.Model):
    """Tout un appel en un fichier ZIP, qui se lit sans l'application."""

    cle = models.UUIDField("clé", default=uuid.uuid4, unique=True, editable=False)
    appel = models.ForeignKey("appels.Appel", on_delete=models.PROTECT, related_name="archives")
    travail = models.OneToOneField(
        "socle.Travail", on_delete=models.PROTECT, related_name="archive"
    )
    # Vide tant que l'ouvrier n'a pas fini, et quand un dossier qu'il contient a été détruit.
    fichier = models.FileField("archive", upload_to=chemin_archive, max_length=300, blank=True)
    empreinte = models.CharField("SHA-256", max_length=64, blank=True)
    taille = models.PositiveBigIntegerField("taille (octets)", default=0)
    produite_le = models.DateTimeField("production", null=True, editable=False)
    demandee_le = models.DateTimeField("demande", default=horloge.maintenant, editable=False)
    demandee_par = models.ForeignKey(
        "socle.Utilisateur", on_delete=models.PROTECT, related_name="+"
    )

    class Meta:
        verbose_name = "archive"
        ordering = ("-demandee_le",)
        constraints = (
            models.CheckConstraint(
                name="archive_avec_empreinte",
                condition=models.Q(fichier="") | ~models.Q(empreinte=""),
            ),
        )

    def __str__(self) -> str:
        return f"Archive — {self.appel.code}"
