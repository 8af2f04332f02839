from django.db import models


class PlanAction(models.Model):
    """Le plan d'action que les appels servent."""

    code = models.SlugField("code", unique=True)
    titre = models.CharField("titre", max_length=200)
    adopte_en = models.PositiveSmallIntegerField("adopté en", null=True, blank=True)
    echeance = models.CharField("échéance", max_length=7, blank=True)
    renouvellement_prevu = models.CharField("renouvellement prévu", max_length=7, blank=True)
    financement = models.CharField("financement", max_length=300, blank=True)
    source = models.CharField("source des besoins", max_length=300, blank=True)

    class Meta:
        verbose_name = "plan d'action"
        verbose_name_plural = "plans d'action"
        ordering = ("-adopte_en", "code")

    def __str__(self) -> str:
        return self.titre


class Objectif(models.Model):
    plan = models.ForeignKey(PlanAction, on_delete=models.CASCADE, related_name="objectifs")
    code = models.CharField("code", max_length=10)
    libelle = models.CharField("objectif", max_length=300)

    class Meta:
        verbose_name = "objectif"
        ordering = ("plan", "code")
        constraints = (
            models.UniqueConstraint(fields=["plan", "code"], name="objectif_code_unique"),
        )

    def __str__(self) -> str:
        return self.libelle


class Theme(models.Model):
    plan = models.ForeignKey(PlanAction, on_delete=models.CASCADE, related_name="themes")
    code = models.CharField("code", max_length=40)
    libelle = models.CharField("thème", max_length=200)
    ordre = models.PositiveSmallIntegerField(default=0)

    class Meta:
        verbose_name = "thème"
        ordering = ("plan", "ordre")
        constraints = (models.UniqueConstraint(fields=["plan", "code"], name="theme_code_unique"),)

    def __str__(self) -> str:
        return self.libelle


class Besoin(models.Model):
    """Un besoin nommé par les organismes à la consultation."""

    class Type(models.TextChoices):
        DEFI = "defi", "Défi"
        PISTE = "piste", "Piste d'action"
        ROLE_VILLE = "role_ville", "Rôle attendu de la Ville"

    plan = models.ForeignKey(PlanAction, on_delete=models.CASCADE, related_name="besoins")
    code = models.CharField("code", max_length=10)
    libelle = models.CharField("besoin", max_length=300)
    type = models.CharField("type", max_length=12, choices=Type)
    theme = models.ForeignKey(Theme, on_delete=models.PROTECT, related_name="besoins")
    objectif = models.ForeignKey(Objectif, on_delete=models.PROTECT, related_name="besoins")
    # Le même besoin, dans le plan d'avant : ce qui lui répondait déjà lui répond encore.
    issu_de = models.ForeignKey(
        "self", null=True, blank=True, on_delete=models.SET_NULL, related_name="suites"
    )

    class Meta:
        verbose_name = "besoin"
        ordering = ("plan", "code")
        constraints = (models.UniqueConstraint(fields=["plan", "code"], name="besoin_code_unique"),)

    def __str__(self) -> str:
        return self.libelle
