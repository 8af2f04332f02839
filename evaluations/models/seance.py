from typing import Any

from django.db import models
from django.db.models import Q

from evaluations.cycle_de_vie import CycleDeVieSeance
from socle import horloge


class SeanceQuerySet(models.QuerySet):
    def visibles_par(self, utilisateur: Any) -> "SeanceQuerySet":
        if not utilisateur.is_authenticated:
            return self.none()
        if utilisateur.est_employe:
            return self
        return self.filter(
            appel__membres__utilisateur=utilisateur, appel__membres__actif=True
        ).distinct()


class Seance(CycleDeVieSeance):
    """Une séance du comité de pilotage sur les demandes d'un appel."""

    appel = models.ForeignKey("appels.Appel", on_delete=models.PROTECT, related_name="seances")
    date = models.DateTimeField("date et heure")
    lieu = models.CharField("lieu", max_length=200, blank=True)
    notes = models.TextField("notes de séance", blank=True)
    ouverte_le = models.DateTimeField(null=True, blank=True, editable=False)
    close_le = models.DateTimeField(null=True, blank=True, editable=False)
    compte_rendu = models.ForeignKey(
        "socle.Document",
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="+",
    )

    objects = SeanceQuerySet.as_manager()

    class Meta:
        verbose_name = "séance du comité"
        verbose_name_plural = "séances du comité"
        ordering = ("-date",)
        constraints = (
            models.CheckConstraint(
                name="seance_close_avec_compte_rendu",
                condition=~Q(etat="close") | Q(compte_rendu__isnull=False),
            ),
            models.UniqueConstraint(
                fields=["appel"],
                condition=Q(etat="ouverte"),
                name="seance_une_ouverte_par_appel",
            ),
        )

    def __str__(self) -> str:
        return f"Séance du {self.date:%Y-%m-%d} — {self.appel.code}"


class Presence(models.Model):
    """La présence d'un membre à une séance."""

    seance = models.ForeignKey(Seance, on_delete=models.CASCADE, related_name="presences")
    membre = models.ForeignKey(
        "evaluations.MembreComite", on_delete=models.PROTECT, related_name="presences"
    )
    presente = models.BooleanField("présente", default=False)
    arrivee_le = models.DateTimeField("arrivée", null=True, blank=True)
    depart_le = models.DateTimeField("départ", null=True, blank=True)

    class Meta:
        verbose_name = "présence"
        ordering = ("seance", "membre")
        constraints = (
            models.UniqueConstraint(fields=["seance", "membre"], name="presence_unique"),
        )

    def __str__(self) -> str:
        return f"{self.membre} — {'présent' if self.presente else 'absent'}"


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
    seance = models.ForeignKey(Seance, on_delete=models.PROTECT, related_name="recommandations")
    avis = models.CharField("avis", max_length=20, choices=Avis)
    montant = models.DecimalField("montant recommandé", max_digits=12, decimal_places=2, default=0)
    motifs = models.TextField("motifs")
    motifs_par_critere = models.JSONField("motifs par critère", default=dict, blank=True)
    conditions = models.TextField("conditions", blank=True)
    presents = models.PositiveSmallIntegerField("membres présents et sans conflit")
    score = models.DecimalField(
        "score au moment de l'avis", max_digits=4, decimal_places=1, null=True
    )
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
        )

    def __str__(self) -> str:
        return f"{self.get_avis_display()} — {self.demande}"
