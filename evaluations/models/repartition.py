from typing import Any

from django.db import models
from django.db.models import Q

from evaluations.repartition import PLUTOT_NON, VOLONTIERS
from socle import horloge


class CollecteSouhaits(models.Model):
    """Le temps donné aux membres d'un comité pour dire ce qu'ils liraient volontiers."""

    appel = models.OneToOneField(
        "appels.Appel", on_delete=models.CASCADE, related_name="collecte_souhaits"
    )
    ouverte_le = models.DateTimeField("ouverture", default=horloge.maintenant)
    jusqu_au = models.DateField("jusqu'au (ce jour compris)")

    class Meta:
        verbose_name = "collecte des souhaits"
        verbose_name_plural = "collectes des souhaits"

    def __str__(self) -> str:
        return f"Souhaits de lecture — {self.appel}"

    @property
    def est_ouverte(self) -> bool:
        return horloge.aujourdhui() <= self.jusqu_au


class Souhait(models.Model):
    """Ce qu'un membre dit d'une demande sur son seul titre et le nom de l'organisme."""

    class Sens(models.IntegerChoices):
        VOLONTIERS = VOLONTIERS, "Volontiers"
        PLUTOT_NON = PLUTOT_NON, "Plutôt non"

    demande = models.ForeignKey("appels.Demande", on_delete=models.CASCADE, related_name="souhaits")
    membre = models.ForeignKey(
        "evaluations.MembreComite", on_delete=models.CASCADE, related_name="souhaits"
    )
    sens = models.SmallIntegerField("souhait", choices=Sens)

    class Meta:
        verbose_name = "souhait de lecture"
        verbose_name_plural = "souhaits de lecture"
        ordering = ("demande", "membre")
        constraints = (
            models.UniqueConstraint(fields=["demande", "membre"], name="souhait_unique"),
            models.CheckConstraint(
                name="souhait_connu", condition=Q(sens__in=[VOLONTIERS, PLUTOT_NON])
            ),
        )

    def __str__(self) -> str:
        return f"{self.membre} — {self.get_sens_display()}"


class LienEcarte(models.Model):
    """Un lien possible qu'une personne de la Ville a examiné et jugé sans objet, avec sa raison."""

    demande = models.ForeignKey(
        "appels.Demande", on_delete=models.CASCADE, related_name="liens_ecartes"
    )
    membre = models.ForeignKey(
        "evaluations.MembreComite", on_delete=models.CASCADE, related_name="liens_ecartes"
    )
    motif = models.CharField("motif", max_length=300)
    ecarte_le = models.DateTimeField("écarté le", default=horloge.maintenant)
    ecarte_par = models.ForeignKey("socle.Utilisateur", on_delete=models.PROTECT, related_name="+")

    class Meta:
        verbose_name = "lien écarté"
        verbose_name_plural = "liens écartés"
        ordering = ("demande", "membre")
        constraints = (
            models.UniqueConstraint(fields=["demande", "membre"], name="lien_ecarte_unique"),
            models.CheckConstraint(name="lien_ecarte_motive", condition=~Q(motif="")),
        )

    def __str__(self) -> str:
        return f"{self.membre} — {self.demande.reference}"


class RepartitionQuerySet(models.QuerySet):
    def visibles_par(self, utilisateur: Any) -> "RepartitionQuerySet":
        """Chacun ne voit que la sienne : elle ignore les demandes dont il est récusé."""
        if not utilisateur.is_authenticated:
            return self.none()
        return self.filter(proposee_par=utilisateur)


class Repartition(models.Model):
    """La répartition des lectures qu'un agent essaie, tant qu'elle n'est pas acceptée.

    ``paires`` : [demande, membre] par identifiants ; ``deplacees`` : celles posées à la main.
    ``explication`` dit pourquoi rien n'est possible ; vide, la proposition est complète.
    ``empreinte`` est celle du problème résolu : si elle change, la proposition est périmée.
    """

    appel = models.ForeignKey("appels.Appel", on_delete=models.CASCADE, related_name="repartitions")
    proposee_par = models.ForeignKey(
        "socle.Utilisateur", on_delete=models.CASCADE, related_name="+"
    )
    proposee_le = models.DateTimeField("calcul", default=horloge.maintenant)
    nombre = models.PositiveSmallIntegerField("évaluateurs par demande")
    charge_max = models.PositiveSmallIntegerField(
        "lectures par membre, au plus", null=True, blank=True
    )
    empreinte = models.CharField(max_length=64)
    paires = models.JSONField(default=list)
    deplacees = models.JSONField(default=list)
    prouvee = models.BooleanField("optimum prouvé", default=False)
    ecart = models.PositiveSmallIntegerField("écart des charges calculé", default=0)
    points = models.IntegerField("points calculés", default=0)
    duree_ms = models.PositiveIntegerField("durée du calcul", default=0)
    explication = models.JSONField(default=dict, blank=True)

    objects = RepartitionQuerySet.as_manager()

    class Meta:
        verbose_name = "répartition des lectures"
        verbose_name_plural = "répartitions des lectures"
        ordering = ("appel", "proposee_par")
        constraints = (
            models.UniqueConstraint(
                fields=["appel", "proposee_par"], name="repartition_une_par_agent"
            ),
            models.CheckConstraint(name="repartition_nombre", condition=Q(nombre__gte=1)),
            models.CheckConstraint(
                name="repartition_charge", condition=Q(charge_max=None) | Q(charge_max__gte=1)
            ),
        )

    def __str__(self) -> str:
        return f"Répartition des lectures — {self.appel}"

    @property
    def est_possible(self) -> bool:
        return not self.explication
