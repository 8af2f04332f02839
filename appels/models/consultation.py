from typing import Any

from django.db import models
from django.db.models import F, Max, Q

from socle import horloge
from socle.templatetags.affichage import date_courte


class ConsultationQuerySet(models.QuerySet):
    def publiees(self) -> "ConsultationQuerySet":
        return self.filter(publiee_le__isnull=False)

    def visibles_par(self, utilisateur: Any) -> "ConsultationQuerySet":
        """Toutes pour un employé ; les autres lisent celles qui sont publiées."""
        if utilisateur.is_authenticated and utilisateur.est_employe:
            return self
        return self.publiees()

    def recentes(self) -> "ConsultationQuerySet":
        """De celle dont l'atelier est le plus récent à la plus ancienne."""
        return self.annotate(dernier_atelier=Max("ateliers__date")).order_by(
            F("dernier_atelier").desc(nulls_last=True), "-pk"
        )


class Consultation(models.Model):
    """Ce que la Ville a demandé aux gens pour un plan : ses ateliers, et ce qui s'y est dit."""

    plan = models.ForeignKey(
        "appels.PlanAction",
        verbose_name="plan d'action",
        on_delete=models.PROTECT,
        related_name="consultations",
    )
    titre = models.CharField("titre", max_length=200)
    source = models.CharField("rapport d'où elle vient", max_length=300, blank=True)
    publiee_le = models.DateTimeField("publiée", null=True, blank=True, editable=False)

    objects = ConsultationQuerySet.as_manager()

    class Meta:
        verbose_name = "consultation"
        ordering = ("-pk",)

    def __str__(self) -> str:
        return self.titre

    @property
    def est_publiee(self) -> bool:
        return self.publiee_le is not None


class Instance(models.Model):
    """Qui pilote le plan, qui est consulté."""

    consultation = models.ForeignKey(
        Consultation, on_delete=models.CASCADE, related_name="instances"
    )
    nom = models.CharField("nom", max_length=160)
    role = models.CharField("rôle", max_length=300)
    ordre = models.PositiveSmallIntegerField(default=0)

    class Meta:
        verbose_name = "instance"
        ordering = ("consultation", "ordre", "pk")

    def __str__(self) -> str:
        return self.nom


class Atelier(models.Model):
    """Une rencontre de la consultation ; des nombres, jamais une liste de personnes."""

    consultation = models.ForeignKey(
        Consultation, on_delete=models.CASCADE, related_name="ateliers"
    )
    date = models.DateField("date")
    lieu = models.CharField("lieu", max_length=160)
    personnes = models.PositiveSmallIntegerField("personnes présentes", null=True, blank=True)
    organisations = models.PositiveSmallIntegerField(
        "organisations représentées", null=True, blank=True
    )
    groupe_min = models.PositiveSmallIntegerField("plus petit groupe", null=True, blank=True)
    groupe_max = models.PositiveSmallIntegerField("plus grand groupe", null=True, blank=True)

    class Meta:
        verbose_name = "atelier"
        ordering = ("date", "pk")
        constraints = (
            models.CheckConstraint(
                name="atelier_groupes",
                condition=Q(groupe_min=None)
                | Q(groupe_max=None)
                | Q(groupe_max__gte=F("groupe_min")),
                violation_error_message="Le plus grand groupe a moins de monde que le plus petit.",
            ),
        )

    def __str__(self) -> str:
        return f"Atelier du {date_courte(self.date)}, {self.lieu}"


class QuestionAtelier(models.Model):
    """Ce dont un atelier a discuté."""

    atelier = models.ForeignKey(Atelier, on_delete=models.CASCADE, related_name="questions")
    texte = models.CharField("question", max_length=300)
    ordre = models.PositiveSmallIntegerField(default=0)

    class Meta:
        verbose_name = "question d'atelier"
        verbose_name_plural = "questions d'atelier"
        ordering = ("atelier", "ordre", "pk")

    def __str__(self) -> str:
        return self.texte


class GroupeAtelier(models.Model):
    """Une table de discussion d'un atelier."""

    atelier = models.ForeignKey(Atelier, on_delete=models.CASCADE, related_name="groupes")
    nom = models.CharField("nom du groupe", max_length=80)
    personnes = models.PositiveSmallIntegerField("personnes", null=True, blank=True)
    ordre = models.PositiveSmallIntegerField(default=0)

    class Meta:
        verbose_name = "groupe d'atelier"
        verbose_name_plural = "groupes d'atelier"
        ordering = ("atelier", "ordre", "pk")

    def __str__(self) -> str:
        return self.nom


class PointSouleve(models.Model):
    """Ce qu'un atelier a dit, et les besoins du plan que c'est devenu."""

    class Genre(models.TextChoices):
        FORCE = "force", "Force à garder"
        DEFI = "defi", "Défi"
        PISTE = "piste", "Piste d'action"
        ROLE_VILLE = "role_ville", "Rôle attendu de la Ville"

    atelier = models.ForeignKey(Atelier, on_delete=models.CASCADE, related_name="points")
    genre = models.CharField("genre", max_length=12, choices=Genre)
    texte = models.CharField("ce qui a été dit", max_length=300)
    question = models.ForeignKey(
        QuestionAtelier, null=True, blank=True, on_delete=models.SET_NULL, related_name="points"
    )
    groupe = models.ForeignKey(
        GroupeAtelier, null=True, blank=True, on_delete=models.SET_NULL, related_name="points"
    )
    besoins = models.ManyToManyField(
        "appels.Besoin", verbose_name="besoins du plan", related_name="points", blank=True
    )
    ordre = models.PositiveSmallIntegerField(default=0)

    class Meta:
        verbose_name = "point soulevé"
        verbose_name_plural = "points soulevés"
        ordering = ("atelier", "ordre", "pk")

    def __str__(self) -> str:
        return self.texte


class EtapeDemarche(models.Model):
    """Une étape de la démarche que rien d'autre ne date : une présentation, une mise à jour.

    Elle est faite quand la Ville l'inscrit ; l'heure seule ne la fait pas.
    """

    consultation = models.ForeignKey(Consultation, on_delete=models.CASCADE, related_name="etapes")
    libelle = models.CharField("étape", max_length=200)
    detail = models.CharField("précision", max_length=300, blank=True)
    prevue_le = models.DateField("prévue le")
    au_mois = models.BooleanField("seul le mois est connu", default=True)
    faite_le = models.DateField("faite le", null=True, blank=True)

    class Meta:
        verbose_name = "étape de la démarche"
        verbose_name_plural = "étapes de la démarche"
        ordering = ("prevue_le", "pk")

    def __str__(self) -> str:
        return self.libelle

    @property
    def est_faite(self) -> bool:
        return self.faite_le is not None and self.faite_le <= horloge.aujourdhui()
