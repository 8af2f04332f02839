from collections.abc import Iterable
from typing import Any

import pgtrigger
from django.db import models
from django.db.models import Q

from evaluations.bareme import Notation, commentaire_exige, score_fiche
from evaluations.cycle_de_vie import CycleDeVieEvaluation
from evaluations.models.score import DECLENCHEURS_FICHE
from socle import horloge


def manques_de(
    notes: Iterable[Any], criteres: Iterable[Any], *, commentees: bool = True
) -> list[tuple[Any, str]]:
    """Ce qui manque à une grille, par critère : (critère, « note » ou « commentaire »)."""
    par_critere = {note.critere_id: note for note in notes}
    absents = []
    for critere in criteres:
        note = par_critere.get(critere.pk)
        if note is None or note.note is None:
            absents.append((critere, "note"))
        elif (
            commentees
            and commentaire_exige(note.note, note_max=critere.note_max)
            and not note.commentaire.strip()
        ):
            absents.append((critere, "commentaire"))
    return absents


def score_des_notes(notes: Iterable[Any]) -> Any:
    """Le score sur 100 de notes dont le critère est chargé."""
    return score_fiche(
        Notation(
            note=note.note,
            note_min=note.critere.note_min,
            note_max=note.critere.note_max,
            poids=note.critere.poids,
        )
        for note in notes
    )


def dans_l_echelle(nom: str) -> pgtrigger.Trigger:
    """La base refuse une note hors de l'échelle de son critère."""
    return pgtrigger.Trigger(
        name=nom,
        when=pgtrigger.Before,
        operation=pgtrigger.Insert | pgtrigger.Update,
        func=(
            "IF NEW.note IS NOT NULL AND NOT EXISTS (SELECT 1 FROM appels_critere c "
            "WHERE c.id = NEW.critere_id AND NEW.note BETWEEN c.note_min AND c.note_max) "
            "THEN RAISE EXCEPTION 'Note hors de l''échelle du critère.'; END IF; "
            "RETURN NEW;"
        ),
    )


class EvaluationQuerySet(models.QuerySet):
    def comptees(self) -> "EvaluationQuerySet":
        """Celles qui font le score : soumises, par des membres sans conflit (regles.md, 6)."""
        return self.filter(etat="soumise", affectation__etat="libre")

    def visibles_par(self, utilisateur: Any) -> "EvaluationQuerySet":
        """Chacun ne voit que les siennes, et seulement là où il est sans conflit."""
        if not utilisateur.is_authenticated:
            return self.none()
        return self.filter(affectation__membre__utilisateur=utilisateur, affectation__etat="libre")


