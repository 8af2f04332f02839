from django.db import models
from django.db.models import F, Q

from socle import horloge


class Recommandation(models.Model):
    """L'avis du comité sur une demande, adopté en séance et avec quorum."""

    class Avis(models.TextChoices):
        FAVORABLE = "favorable", "Favorable"
        FAVORABLE_PARTIEL = "favorable_partiel", "Favorable en partie"
        DEFAVORABLE = "defavorable", "Défavorable"
        LISTE_ATTENTE = "liste_attente", "Liste d'attente"

    demande = models.ForeignKey(
        "appels.Demande", on_delete=models.CASCADE, related_name="recommandations"
    )
    seance = models.ForeignKey(
        "evaluations.Seance", on_delete=models.PROTECT, related_name="recommandations"
    )
    avis = models.CharField("avis", max_length=20, choices=Avis)
    montant = models.DecimalField("montant recommandé", max_digits=12, decimal_places=2, default=0)
    motifs = models.TextField("motifs")
    motifs_par_critere = models.JSONField("motifs par critère", default=dict, blank=True)
    conditions = models.TextField("conditions", blank=True)
    presents = models.PositiveSmallIntegerField("membres présents et sans conflit")
    score = models.DecimalField(
        "score au moment de l'avis", max_digits=4, decimal_places=1, null=True
    )
    # Comptés seulement, jamais nominatifs ; None quand aucun vote n'a été demandé.
    pour = models.PositiveSmallIntegerField("pour", null=True, blank=True)
    contre = models.PositiveSmallIntegerField("contre", null=True, blank=True)
    abstentions = models.PositiveSmallIntegerField("abstentions", null=True, blank=True)
    en_vigueur = models.BooleanField(default=True)
    adoptee_le = models.DateTimeField("adoption", default=horloge.maintenant)
    inscrite_par = models.ForeignKey(
        "socle.Utilisateur", null=True, on_delete=models.PROTECT, related_name="+"
    )

    class Meta:
        verbose_name = "recommandation"
        ordering = ("demande", "-adoptee_le")
        constraints = (
            models.UniqueConstraint(
                fields=["demande"],
                condition=Q(en_vigueur=True),
                name="recommandation_en_vigueur",
            ),
            models.CheckConstraint(name="recommandation_motivee", condition=~Q(motifs="")),
            models.CheckConstraint(
                name="recommandation_montant_selon_avis",
                condition=Q(avis__in=["favorable", "favorable_partiel"], montant__gt=0)
                | Q(avis__in=["defavorable", "liste_attente"], montant=0),
            ),
            models.CheckConstraint(
                name="recommandation_vote_des_presents",
                condition=Q(pour=None, contre=None, abstentions=None)
                | Q(
                    pour__isnull=False,
                    contre__isnull=False,
                    abstentions__isnull=False,
                    presents__gte=F("pour") + F("contre") + F("abstentions"),
                ),
            ),
        )

    def __str__(self) -> str:
        return f"{self.get_avis_display()} — {self.demande}"

    @property
    def a_un_vote(self) -> bool:
        return self.pour is not None


class BrouillonAvis(models.Model):
    """L'avis qui s'écrit en séance, enregistré champ par champ : une coupure ne perd rien.

    ``contenu`` garde le texte tel que saisi, par nom de champ. Il s'efface quand l'avis s'inscrit.
    """

    seance = models.ForeignKey(
        "evaluations.Seance", on_delete=models.CASCADE, related_name="brouillons"
    )
    demande = models.ForeignKey("appels.Demande", on_delete=models.CASCADE, related_name="+")
    contenu = models.JSONField("contenu", default=dict)
    modifie_le = models.DateTimeField(default=horloge.maintenant)
    modifie_par = models.ForeignKey(
        "socle.Utilisateur", null=True, on_delete=models.PROTECT, related_name="+"
    )

    class Meta:
        verbose_name = "brouillon d'avis"
        verbose_name_plural = "brouillons d'avis"
        constraints = (
            models.UniqueConstraint(fields=["seance", "demande"], name="brouillon_avis_unique"),
        )

    def __str__(self) -> str:
        return f"Brouillon — {self.demande}"
