"""Ce que les employés écrivent dans un bilan."""

from django.db import models
from django.db.models import Q

from socle import horloge


class AnneeBilan(models.Model):
    """Une année d'appels dont la Ville a écrit ou figé le bilan."""

    annee = models.PositiveSmallIntegerField("année", unique=True)

    class Meta:
        verbose_name = "année de bilan"
        verbose_name_plural = "années de bilan"
        ordering = ("-annee",)

    def __str__(self) -> str:
        return str(self.annee)


class RecitBilan(models.Model):
    """Un texte écrit par la Ville dans un bilan, un par partie : celui d'un appel, d'une année ou
    d'un plan d'action, et d'un seul."""

    class Partie(models.TextChoices):
        ESSENTIEL = "essentiel", "L'essentiel"
        ARGENT = "argent", "Ce que dit l'argent"
        BESOINS = "besoins", "Ce que disent les besoins"
        RESULTATS = "resultats", "Ce que disent les résultats"
        SUITE = "suite", "La suite"

    appel = models.ForeignKey(
        "appels.Appel", null=True, on_delete=models.CASCADE, related_name="recits_bilan"
    )
    annee = models.ForeignKey(
        AnneeBilan, null=True, on_delete=models.CASCADE, related_name="recits_bilan"
    )
    plan = models.ForeignKey(
        "appels.PlanAction", null=True, on_delete=models.CASCADE, related_name="recits_bilan"
    )
    partie = models.CharField("partie", max_length=12, choices=Partie)
    texte = models.TextField("texte")
    ecrit_le = models.DateTimeField("écrit", default=horloge.maintenant)
    ecrit_par = models.ForeignKey("socle.Utilisateur", on_delete=models.PROTECT, related_name="+")

    class Meta:
        verbose_name = "récit de bilan"
        verbose_name_plural = "récits de bilan"
        ordering = ("appel", "annee", "plan", "partie")
        constraints = (
            models.UniqueConstraint(fields=["appel", "partie"], name="recit_bilan_unique"),
            models.UniqueConstraint(fields=["annee", "partie"], name="recit_bilan_annee_unique"),
            models.UniqueConstraint(fields=["plan", "partie"], name="recit_bilan_plan_unique"),
            models.CheckConstraint(
                name="recit_bilan_d_un_seul",
                condition=Q(appel__isnull=False, annee=None, plan=None)
                | Q(appel=None, annee__isnull=False, plan=None)
                | Q(appel=None, annee=None, plan__isnull=False),
            ),
        )

    def __str__(self) -> str:
        return f"{self.get_partie_display()} — {self.appel or self.annee or self.plan}"
