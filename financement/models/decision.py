from typing import Any

from django.db import models
from django.db.models import F, Q

from appels.models import Demande
from financement.cycle_de_vie import CycleDeVieLettre, CycleDeVieReexamen
from financement.models.ecritures import DECISION, a_l_ecriture, garder_ce_qui_est_inscrit
from socle import horloge
from socle.templatetags.affichage import date_courte


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
        return f"{self.numero} ({date_courte(self.date)})"


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
            a_l_ecriture("decision_au_grand_livre", DECISION),
            garder_ce_qui_est_inscrit("decision_gardee"),
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


class ReexamenQuerySet(models.QuerySet):
    def visibles_par(self, utilisateur: Any) -> "ReexamenQuerySet":
        """L'organisme voit les siens ; les employés, sauf récusation."""
        if not utilisateur.is_authenticated:
            return self.none()
        visibles = Q(demande__organisme_id__in=utilisateur.organismes_ids)
        if utilisateur.est_employe:
            visibles |= Q(demande__in=Demande.objects.sans_recusation(utilisateur))
        return self.filter(visibles)


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
    confie_a = models.ForeignKey(
        "socle.Utilisateur",
        verbose_name="confié à",
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="reexamens_confies",
    )
    confie_le = models.DateTimeField(null=True, blank=True, editable=False)
    confie_par = models.ForeignKey(
        "socle.Utilisateur", null=True, on_delete=models.PROTECT, related_name="+", editable=False
    )
    reponse = models.TextField("réponse motivée", blank=True)
    # Le modèle dont la lettre est faite ; vide pour une réponse d'avant les modèles.
    modele = models.ForeignKey(
        "financement.ModeleDocument",
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="reexamens",
    )
    document = models.ForeignKey(
        "socle.Document", null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
    tranche_le = models.DateTimeField(null=True, blank=True)
    tranche_par = models.ForeignKey(
        "socle.Utilisateur",
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="+",
    )

    objects = ReexamenQuerySet.as_manager()

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
            models.CheckConstraint(
                name="reexamen_tranche_par_qui_l_a_recu",
                condition=Q(tranche_par=None) | Q(confie_a=None) | Q(tranche_par=F("confie_a")),
            ),
        )

    def __str__(self) -> str:
        return f"Réexamen — {self.demande}"

    @property
    def nouvelle_decision(self) -> Decision | None:
        """La décision prise depuis que le réexamen est accueilli, s'il y en a une."""
        if self.etat != self.Etat.MODIFIE:
            return None
        suivantes = self.demande.decisions.filter(en_vigueur=True, prise_le__gte=self.tranche_le)
        return suivantes.select_related("resolution").first()
