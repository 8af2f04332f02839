from typing import Any

from django.db import models
from django.db.models import Q

from evaluations.cycle_de_vie import CycleDeVieAffectation
from evaluations.models.score import DECLENCHEUR_AFFECTATION
from socle import horloge

EXPLICATIONS_LIENS = {
    "familial": "Un parent, un conjoint ou un ami proche y travaille, y siège ou en profiterait.",
    "professionnel": "Vous y travaillez, en recevez un contrat, ou l'avez fait depuis deux ans.",
    "administrateur": "Vous êtes de son conseil, ou en êtes sorti depuis moins de deux ans.",
    "financier": "Vous, ou un proche, gagneriez ou perdriez de l'argent selon la décision.",
    "partenaire": "Votre organisation participe au projet, ou en présente un concurrent.",
    "autre": "Une personne qui connaîtrait ce lien pourrait douter de votre jugement.",
}


class MembreComite(models.Model):
    """Un siège au comité de pilotage, pour un appel."""

    class Role(models.TextChoices):
        PRESIDENCE = "presidence", "Présidence"
        MEMBRE = "membre", "Membre"

    appel = models.ForeignKey("appels.Appel", on_delete=models.CASCADE, related_name="membres")
    utilisateur = models.ForeignKey(
        "socle.Utilisateur", on_delete=models.PROTECT, related_name="sieges"
    )
    code = models.CharField("code", max_length=20)
    qualite = models.CharField("à titre de", max_length=200, blank=True)
    role = models.CharField("rôle", max_length=12, choices=Role, default=Role.MEMBRE)
    actif = models.BooleanField("siège", default=True)
    # Ce que ce membre accepte de lire ; vide, la limite de la répartition est la sienne.
    charge_max = models.PositiveSmallIntegerField("lectures au plus", null=True, blank=True)
    themes = models.ManyToManyField(
        "appels.Theme", verbose_name="thèmes connus", related_name="connus_de", blank=True
    )

    class Meta:
        verbose_name = "membre du comité"
        verbose_name_plural = "membres du comité"
        ordering = ("appel", "code")
        constraints = (
            models.UniqueConstraint(fields=["appel", "utilisateur"], name="membre_unique"),
            models.UniqueConstraint(fields=["appel", "code"], name="membre_code_unique"),
            models.UniqueConstraint(
                fields=["appel"],
                condition=Q(role="presidence", actif=True),
                name="membre_une_presidence",
                violation_error_message="Le comité a déjà une présidence.",
            ),
            models.CheckConstraint(
                name="membre_charge_max", condition=Q(charge_max=None) | Q(charge_max__gte=1)
            ),
        )

    def __str__(self) -> str:
        return self.utilisateur.nom


class AffectationQuerySet(models.QuerySet):
    def non_recusees_de(self, utilisateur: Any) -> "AffectationQuerySet":
        """Ce qui est confié à une personne qui siège, sauf ce dont elle est récusée et ce que
        dépose un organisme qu'elle a rejoint depuis."""
        siennes = self.filter(membre__utilisateur=utilisateur, membre__actif=True)
        return siennes.exclude(etat="recusee").exclude(
            demande__organisme_id__in=utilisateur.organismes_ids
        )

    def visibles_par(self, utilisateur: Any) -> "AffectationQuerySet":
        """Chacun voit les siennes ; l'agent les voit toutes, sauf où il est récusé."""
        if not utilisateur.is_authenticated:
            return self.none()
        siennes = Q(membre__utilisateur=utilisateur)
        if utilisateur.peut("affectation.gerer"):
            recusees = self.model._default_manager.filter(
                membre__utilisateur=utilisateur, etat="recusee"
            )
            return self.filter(siennes | ~Q(demande__in=recusees.values("demande")))
        return self.filter(siennes)


class Affectation(CycleDeVieAffectation):
    """Une demande confiée à un membre. Rien d'elle n'est visible avant sa déclaration."""

    class Lien(models.TextChoices):
        FAMILIAL = (
            "familial",
            "Lien familial ou amical étroit avec une personne de l'organisme",
        )
        PROFESSIONNEL = "professionnel", "Emploi, contrat ou mandat avec l'organisme"
        ADMINISTRATEUR = (
            "administrateur",
            "Siège au conseil d'administration, ou l'a quitté récemment",
        )
        FINANCIER = "financier", "Intérêt financier dans le projet"
        PARTENAIRE = "partenaire", "Partenaire du projet ou d'un projet concurrent"
        AUTRE = "autre", "Autre raison qui pourrait faire douter de l'impartialité"

        @property
        def explication(self) -> str:
            """Ce que ce lien recouvre, en une phrase."""
            return EXPLICATIONS_LIENS[self.value]

    demande = models.ForeignKey(
        "appels.Demande", on_delete=models.CASCADE, related_name="affectations"
    )
    membre = models.ForeignKey(MembreComite, on_delete=models.PROTECT, related_name="affectations")
    creee_le = models.DateTimeField(default=horloge.maintenant, editable=False)
    declaree_le = models.DateTimeField("déclaration", null=True, blank=True)
    lien = models.CharField("lien", max_length=20, choices=Lien, blank=True)
    precision = models.CharField("précision", max_length=300, blank=True)

    objects = AffectationQuerySet.as_manager()

    class Meta:
        verbose_name = "affectation"
        ordering = ("demande", "membre")
        constraints = (
            models.UniqueConstraint(fields=["demande", "membre"], name="affectation_unique"),
            models.CheckConstraint(
                name="affectation_declaree",
                condition=Q(etat="a_declarer") | Q(declaree_le__isnull=False),
            ),
            models.CheckConstraint(
                name="affectation_recusation_motivee",
                condition=~Q(etat="recusee") | ~Q(lien=""),
            ),
        )
        indexes = (models.Index(fields=["membre", "etat"], name="affectation_membre_etat"),)
        triggers = (DECLENCHEUR_AFFECTATION,)

    def __str__(self) -> str:
        # Rien de la demande que le membre ne doive connaître avant de déclarer.
        return f"{self.membre} — {self.demande.reference}"
