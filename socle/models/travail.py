import datetime as dt
import uuid

from django.db import models

from socle import horloge

MUET = dt.timedelta(minutes=1)


class Travail(models.Model):
    """Un long travail confié à un ouvrier : ce qui est fait, ce qui reste, ce qui a échoué.

    La page qui le montre peut être quittée ; la tâche peut être tuée et reprise.
    """

    class Etat(models.TextChoices):
        EN_ATTENTE = "en_attente", "En attente"
        EN_COURS = "en_cours", "En cours"
        FINI = "fini", "Terminé"
        ECHOUE = "echoue", "Interrompu"
        ARRETE = "arrete", "Arrêté"

    cle = models.UUIDField("clé", default=uuid.uuid4, unique=True, editable=False)
    nature = models.CharField("nature", max_length=40)
    titre = models.CharField("titre", max_length=200)
    etat = models.CharField("état", max_length=12, choices=Etat, default=Etat.EN_ATTENTE)
    total = models.PositiveIntegerField("éléments à traiter", default=0)
    faits = models.PositiveIntegerField("éléments traités", default=0)
    erreurs = models.JSONField("erreurs", default=list, blank=True)
    parametres = models.JSONField("paramètres", default=dict, blank=True)
    retour = models.CharField("page de retour", max_length=200, blank=True)
    cree_le = models.DateTimeField("création", default=horloge.maintenant, editable=False)
    cree_par = models.ForeignKey(
        "socle.Utilisateur", on_delete=models.PROTECT, related_name="travaux"
    )
    # Le dernier signe de vie : un travail muet trop longtemps est remis en file.
    avance_le = models.DateTimeField(default=horloge.maintenant, editable=False)
    fini_le = models.DateTimeField("fin", null=True, blank=True)

    class Meta:
        verbose_name = "travail"
        verbose_name_plural = "travaux"
        ordering = ("-cree_le",)
        constraints = (
            models.CheckConstraint(
                name="travail_faits_au_plus_total",
                condition=models.Q(faits__lte=models.F("total")),
            ),
        )

    def __str__(self) -> str:
        return self.titre

    @property
    def est_fini(self) -> bool:
        return self.etat in {self.Etat.FINI, self.Etat.ECHOUE, self.Etat.ARRETE}

    @property
    def est_arrete(self) -> bool:
        return self.etat == self.Etat.ARRETE

    @property
    def est_muet(self) -> bool:
        """Aucun ouvrier ne l'a fait avancer depuis une minute."""
        return not self.est_fini and horloge.maintenant() - self.avance_le > MUET

    @property
    def phrases_erreurs(self) -> list[str]:
        return [f"{erreur['libelle']} : {erreur['erreur']}" for erreur in self.erreurs]
