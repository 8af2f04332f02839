from decimal import Decimal

import pgtrigger
from django.contrib.postgres.fields import ArrayField
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import F, Q

from socle import horloge

# Une seule chose change encore d'un scénario figé : un autre le remplace.
FIGE = """
    IF OLD.fige_le IS NOT NULL AND (
        TG_OP = 'DELETE'
        OR to_jsonb(NEW) - 'remplace_le' IS DISTINCT FROM to_jsonb(OLD) - 'remplace_le'
    ) THEN
        RAISE EXCEPTION 'Un scénario figé ne change plus.'
            USING ERRCODE = 'check_violation', CONSTRAINT = 'scenario_fige';
    END IF;
    RETURN COALESCE(NEW, OLD);
"""
LIGNE_FIGEE = """
    IF EXISTS (
        SELECT 1 FROM financement_scenario
        WHERE id = COALESCE(NEW.scenario_id, OLD.scenario_id) AND fige_le IS NOT NULL
    ) THEN
        RAISE EXCEPTION 'Un scénario figé ne change plus.'
            USING ERRCODE = 'check_violation', CONSTRAINT = 'scenario_fige';
    END IF;
    RETURN COALESCE(NEW, OLD);
"""
TOUT = pgtrigger.Insert | pgtrigger.Update | pgtrigger.Delete


class Scenario(models.Model):
    """Une façon de partager les enveloppes d'un appel ; elle propose, elle ne décide rien."""

    class Regle(models.TextChoices):
        RANG = "rang", "Par rang, jusqu'à épuisement de l'argent"
        SCORE = "score", "Le plus de points possible"
        COUVERTURE = "couverture", "Couvrir tout le plan, puis le plus de points possible"

    class Dimension(models.TextChoices):
        OBJECTIF = "objectif", "Au moins un projet par objectif"
        SECTEUR = "secteur", "Au moins un projet par secteur de la ville"
        THEME = "theme", "Au moins un projet par thème"

    appel = models.ForeignKey("appels.Appel", on_delete=models.PROTECT, related_name="scenarios")
    nom = models.CharField("nom", max_length=80)
    regle = models.CharField("règle", max_length=12, choices=Regle, default=Regle.RANG)
    dimensions = ArrayField(
        models.CharField(max_length=10, choices=Dimension), verbose_name="à couvrir", default=list,
        blank=True,
    )  # fmt: skip
    # « secteur:Pointe-du-Lac » : un groupe que le comité renonce à couvrir.
    dispenses = ArrayField(
        models.CharField(max_length=80), verbose_name="à ne pas exiger", default=list, blank=True
    )
    plancher = models.PositiveSmallIntegerField(
        "plancher (% du montant)",
        default=100,
        validators=[MinValueValidator(1), MaxValueValidator(100)],
    )
    seuil = models.DecimalField("seuil de passage", max_digits=4, decimal_places=1)
    prouve = models.BooleanField("optimum prouvé", default=False, editable=False)
    # L'état des demandes et de l'argent au moment du calcul.
    empreinte = models.CharField(max_length=64, editable=False)
    calcule_le = models.DateTimeField(default=horloge.maintenant, editable=False)
    cree_le = models.DateTimeField(default=horloge.maintenant, editable=False)
    cree_par = models.ForeignKey(
        "socle.Utilisateur", null=True, on_delete=models.PROTECT, related_name="+", editable=False
    )
    fige_le = models.DateTimeField("figé", null=True, blank=True, editable=False)
    fige_par = models.ForeignKey(
        "socle.Utilisateur", null=True, on_delete=models.PROTECT, related_name="+", editable=False
    )
    document = models.ForeignKey(
        "socle.Document", null=True, on_delete=models.PROTECT, related_name="+", editable=False
    )
    remplace_le = models.DateTimeField("remplacé", null=True, blank=True, editable=False)

    class Meta:
        verbose_name = "scénario"
        ordering = ("appel", "pk")
        constraints = (
            models.UniqueConstraint(
                fields=["appel", "nom"],
                name="scenario_nom_unique",
                violation_error_message="Un autre scénario de cet appel porte ce nom.",
            ),
            models.UniqueConstraint(
                fields=["appel"],
                condition=Q(fige_le__isnull=False, remplace_le=None),
                name="scenario_un_fige_par_appel",
            ),
            models.CheckConstraint(
                name="scenario_plancher_en_pour_cent", condition=Q(plancher__range=(1, 100))
            ),
            models.CheckConstraint(
                name="scenario_seuil_sur_cent", condition=Q(seuil__range=(0, 100))
            ),
            models.CheckConstraint(
                name="scenario_fige_avec_document",
                condition=Q(fige_le=None) | Q(document__isnull=False),
            ),
        )
        triggers = (
            pgtrigger.Trigger(
                name="scenario_fige",
                when=pgtrigger.Before,
                operation=pgtrigger.Update | pgtrigger.Delete,
                func=FIGE,
            ),
        )

    def __str__(self) -> str:
        return f"{self.nom} — {self.appel.code}"

    @property
    def est_fige(self) -> bool:
        return self.fige_le is not None


class LigneScenario(models.Model):
    """Une demande dans un scénario : son montant proposé, ou pourquoi elle n'en a pas."""

    class Sens(models.TextChoices):
        REGLE = "", "Selon la règle"
        INCLURE = "inclure", "Inclure"
        EXCLURE = "exclure", "Exclure"

    scenario = models.ForeignKey(Scenario, on_delete=models.CASCADE, related_name="lignes")
    demande = models.ForeignKey(
        "appels.Demande", on_delete=models.PROTECT, related_name="lignes_scenario"
    )
    rang = models.PositiveSmallIntegerField("rang")
    score = models.DecimalField("score", max_digits=4, decimal_places=1)
    maximum = models.DecimalField("maximum", max_digits=12, decimal_places=2)
    montant = models.DecimalField("montant proposé", max_digits=12, decimal_places=2, default=0)
    retouche = models.CharField("choix", max_length=8, choices=Sens, blank=True)
    montant_voulu = models.DecimalField(
        "montant écrit à la main", max_digits=12, decimal_places=2, null=True, blank=True
    )
    motif = models.CharField("pourquoi", max_length=200, blank=True)
    raison = models.CharField("pourquoi rien", max_length=300, blank=True)

    class Meta:
        verbose_name = "ligne d'un scénario"
        verbose_name_plural = "lignes d'un scénario"
        ordering = ("scenario", "demande__volet__no", "rang", "pk")
        constraints = (
            models.UniqueConstraint(fields=["scenario", "demande"], name="ligne_scenario_unique"),
            models.CheckConstraint(
                name="ligne_scenario_montant_permis",
                condition=Q(montant__gte=0, montant__lte=F("maximum")),
            ),
            models.CheckConstraint(
                name="ligne_scenario_voulu_inclus",
                condition=Q(montant_voulu=None) | Q(retouche="inclure", montant_voulu__gt=0),
            ),
        )
        triggers = (
            pgtrigger.Trigger(
                name="ligne_scenario_figee",
                when=pgtrigger.Before,
                operation=TOUT,
                func=LIGNE_FIGEE,
            ),
        )

    def __str__(self) -> str:
        return f"{self.demande.code} — {self.montant}"

    @property
    def est_retenue(self) -> bool:
        return self.montant > 0

    @property
    def manque_au_maximum(self) -> Decimal:
        return self.maximum - self.montant
