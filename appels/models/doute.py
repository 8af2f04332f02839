from django.db import models
from django.db.models import Q

from socle import horloge


class VerdictDoute(models.Model):
    """Ce qu'une personne a conclu d'un doute ; la machine ne conclut jamais."""

    class Nature(models.TextChoices):
        DOUBLON = "doublon", "Même projet ?"
        DEPENSE = "depense", "Même dépense ?"
        CUMUL = "cumul", "Cumul d'aides ?"

    class Verdict(models.TextChoices):
        ECARTE = "ecarte", "Écarté"
        RETENU = "retenu", "Retenu"

    demande = models.ForeignKey(
        "appels.Demande", on_delete=models.CASCADE, related_name="verdicts_doutes"
    )
    # Vide quand le doute vient de projets d'avant l'application.
    autre = models.ForeignKey(
        "appels.Demande", null=True, blank=True, on_delete=models.CASCADE, related_name="+"
    )
    nature = models.CharField("nature", max_length=10, choices=Nature)
    verdict = models.CharField("conclusion", max_length=10, choices=Verdict)
    motif = models.TextField("pourquoi")
    tranche_le = models.DateTimeField(default=horloge.maintenant, editable=False)
    tranche_par = models.ForeignKey(
        "socle.Utilisateur", null=True, on_delete=models.PROTECT, related_name="+", editable=False
    )

    class Meta:
        verbose_name = "verdict sur un doute"
        verbose_name_plural = "verdicts sur des doutes"
        ordering = ("pk",)
        constraints = (
            models.UniqueConstraint(
                fields=["demande", "autre", "nature"],
                nulls_distinct=False,
                name="un_verdict_par_doute",
            ),
            models.CheckConstraint(
                name="doute_sans_demande_de_cumul",
                condition=Q(autre__isnull=False) | Q(nature="cumul"),
            ),
            models.CheckConstraint(name="verdict_motive", condition=~Q(motif="")),
            models.CheckConstraint(
                name="doute_entre_deux_demandes", condition=~Q(demande=models.F("autre"))
            ),
        )

    def __str__(self) -> str:
        autre = self.autre or "projets d'avant l'application"
        return f"{self.get_nature_display()} {self.demande} / {autre}"
