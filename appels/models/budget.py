import uuid

from django.db import models
from django.db.models import Q

from socle import horloge


class CategorieDepense(models.TextChoices):
    SALAIRES = "salaires", "Salaires et charges sociales"
    HONORAIRES = "honoraires", "Honoraires"
    DEPLACEMENTS = "deplacements", "Déplacements"
    LOCATION = "location", "Location de salles et d'équipement"
    MATERIEL = "materiel", "Matériel et fournitures"
    PROMOTION = "promotion", "Promotion et visibilité"
    REPAS_ACCUEIL = "repas_accueil", "Repas et accueil"
    TRADUCTION = "traduction", "Traduction et interprétation"
    PARTICIPATION = "participation", "Garde et transport des participants"
    ADMINISTRATION = "administration", "Frais d'administration"
    AUTRE = "autre", "Autre"


class Source(models.TextChoices):
    QUEBEC = "quebec", "Gouvernement du Québec"
    CANADA = "canada", "Gouvernement du Canada"
    MUNICIPAL = "municipal", "Autre aide municipale"
    FONDS_PROPRES = "fonds_propres", "Fonds propres de l'organisme"
    FONDATION = "fondation", "Fondation ou don"
    PARTICIPANTS = "participants", "Contribution des participants"
    AUTRE = "autre", "Autre source"


class PosteDepense(models.Model):
    """Une ligne de dépense prévue."""

    demande = models.ForeignKey("appels.Demande", on_delete=models.CASCADE, related_name="postes")
    categorie = models.CharField("catégorie", max_length=20, choices=CategorieDepense)
    libelle = models.CharField("précision", max_length=200, blank=True)
    montant = models.DecimalField("montant", max_digits=12, decimal_places=2)
    admissible = models.BooleanField("dépense admissible", default=True)
    ordre = models.PositiveSmallIntegerField("ordre", default=0)
    # Les lignes se réécrivent à chaque enregistrement : la clé reste, et ses soumissions avec.
    cle = models.UUIDField("clé", default=uuid.uuid4, editable=False)

    class Meta:
        verbose_name = "poste de dépense"
        verbose_name_plural = "postes de dépense"
        ordering = ("demande", "ordre", "pk")
        constraints = (models.CheckConstraint(name="poste_positif", condition=Q(montant__gte=0)),)

    def __str__(self) -> str:
        return self.libelle or self.get_categorie_display()


class SourceRevenu(models.Model):
    """Un revenu prévu autre que l'aide demandée."""

    class Statut(models.TextChoices):
        DEMANDEE = "demandee", "Demandée"
        CONFIRMEE = "confirmee", "Confirmée"

    demande = models.ForeignKey("appels.Demande", on_delete=models.CASCADE, related_name="revenus")
    source = models.CharField("source", max_length=20, choices=Source)
    libelle = models.CharField("précision", max_length=200, blank=True)
    statut = models.CharField("statut", max_length=12, choices=Statut, default=Statut.DEMANDEE)
    montant = models.DecimalField("montant", max_digits=12, decimal_places=2)
    ordre = models.PositiveSmallIntegerField("ordre", default=0)

    class Meta:
        verbose_name = "source de revenu"
        verbose_name_plural = "sources de revenu"
        ordering = ("demande", "ordre", "pk")
        constraints = (models.CheckConstraint(name="revenu_positif", condition=Q(montant__gte=0)),)

    def __str__(self) -> str:
        return self.libelle or self.get_source_display()


class AideAnnoncee(models.Model):
    """Une aide publique confirmée après le dépôt : le cumul se recalcule (regles.md, 5)."""

    demande = models.ForeignKey(
        "appels.Demande", on_delete=models.CASCADE, related_name="aides_annoncees"
    )
    date = models.DateField("date")
    source = models.CharField("source", max_length=20, choices=Source, default=Source.QUEBEC)
    libelle = models.CharField("aide reçue", max_length=200)
    montant = models.DecimalField("montant", max_digits=12, decimal_places=2)
    contribution_milieu = models.DecimalField(
        "contribution du milieu qui reste",
        max_digits=12,
        decimal_places=2,
        null=True,
        blank=True,
        help_text="Laissez vide si elle ne change pas.",
    )
    annoncee_le = models.DateTimeField(default=horloge.maintenant, editable=False)
    annoncee_par = models.ForeignKey(
        "socle.Utilisateur",
        null=True,
        on_delete=models.PROTECT,
        related_name="+",
        editable=False,
    )

    class Meta:
        verbose_name = "aide publique annoncée"
        verbose_name_plural = "aides publiques annoncées"
        ordering = ("demande", "date", "pk")
        constraints = (
            models.CheckConstraint(name="aide_annoncee_positive", condition=Q(montant__gte=0)),
        )

    def __str__(self) -> str:
        return self.libelle
