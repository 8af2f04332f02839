import uuid

from django.db import models

from socle import horloge


def chemin_livret(livret: "Livret", nom: str) -> str:
    return f"livrets/{livret.cle}/{nom}"


class Livret(models.Model):
    """Les dossiers d'un membre en un PDF, pour lire sur papier. Le dernier remplace l'autre.

    Ce n'est pas un ``Document`` : rien ne s'y émet, il se refait et s'efface.
    """

    membre = models.OneToOneField(
        "evaluations.MembreComite", on_delete=models.CASCADE, related_name="livret"
    )
    cle = models.UUIDField("clé", default=uuid.uuid4, unique=True, editable=False)
    demandes = models.ManyToManyField("appels.Demande", related_name="+")
    pdf = models.FileField("PDF", upload_to=chemin_livret, max_length=200)
    taille = models.PositiveIntegerField("taille (octets)")
    produit_le = models.DateTimeField("production", default=horloge.maintenant)

    class Meta:
        verbose_name = "livret de lecture"
        verbose_name_plural = "livrets de lecture"

    def __str__(self) -> str:
        return f"Livret — {self.membre}"
