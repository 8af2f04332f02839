from django.db import models

from appels import questions
from appels.questions import TypeQuestion
from socle import horloge


class Formulaire(models.Model):
    """Une révision d'un formulaire d'un appel. Une fois publiée, elle ne change plus."""

    class Nature(models.TextChoices):
        DEMANDE = "demande", "Demande"
        RAPPORT_ETAPE = "rapport_etape", "Rapport d'étape"
        RAPPORT_FINAL = "rapport_final", "Rapport final"

    appel = models.ForeignKey("appels.Appel", on_delete=models.CASCADE, related_name="formulaires")
    nature = models.CharField("nature", max_length=20, choices=Nature, default=Nature.DEMANDE)
    revision = models.PositiveSmallIntegerField("révision", default=1)
    publie_le = models.DateTimeField("publication", null=True, blank=True)

    class Meta:
        verbose_name = "formulaire"
        ordering = ("appel", "nature", "-revision")
        constraints = (
            models.UniqueConstraint(
                fields=["appel", "nature", "revision"],
                name="formulaire_revision_unique",
            ),
        )

    def __str__(self) -> str:
        return f"{self.get_nature_display()} — révision {self.revision}"


class Section(models.Model):
    formulaire = models.ForeignKey(Formulaire, on_delete=models.CASCADE, related_name="sections")
    code = models.SlugField("code", max_length=40)
    titre = models.CharField("titre", max_length=120)
    aide = models.TextField("aide", blank=True)
    ordre = models.PositiveSmallIntegerField("ordre", default=0)

    class Meta:
        verbose_name = "section"
        ordering = ("formulaire", "ordre")
        constraints = (
            models.UniqueConstraint(fields=["formulaire", "code"], name="section_code_unique"),
        )

    def __str__(self) -> str:
        return self.titre


class Question(models.Model):
    Type = TypeQuestion

    section = models.ForeignKey(Section, on_delete=models.CASCADE, related_name="questions")
    code = models.SlugField("code", max_length=60)
    libelle = models.CharField("question", max_length=300)
    aide = models.TextField("aide", blank=True)
    type = models.CharField("type", max_length=20, choices=Type, default=Type.TEXTE_LONG)
    obligatoire = models.BooleanField("obligatoire", default=True)
    mots_max = models.PositiveSmallIntegerField("mots au plus", null=True, blank=True)
    choix = models.JSONField("choix", default=list, blank=True)
    si_question = models.ForeignKey(
        "self",
        verbose_name="se pose seulement si",
        null=True,
        blank=True,
        on_delete=models.CASCADE,
        related_name="dependantes",
    )
    si_valeur = models.CharField("a pour réponse", max_length=200, blank=True)
    ordre = models.PositiveSmallIntegerField("ordre", default=0)

    class Meta:
        verbose_name = "question"
        ordering = ("section", "ordre")
        constraints = (
            models.UniqueConstraint(fields=["section", "code"], name="question_code_unique"),
            models.CheckConstraint(
                name="question_condition_entiere",
                condition=models.Q(si_question__isnull=True) | ~models.Q(si_valeur=""),
            ),
        )

    def __str__(self) -> str:
        return self.libelle


class ReponseAbstraite(models.Model):
    """La réponse à une question. ``valeur`` garde ce qui a été saisi, même incomplet."""

    question = models.ForeignKey(Question, on_delete=models.PROTECT, related_name="+")
    valeur = models.JSONField("réponse", null=True, blank=True)
    modifiee_le = models.DateTimeField("modifiée", default=horloge.maintenant)
    modifiee_par = models.ForeignKey(
        "socle.Utilisateur", null=True, on_delete=models.PROTECT, related_name="+"
    )

    class Meta:
        abstract = True

    def __str__(self) -> str:
        return str(self.question)

    @property
    def texte(self) -> str:
        """La réponse telle qu'elle se lit."""
        return questions.texte(self.question.type, self.valeur)

    @property
    def est_vide(self) -> bool:
        return questions.est_vide(self.valeur)


class Reponse(ReponseAbstraite):
    demande = models.ForeignKey("appels.Demande", on_delete=models.CASCADE, related_name="reponses")

    class Meta:
        verbose_name = "réponse"
        ordering = ("demande", "question")
        constraints = (
            models.UniqueConstraint(fields=["demande", "question"], name="reponse_unique"),
        )
