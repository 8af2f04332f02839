from django.db import models

from socle import horloge


class Verification(models.Model):
    """Un point de la liste de recevabilité, vérifié par un agent (regles.md, 4 et 5)."""

    class Point(models.TextChoices):
        DELAI = "delai", "Déposée à temps (ou dérogation accordée)"
        ORGANISME = "organisme", "Organisme admissible"
        TERRITOIRE = "territoire", "Projet réalisé à Trois-Rivières"
        COMPLETE = "complete", "Demande et documents complets"
        FRANCAIS = "francais", "Demande rédigée en français"
        BUDGET = "budget", "Règles du budget respectées"
        RAPPORTS = "rapports", "Aucun rapport en retard"

    class Reponse(models.TextChoices):
        OUI = "oui", "Oui"
        NON = "non", "Non"

    demande = models.ForeignKey(
        "appels.Demande", on_delete=models.CASCADE, related_name="verifications"
    )
    point = models.CharField("point", max_length=20, choices=Point)
    reponse = models.CharField("réponse", max_length=3, choices=Reponse)
    remarque = models.CharField("remarque", max_length=300, blank=True)
    faite_le = models.DateTimeField(default=horloge.maintenant)
    faite_par = models.ForeignKey(
        "socle.Utilisateur", null=True, on_delete=models.PROTECT, related_name="+"
    )

    class Meta:
        verbose_name = "point de recevabilité"
        verbose_name_plural = "points de recevabilité"
        ordering = ("demande", "pk")
        constraints = (
            models.UniqueConstraint(fields=["demande", "point"], name="verification_unique"),
        )

    def __str__(self) -> str:
        return self.get_point_display()


class Complement(models.Model):
    """Ce que l'agent demande de compléter, et jusqu'à quand (jours ouvrables)."""

    demande = models.ForeignKey(
        "appels.Demande", on_delete=models.CASCADE, related_name="complements"
    )
    texte = models.TextField("ce qui manque")
    pieces = models.ManyToManyField(
        "appels.PieceExigee",
        verbose_name="documents à joindre",
        blank=True,
        related_name="+",
    )
    sections = models.ManyToManyField(
        "appels.Section",
        verbose_name="sections à corriger",
        blank=True,
        related_name="+",
    )
    budget = models.BooleanField("budget à corriger", default=False)
    echeance = models.DateTimeField("échéance")
    demande_le = models.DateTimeField(default=horloge.maintenant)
    demande_par = models.ForeignKey(
        "socle.Utilisateur", null=True, on_delete=models.PROTECT, related_name="+"
    )
    complete_le = models.DateTimeField("complété", null=True, blank=True)

    class Meta:
        verbose_name = "complément demandé"
        verbose_name_plural = "compléments demandés"
        ordering = ("demande", "-demande_le")
        constraints = (
            models.UniqueConstraint(
                fields=["demande"],
                condition=models.Q(complete_le=None),
                name="complement_en_cours_unique",
            ),
        )

    def __str__(self) -> str:
        return f"Complément — {self.demande}"
