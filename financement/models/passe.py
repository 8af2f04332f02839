from django.core.serializers.json import DjangoJSONEncoder
from django.db import models
from django.db.models import F, Q

from socle import horloge


class ProjetPasse(models.Model):
    """Un projet d'avant l'application, repris d'un tableur pour que les années se comparent."""

    appel_code = models.CharField("code de l'appel", max_length=40)
    annee = models.PositiveSmallIntegerField("année")
    organisme = models.CharField("organisme", max_length=160)
    neq = models.CharField("NEQ", max_length=10, blank=True)
    titre = models.CharField("projet", max_length=200)
    secteur = models.CharField("secteur", max_length=80, blank=True)
    besoins = models.JSONField("besoins", default=list, blank=True)
    montant_demande = models.DecimalField(
        "demandé", max_digits=12, decimal_places=2, null=True, blank=True
    )
    montant_accorde = models.DecimalField("accordé", max_digits=12, decimal_places=2)
    montant_verse = models.DecimalField("versé", max_digits=12, decimal_places=2)
    activites = models.PositiveIntegerField("activités réalisées", null=True, blank=True)
    personnes = models.PositiveIntegerField("personnes différentes", null=True, blank=True)
    immigrantes = models.PositiveIntegerField("dont immigrantes", null=True, blank=True)

    class Meta:
        verbose_name = "projet passé"
        verbose_name_plural = "projets passés"
        ordering = ("-annee", "appel_code", "titre")
        constraints = (
            models.UniqueConstraint(
                fields=["appel_code", "organisme", "titre"], name="projet_passe_unique"
            ),
            models.CheckConstraint(
                name="projet_passe_montants",
                condition=Q(
                    montant_accorde__gte=0,
                    montant_verse__gte=0,
                    montant_verse__lte=F("montant_accorde"),
                ),
            ),
            models.CheckConstraint(
                name="projet_passe_immigrantes",
                condition=Q(immigrantes__isnull=True)
                | Q(personnes__isnull=True)
                | Q(immigrantes__lte=F("personnes")),
            ),
        )

    def __str__(self) -> str:
        return f"{self.titre} ({self.appel_code})"


class RepriseEssayee(models.Model):
    """Un tableur lu sans rien écrire ; confirmé, ses lignes deviennent des projets passés."""

    nom = models.CharField("fichier", max_length=200)
    lignes = models.JSONField(encoder=DjangoJSONEncoder)
    essayee_le = models.DateTimeField(default=horloge.maintenant, editable=False)
    essayee_par = models.ForeignKey(
        "socle.Utilisateur", null=True, on_delete=models.PROTECT, related_name="+"
    )
    faite_le = models.DateTimeField(null=True, blank=True, editable=False)

    class Meta:
        verbose_name = "reprise de projets passés"
        verbose_name_plural = "reprises de projets passés"
        ordering = ("-essayee_le",)

    def __str__(self) -> str:
        return self.nom