class Evaluation(CycleDeVieEvaluation):
    """La fiche d'un membre pour une demande. Soumise, la base refuse qu'elle change."""

    affectation = models.OneToOneField(
        "evaluations.Affectation", on_delete=models.CASCADE, related_name="evaluation"
    )
    notes_privees = models.TextField("mes notes (vues de vous seulement)", blank=True)
    score = models.DecimalField(
        "score", max_digits=16, decimal_places=12, null=True, blank=True, editable=False
    )
    modifiee_le = models.DateTimeField(default=horloge.maintenant)
    soumise_le = models.DateTimeField("soumise", null=True, blank=True, editable=False)
    sans_commentaires = models.BooleanField(
        "importée (sans commentaires)", default=False, editable=False
    )

    objects = EvaluationQuerySet.as_manager()

    class Meta:
        verbose_name = "fiche d'évaluation"
        verbose_name_plural = "fiches d'évaluation"
        ordering = ("affectation",)
        constraints = (
            models.CheckConstraint(
                name="evaluation_soumise_avec_score",
                condition=~Q(etat="soumise") | Q(score__isnull=False, soumise_le__isnull=False),
            ),
            models.CheckConstraint(
                name="evaluation_score_sur_100",
                condition=Q(score__isnull=True) | Q(score__range=(0, 100)),
            ),
        )
        triggers = (
            pgtrigger.Trigger(
                name="evaluation_soumise_immuable",
                when=pgtrigger.Before,
                operation=pgtrigger.Update,
                condition=pgtrigger.Q(old__etat="soumise", new__etat="soumise"),
                func=(
                    "IF NEW.score IS DISTINCT FROM OLD.score THEN "
                    "RAISE EXCEPTION 'Une fiche soumise ne se modifie pas.'; END IF; RETURN NEW;"
                ),
            ),
            *DECLENCHEURS_FICHE,
        )

    def __str__(self) -> str:
        return f"Fiche — {self.affectation}"

    @property
    def demande(self) -> Any:
        return self.affectation.demande

    @property
    def membre(self) -> Any:
        return self.affectation.membre

    @property
    def est_modifiable(self) -> bool:
        return self.etat in {self.Etat.EN_COURS, self.Etat.ROUVERTE}

    @property
    def est_complete(self) -> bool:
        """Une note par critère, et les commentaires exigés (sauf fiche importée)."""
        return not self.manques()

    def manques(self) -> list[tuple[Any, str]]:
        """Ce qui manque, par critère : (critère, « note » ou « commentaire »)."""
        return manques_de(
            self.notes.all(),
            self.demande.appel.criteres.all(),
            commentees=not self.sans_commentaires,
        )

    def calculer_score(self) -> Any:
        return score_des_notes(self.notes.select_related("critere"))


class Note(models.Model):
    """La note d'un critère dans une fiche, avec son commentaire."""

    evaluation = models.ForeignKey(Evaluation, on_delete=models.CASCADE, related_name="notes")
    critere = models.ForeignKey("appels.Critere", on_delete=models.PROTECT, related_name="notes")
    note = models.SmallIntegerField("note", null=True, blank=True)
    commentaire = models.TextField("commentaire", blank=True)

    class Meta:
        verbose_name = "note"
        ordering = ("evaluation", "critere")
        constraints = (
            models.UniqueConstraint(fields=["evaluation", "critere"], name="note_unique"),
        )
        triggers = (
            dans_l_echelle("note_dans_echelle"),
            pgtrigger.Trigger(
                name="note_soumise_immuable",
                when=pgtrigger.Before,
                operation=pgtrigger.Update | pgtrigger.Delete,
                func=(
                    "IF EXISTS (SELECT 1 FROM evaluations_evaluation e "
                    "WHERE e.id = OLD.evaluation_id AND e.etat = 'soumise') "
                    "THEN RAISE EXCEPTION 'Une fiche soumise ne se modifie pas.'; END IF; "
                    "IF TG_OP = 'DELETE' THEN RETURN OLD; END IF; RETURN NEW;"
                ),
            ),
        )

    def __str__(self) -> str:
        return f"{self.critere.code} : {self.note}"


class Reouverture(models.Model):
    """Une fiche rouverte : pourquoi, par qui, et les notes d'avant.

    Modifiée en séance, elle est resoumise aussitôt : les notes d'après sont gardées aussi.
    """

    evaluation = models.ForeignKey(
        Evaluation, on_delete=models.CASCADE, related_name="reouvertures"
    )
    rouverte_le = models.DateTimeField(default=horloge.maintenant)
    rouverte_par = models.ForeignKey(
        "socle.Utilisateur", null=True, on_delete=models.PROTECT, related_name="+"
    )
    motif = models.TextField("motif")
    notes_avant = models.JSONField("notes d'avant", default=dict)
    seance = models.ForeignKey(
        "evaluations.Seance", null=True, on_delete=models.PROTECT, related_name="fiches_modifiees"
    )
    notes_apres = models.JSONField("notes d'après", null=True)

    class Meta:
        verbose_name = "réouverture"
        ordering = ("evaluation", "rouverte_le")

    def __str__(self) -> str:
        return f"Réouverture — {self.evaluation}"
