from functools import cached_property
from typing import Any

import pgtrigger
from django.db import models
from django.db.models import Q

from financement.cycle_de_vie import CycleDeVieProchainPlan
from socle import horloge


class ProchainPlan(CycleDeVieProchainPlan):
    """Le plan qui suivra un plan : un brouillon tiré de ses besoins, puis ce que le conseil adopte.

    Ce qu'il contient est dans ses versions : chaque changement en ajoute une.
    """

    plan = models.ForeignKey(
        "appels.PlanAction",
        verbose_name="plan d'avant",
        on_delete=models.PROTECT,
        related_name="prochains",
    )
    code = models.SlugField("code", max_length=50)
    titre = models.CharField("titre", max_length=200)
    resolution = models.CharField("numéro de la résolution", max_length=40, blank=True)
    resolution_date = models.DateField("date de la résolution", null=True, blank=True)
    devenu = models.OneToOneField(
        "appels.PlanAction",
        verbose_name="plan adopté",
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="brouillon",
        editable=False,
    )
    cree_le = models.DateTimeField("préparé", default=horloge.maintenant, editable=False)
    cree_par = models.ForeignKey(
        "socle.Utilisateur", null=True, on_delete=models.PROTECT, related_name="+", editable=False
    )

    class Meta:
        verbose_name = "prochain plan"
        verbose_name_plural = "prochains plans"
        ordering = ("-cree_le",)
        constraints = (
            models.UniqueConstraint(
                fields=["plan"], condition=Q(etat="brouillon"), name="prochain_plan_un_brouillon"
            ),
            models.CheckConstraint(
                name="prochain_plan_adopte_par_resolution",
                condition=~Q(etat="adopte")
                | (~Q(resolution="") & Q(resolution_date__isnull=False) & Q(devenu__isnull=False)),
            ),
        )

    def __str__(self) -> str:
        return self.titre

    @cached_property
    def version(self) -> Any:
        """La dernière version."""
        return self.versions.order_by("numero").last()

    @property
    def retenues(self) -> list[dict[str, Any]]:
        """Les lignes gardées de la dernière version."""
        return [ligne for ligne in self.version.lignes if ligne["retenu"]]


class VersionProchainPlan(models.Model):
    """Le brouillon tel qu'il a été à un moment ; ses lignes sont dans l'ordre où il les montre.

    Une ligne : ``besoin`` (son code), ``libelle``, ``type``, ``theme`` et ``objectif`` (leurs
    codes), ``priorite``, ``raison``, ``retenu``.
    """

    prochain = models.ForeignKey(ProchainPlan, on_delete=models.CASCADE, related_name="versions")
    numero = models.PositiveSmallIntegerField("version")
    lignes = models.JSONField("lignes", default=list)
    changement = models.CharField("ce qui a changé", max_length=300)
    ecrite_le = models.DateTimeField("écrite", default=horloge.maintenant, editable=False)
    ecrite_par = models.ForeignKey(
        "socle.Utilisateur", null=True, on_delete=models.PROTECT, related_name="+", editable=False
    )

    class Meta:
        verbose_name = "version du prochain plan"
        verbose_name_plural = "versions du prochain plan"
        ordering = ("prochain", "-numero")
        constraints = (
            models.UniqueConstraint(
                fields=["prochain", "numero"], name="version_prochain_plan_unique"
            ),
        )
        triggers = (
            pgtrigger.Protect(
                name="version_prochain_plan_figee",
                operation=pgtrigger.Update | pgtrigger.Delete,
            ),
        )

    def __str__(self) -> str:
        return f"{self.prochain}, version {self.numero}"

    def ligne(self, code: str) -> dict[str, Any] | None:
        return next((ligne for ligne in self.lignes if ligne["besoin"] == code), None)
