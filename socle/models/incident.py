from django.db import models
from django.db.models import F, Q

from socle import horloge
from socle.templatetags.affichage import date_courte


class Incident(models.Model):
    """Un incident de confidentialité, au registre que la loi demande (regles.md, 18)."""

    constate_le = models.DateField("constaté le")
    description = models.TextField("ce qui s'est passé")
    renseignements = models.TextField("renseignements touchés")
    personnes = models.PositiveIntegerField(
        "nombre de personnes touchées", null=True, blank=True, help_text="Vide : inconnu."
    )
    prejudice_serieux = models.BooleanField("risque de préjudice sérieux", default=False)
    raisons = models.TextField("pourquoi ce jugement")
    mesures = models.TextField("mesures prises", blank=True)
    commission_avisee_le = models.DateField(
        "Commission d'accès à l'information avisée le", null=True, blank=True
    )
    personnes_avisees_le = models.DateField("personnes avisées le", null=True, blank=True)
    clos_le = models.DateField("clos le", null=True, blank=True)
    inscrit_le = models.DateTimeField(default=horloge.maintenant, editable=False)
    inscrit_par = models.ForeignKey(
        "socle.Utilisateur", null=True, on_delete=models.PROTECT, related_name="+", editable=False
    )

    class Meta:
        verbose_name = "incident de confidentialité"
        verbose_name_plural = "incidents de confidentialité"
        ordering = ("-constate_le", "-pk")
        constraints = (
            models.CheckConstraint(
                name="incident_clos_apres_avis",
                condition=Q(clos_le__isnull=True)
                | Q(prejudice_serieux=False)
                | Q(commission_avisee_le__isnull=False, personnes_avisees_le__isnull=False),
                violation_error_message=(
                    "Avec un risque de préjudice sérieux, l'incident se clôt quand la Commission "
                    "et les personnes sont avisées."
                ),
            ),
            models.CheckConstraint(
                name="incident_clos_apres_constat",
                condition=Q(clos_le__isnull=True) | Q(clos_le__gte=F("constate_le")),
                violation_error_message="La clôture suit le constat.",
            ),
        )

    def __str__(self) -> str:
        return f"Incident du {date_courte(self.constate_le)}"

    @property
    def a_faire(self) -> list[str]:
        """Ce que la loi demande encore."""
        if not self.prejudice_serieux:
            return []
        avis = (
            (self.commission_avisee_le, "Aviser la Commission d'accès à l'information"),
            (self.personnes_avisees_le, "Aviser les personnes touchées"),
        )
        return [phrase for fait, phrase in avis if not fait]
