from typing import Any

import pgtrigger
from django.db import models
from django.db.models import F, Q

from appels.models import Demande
from financement.cycle_de_vie import CycleDeVieLettre, CycleDeVieReexamen
from socle import horloge

RESPECTER_ENVELOPPE = """
    IF NOT NEW.en_vigueur OR NEW.montant_accorde = 0 THEN
        RETURN NEW;
    END IF;
    -- Le volet est verrouillé : deux décisions simultanées se suivent, chacune voit l'autre.
    SELECT enveloppe INTO disponible FROM appels_volet
        WHERE id = NEW.volet_id FOR NO KEY UPDATE;
    SELECT COALESCE(SUM(montant_accorde), 0) INTO accorde FROM financement_decision
        WHERE volet_id = NEW.volet_id AND en_vigueur AND id IS DISTINCT FROM NEW.id;
    IF accorde + NEW.montant_accorde > disponible THEN
        RAISE EXCEPTION 'Enveloppe dépassée : % accordés, % demandés, % disponibles.',
            accorde, NEW.montant_accorde, disponible
            USING ERRCODE = 'check_violation', CONSTRAINT = 'decision_sous_enveloppe';
    END IF;
    RETURN NEW;
"""


class Resolution(models.Model):
    """Une résolution du conseil municipal."""

    numero = models.CharField("numéro de la résolution", max_length=40)
    date = models.DateField("date")
    appel = models.ForeignKey("appels.Appel", on_delete=models.PROTECT, related_name="resolutions")
    extrait = models.FileField("extrait du procès-verbal", upload_to="resolutions/", blank=True)
    inscrite_le = models.DateTimeField(default=horloge.maintenant, editable=False)
    inscrite_par = models.ForeignKey(
        "socle.Utilisateur", null=True, on_delete=models.PROTECT, related_name="+"
    )

    class Meta:
        verbose_name = "résolution"
        ordering = ("-date", "numero")
        constraints = (
            models.UniqueConstraint(
                fields=["appel", "numero"],
                name="resolution_numero_unique",
                violation_error_message="Cette résolution est déjà inscrite pour cet appel.",
            ),
            models.CheckConstraint(name="resolution_numerotee", condition=~Q(numero="")),
        )

    def __str__(self) -> str:
        return f"{self.numero} ({self.date:%Y-%m-%d})"


class Decision(models.Model):
    """La décision du conseil sur une demande. Une nouvelle remplace l'ancienne, qui reste."""

    class Resultat(models.TextChoices):
        ACCEPTEE = "acceptee", "Acceptée"
        REFUSEE = "refusee", "Refusée"
        LISTE_ATTENTE = "liste_attente", "Liste d'attente"

    demande = models.ForeignKey(
        "appels.Demande", on_delete=models.PROTECT, related_name="decisions"
    )
    volet = models.ForeignKey("appels.Volet", on_delete=models.PROTECT, related_name="decisions")
    resolution = models.ForeignKey(Resolution, on_delete=models.PROTECT, related_name="decisions")
    resultat = models.CharField("décision", max_length=16, choices=Resultat)
    montant_demande = models.DecimalField("montant demandé", max_digits=12, decimal_places=2)
    montant_accorde = models.DecimalField(
        "montant accordé", max_digits=12, decimal_places=2, default=0
    )
    motifs = models.TextField("motifs", blank=True)
    motifs_par_critere = models.JSONField("motifs par critère", default=dict, blank=True)
    conditions = models.TextField("conditions", blank=True)
    rang_attente = models.PositiveSmallIntegerField(
        "rang en liste d'attente", null=True, blank=True
    )
    attente_jusqu_au = models.DateField("liste d'attente valable jusqu'au", null=True, blank=True)
    en_vigueur = models.BooleanField(default=True)
    prise_le = models.DateTimeField("inscription", default=horloge.maintenant)
    prise_par = models.ForeignKey(
        "socle.Utilisateur", null=True, on_delete=models.PROTECT, related_name="+"
    )

    class Meta:
        verbose_name = "décision"
        ordering = ("demande", "-prise_le")
        constraints = (
            models.UniqueConstraint(
                fields=["demande"],
                condition=Q(en_vigueur=True),
                name="decision_en_vigueur",
            ),
            models.CheckConstraint(
                name="decision_montant_selon_resultat",
                condition=Q(
                    resultat="acceptee",
                    montant_accorde__gt=0,
                    montant_accorde__lte=F("montant_demande"),
                )
                | (~Q(resultat="acceptee") & Q(montant_accorde=0)),
            ),
            models.CheckConstraint(
                name="decision_refus_motive",
                condition=~Q(resultat="refusee") | ~Q(motifs=""),
            ),
            models.CheckConstraint(
                name="decision_attente_rangee",
                condition=~Q(resultat="liste_attente")
                | Q(rang_attente__isnull=False, attente_jusqu_au__isnull=False),
            ),
        )
        triggers = (
            pgtrigger.Trigger(
                name="decision_sous_enveloppe",
                when=pgtrigger.Before,
                operation=pgtrigger.Insert | pgtrigger.Update,
                declare=[("disponible", "NUMERIC"), ("accorde", "NUMERIC")],
                func=RESPECTER_ENVELOPPE,
            ),
        )

    def __str__(self) -> str:
        return f"{self.get_resultat_display()} — {self.demande}"

    @property
    def est_partielle(self) -> bool:
        return self.resultat == "acceptee" and self.montant_accorde < self.montant_demande

    @property
    def resultat_exporte(self) -> str:
        """Le résultat au vocabulaire de contrat.md : « acceptee_partielle » est calculé."""
        return "acceptee_partielle" if self.est_partielle else self.resultat


