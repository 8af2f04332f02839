"""Le calibrage : un ou deux dossiers fictifs que tout le comité note avant de commencer.

Ses tables sont à part. Un dossier fictif n'est pas une ``Demande`` et sa fiche n'est pas une
``Evaluation`` : aucun score, compte, export, registre ni bilan ne peut les rencontrer.
"""

from typing import Any

import pgtrigger
from django.db import models
from django.db.models import Q

from evaluations.cycle_de_vie import CycleDeVieCalibrage
from evaluations.models.fiche import dans_l_echelle, manques_de, score_des_notes
from socle import horloge

CALIBRAGES_MAX = 2


class CalibrageQuerySet(models.QuerySet):
    def visibles_par(self, utilisateur: Any) -> "CalibrageQuerySet":
        """Les agents les voient tous ; un membre, ceux de son comité une fois ouverts."""
        if not utilisateur.is_authenticated:
            return self.none()
        if utilisateur.peut("calibrage.gerer"):
            return self
        return self.pour_le_membre(utilisateur)

    def pour_le_membre(self, utilisateur: Any) -> "CalibrageQuerySet":
        return self.exclude(etat="prepare").filter(
            appel__membres__utilisateur=utilisateur, appel__membres__actif=True
        )


class Calibrage(CycleDeVieCalibrage):
    """Un dossier fictif à noter par tous, pour s'accorder sur l'échelle."""

    appel = models.ForeignKey("appels.Appel", on_delete=models.CASCADE, related_name="calibrages")
    no = models.PositiveSmallIntegerField("numéro")
    titre = models.CharField("titre du projet fictif", max_length=200)
    resume = models.TextField("résumé")
    projet = models.TextField("le projet", help_text="Le besoin, les personnes, les activités.")
    budget = models.TextField("le budget", blank=True, help_text="En quelques lignes.")
    ouvert_le = models.DateTimeField(null=True, blank=True, editable=False)
    devoile_le = models.DateTimeField(null=True, blank=True, editable=False)

    objects = CalibrageQuerySet.as_manager()

    class Meta:
        verbose_name = "calibrage"
        ordering = ("appel", "no")
        constraints = (
            models.UniqueConstraint(fields=["appel", "no"], name="calibrage_no_unique"),
            models.CheckConstraint(
                name="calibrage_deux_au_plus", condition=Q(no__range=(1, CALIBRAGES_MAX))
            ),
            models.CheckConstraint(
                name="calibrage_ouvert_date",
                condition=Q(etat="prepare") | Q(ouvert_le__isnull=False),
            ),
            models.CheckConstraint(
                name="calibrage_devoile_date",
                condition=~Q(etat="devoile") | Q(devoile_le__isnull=False),
            ),
        )

    def __str__(self) -> str:
        return f"Calibrage {self.no} — {self.titre}"


class FicheCalibrage(models.Model):
    """Les notes d'un membre pour un dossier fictif. Soumise, elle ne change plus."""

    calibrage = models.ForeignKey(Calibrage, on_delete=models.CASCADE, related_name="fiches")
    membre = models.ForeignKey(
        "evaluations.MembreComite", on_delete=models.CASCADE, related_name="calibrages"
    )
    modifiee_le = models.DateTimeField(default=horloge.maintenant)
    soumise_le = models.DateTimeField("soumise", null=True, blank=True, editable=False)

    class Meta:
        verbose_name = "fiche de calibrage"
        verbose_name_plural = "fiches de calibrage"
        ordering = ("calibrage", "membre__code")
        constraints = (
            models.UniqueConstraint(fields=["calibrage", "membre"], name="fiche_calibrage_unique"),
        )

    def __str__(self) -> str:
        return f"{self.calibrage} — {self.membre}"

    @property
    def est_soumise(self) -> bool:
        return self.soumise_le is not None

    def manques(self) -> list[tuple[Any, str]]:
        return manques_de(self.notes.all(), self.calibrage.appel.criteres.all())

    def calculer_score(self) -> Any:
        return score_des_notes(self.notes.all())


class NoteCalibrage(models.Model):
    """La note d'un critère pour un dossier fictif."""

    fiche = models.ForeignKey(FicheCalibrage, on_delete=models.CASCADE, related_name="notes")
    critere = models.ForeignKey("appels.Critere", on_delete=models.PROTECT, related_name="+")
    note = models.SmallIntegerField("note", null=True, blank=True)
    commentaire = models.TextField("commentaire", blank=True)

    class Meta:
        verbose_name = "note de calibrage"
        verbose_name_plural = "notes de calibrage"
        ordering = ("fiche", "critere__ordre")
        constraints = (
            models.UniqueConstraint(fields=["fiche", "critere"], name="note_calibrage_unique"),
        )
        triggers = (
            dans_l_echelle("note_calibrage_dans_echelle"),
            pgtrigger.Trigger(
                name="note_calibrage_soumise_immuable",
                when=pgtrigger.Before,
                operation=pgtrigger.Insert | pgtrigger.Update,
                func=(
                    "IF EXISTS (SELECT 1 FROM evaluations_fichecalibrage f "
                    "WHERE f.id = NEW.fiche_id AND f.soumise_le IS NOT NULL) "
                    "THEN RAISE EXCEPTION 'Une fiche soumise ne se modifie pas.'; END IF; "
                    "RETURN NEW;"
                ),
            ),
        )

    def __str__(self) -> str:
        return f"{self.critere.code} : {self.note}"
