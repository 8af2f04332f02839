"""Les questions qu'on pose sur un appel, et celles que tout le monde peut lire."""

from typing import Any

import pgtrigger
from django.db import models
from django.db.models import Q

from appels.cycle_de_vie import CycleDeVieQuestionPublique
from appels.models.appel import Appel
from appels.models.demande import Demande
from socle import horloge


class QuestionPubliqueQuerySet(models.QuerySet):
    def traitables_par(self, utilisateur: Any) -> "QuestionPubliqueQuerySet":
        """Égal, ligne à ligne, à la permission « question.repondre » (un test le vérifie)."""
        if not (utilisateur.is_authenticated and "agent" in utilisateur.roles):
            return self.none()
        recusations = Demande.affectations.rel.related_model.objects.filter(
            membre__utilisateur=utilisateur, etat="recusee"
        )
        siennes = Demande.objects.filter(organisme_id__in=utilisateur.organismes_ids)
        return self.exclude(appel__in=recusations.values("membre__appel")).exclude(
            appel__in=siennes.exclude(etat="brouillon").values("appel")
        )

    def a_repondre(self) -> "QuestionPubliqueQuerySet":
        return self.filter(etat="posee").exclude(appel__etat__in=("annule", "archive"))

    def publiees(self) -> "QuestionPubliqueQuerySet":
        """Ce que le public lit, et rien d'autre de la ligne ; la plus récente à la fin."""
        return (
            self.filter(etat="publiee")
            .order_by("numero")
            .values("numero", "enonce", "reponse", "publiee_le", "corrigee_le")
        )


class QuestionPublique(CycleDeVieQuestionPublique):
    """Une question sur un appel : telle qu'elle fut posée, puis telle qu'elle est publiée."""

    appel = models.ForeignKey(Appel, on_delete=models.PROTECT, related_name="questions_publiques")
    posee_par = models.ForeignKey(
        "socle.Utilisateur", on_delete=models.PROTECT, related_name="questions_posees"
    )
    posee_le = models.DateTimeField("posée", default=horloge.maintenant, editable=False)
    texte = models.TextField("question posée")
    message = models.OneToOneField(
        "appels.Message",
        verbose_name="message d'un échange dont elle est tirée",
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="question_publique",
    )
    numero = models.PositiveSmallIntegerField("numéro publié", null=True, blank=True)
    enonce = models.TextField("question publiée", blank=True)
    reponse = models.TextField("réponse", blank=True)
    motif = models.TextField("pourquoi elle n'est pas publiée", blank=True)
    publiee_le = models.DateTimeField("publiée", null=True, blank=True, editable=False)
    corrigee_le = models.DateTimeField("corrigée", null=True, blank=True, editable=False)
    repondue_le = models.DateTimeField("répondue", null=True, blank=True, editable=False)

    objects = QuestionPubliqueQuerySet.as_manager()

    class Meta:
        verbose_name = "question sur un appel"
        verbose_name_plural = "questions sur les appels"
        ordering = ("appel", "pk")
        constraints = (
            models.UniqueConstraint(fields=["appel", "numero"], name="question_numero_unique"),
            models.CheckConstraint(name="question_a_un_texte", condition=~Q(texte="")),
            models.CheckConstraint(
                name="question_publiee_complete",
                condition=~Q(etat="publiee")
                | (
                    Q(numero__isnull=False, publiee_le__isnull=False)
                    & ~Q(enonce="")
                    & ~Q(reponse="")
                ),
            ),
            models.CheckConstraint(
                name="question_repondue_motivee",
                condition=~Q(etat="repondue") | (~Q(reponse="") & ~Q(motif="")),
            ),
        )
        indexes = (models.Index(fields=["appel", "etat"], name="question_publique_etat"),)
        triggers = (
            pgtrigger.Trigger(
                name="question_posee_figee",
                when=pgtrigger.Before,
                operation=pgtrigger.Update | pgtrigger.Delete,
                func=(
                    "IF TG_OP = 'DELETE' OR (NEW.appel_id, NEW.posee_par_id, NEW.posee_le, "
                    "NEW.texte, NEW.message_id) IS DISTINCT FROM (OLD.appel_id, OLD.posee_par_id, "
                    "OLD.posee_le, OLD.texte, OLD.message_id) THEN RAISE EXCEPTION "
                    "'Une question posée ne se modifie pas et ne s''efface pas.'; END IF; "
                    "RETURN NEW;"
                ),
            ),
        )

    def __str__(self) -> str:
        return f"Question {self.numero or self.pk} — {self.appel.code}"

    @property
    def ancre(self) -> str:
        return f"question-{self.numero}"