class LettreQuerySet(models.QuerySet):
    def visibles_par(self, utilisateur: Any) -> "LettreQuerySet":
        """L'organisme ne voit une lettre qu'une fois émise."""
        if not utilisateur.is_authenticated:
            return self.none()
        visibles = Q(
            decision__demande__organisme_id__in=utilisateur.organismes_ids,
            etat__in=["emise", "transmise"],
        )
        if utilisateur.est_employe:
            visibles |= Q(decision__demande__in=Demande.objects.sans_recusation(utilisateur))
        return self.filter(visibles)


class Lettre(CycleDeVieLettre):
    """La lettre d'une décision. Émise, elle est figée ; une nouvelle la remplace."""

    decision = models.ForeignKey(Decision, on_delete=models.PROTECT, related_name="lettres")
    document = models.ForeignKey(
        "socle.Document",
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="+",
    )
    # Le modèle dont elle est faite ; vide pour une lettre émise avant les modèles.
    modele = models.ForeignKey(
        "financement.ModeleDocument",
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="lettres",
    )
    travail = models.ForeignKey(
        "socle.Travail",
        null=True,
        blank=True,
        on_delete=models.SET_NULL,
        related_name="lettres",
    )
    preparee_le = models.DateTimeField(default=horloge.maintenant)
    emise_le = models.DateTimeField("émission", null=True, blank=True, editable=False)
    emise_par = models.ForeignKey(
        "socle.Utilisateur",
        null=True,
        on_delete=models.PROTECT,
        related_name="+",
        editable=False,
    )
    transmise_le = models.DateTimeField("transmission", null=True, blank=True, editable=False)
    remplacee_le = models.DateTimeField("remplacée", null=True, blank=True)

    objects = LettreQuerySet.as_manager()

    class Meta:
        verbose_name = "lettre"
        ordering = ("decision", "-preparee_le")
        constraints = (
            models.UniqueConstraint(
                fields=["decision"],
                condition=Q(remplacee_le=None),
                name="lettre_en_cours_unique",
            ),
            models.CheckConstraint(
                name="lettre_emise_avec_document",
                condition=Q(etat="preparee") | Q(document__isnull=False, emise_le__isnull=False),
            ),
        )

    def __str__(self) -> str:
        return f"Lettre — {self.decision}"

    @property
    def demande(self) -> Any:
        return self.decision.demande


class Reexamen(CycleDeVieReexamen):
    """Une demande de réexamen, sur la procédure seulement (regles.md, 14)."""

    demande = models.ForeignKey(
        "appels.Demande", on_delete=models.PROTECT, related_name="reexamens"
    )
    motifs = models.TextField("erreur de procédure invoquée")
    demande_le = models.DateTimeField(default=horloge.maintenant)
    demande_par = models.ForeignKey(
        "socle.Utilisateur", null=True, on_delete=models.PROTECT, related_name="+"
    )
    reponse = models.TextField("réponse motivée", blank=True)
    tranche_le = models.DateTimeField(null=True, blank=True)
    tranche_par = models.ForeignKey(
        "socle.Utilisateur",
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="+",
    )

    class Meta:
        verbose_name = "réexamen"
        ordering = ("demande", "-demande_le")
        constraints = (
            models.UniqueConstraint(
                fields=["demande"],
                condition=Q(etat="demande"),
                name="reexamen_en_cours_unique",
            ),
            models.CheckConstraint(
                name="reexamen_tranche_motive",
                condition=Q(etat="demande") | ~Q(reponse=""),
            ),
        )

    def __str__(self) -> str:
        return f"Réexamen — {self.demande}"
