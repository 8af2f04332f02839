import uuid

from django.db import models

from socle import horloge


class MessageAppel(models.Model):
    """Un message de la Ville aux organismes d'un appel. ``cle`` empêche de l'envoyer deux fois."""

    appel = models.ForeignKey("appels.Appel", on_delete=models.PROTECT, related_name="messages")
    cle = models.UUIDField("clé", default=uuid.uuid4, unique=True, editable=False)
    objet = models.CharField("objet", max_length=150)
    texte = models.TextField("texte")
    etats = models.JSONField("états des demandes", default=list)
    destinataires = models.PositiveIntegerField("adresses", default=0)
    envoye_le = models.DateTimeField("envoi", default=horloge.maintenant, editable=False)
    envoye_par = models.ForeignKey(
        "socle.Utilisateur", on_delete=models.PROTECT, related_name="+", editable=False
    )

    class Meta:
        verbose_name = "message aux organismes"
        verbose_name_plural = "messages aux organismes"
        ordering = ("-envoye_le",)

    def __str__(self) -> str:
        return self.objet
