from typing import Any

from django.db import models
from django.db.models import Q

from appels.models import Demande
from appels.models.budget import CategorieDepense
from appels.models.formulaire import ReponseAbstraite
from financement.cycle_de_vie import CycleDeVieRapport, CycleDeVieRecuperation
from financement.models.ecritures import (
    RECUPERATION,
    a_l_ecriture,
    garder_ce_qui_est_inscrit,
)
from socle import horloge


class RapportQuerySet(models.QuerySet):
    def visibles_par(self, utilisateur: Any) -> "RapportQuerySet":
        if not utilisateur.is_authenticated:
            return self.none()
        visibles = Q(demande__organisme_id__in=utilisateur.organismes_ids)
        if utilisateur.est_employe:
            visibles |= Q(demande__in=Demande.objects.sans_recusation(utilisateur))
        return self.filter(visibles)


class Rapport(CycleDeVieRapport):
    """Un rapport d'étape ou final. « En retard » est calculé, jamais rangé."""

    class Nature(models.TextChoices):
        ETAPE = "etape", "Rapport d'étape"
        FINAL = "final", "Rapport final"

    demande = models.ForeignKey("appels.Demande", on_delete=models.PROTECT, related_name="rapports")
    nature = models.CharField("rapport", max_length=8, choices=Nature)
    echeance = models.DateField("attendu le")
    activites = models.TextField("activités réalisées", blank=True)
    resultats = models.TextField("résultats et retombées", blank=True)
    ecarts = models.TextField("écarts avec ce qui était prévu", blank=True)
    autres_aides_publiques = models.DecimalField(
        "autres aides publiques reçues",
        max_digits=12,
        decimal_places=2,
        null=True,
        blank=True,
    )
    remarques = models.TextField("remarques de la Ville", blank=True)
    cree_le = models.DateTimeField(default=horloge.maintenant, editable=False)
    modifie_le = models.DateTimeField(default=horloge.maintenant)
    depose_le = models.DateTimeField("dépôt", null=True, blank=True, editable=False)
    depose_par = models.ForeignKey(
        "socle.Utilisateur",
        null=True,
        on_delete=models.PROTECT,
        related_name="+",
        editable=False,
    )
    accepte_le = models.DateTimeField("acceptation", null=True, blank=True, editable=False)
    accepte_par = models.ForeignKey(
        "socle.Utilisateur",
        null=True,
        on_delete=models.PROTECT,
        related_name="+",
        editable=False,
    )

    objects = RapportQuerySet.as_manager()

    class Meta:
        verbose_name = "rapport"
        ordering = ("demande", "echeance")
        constraints = (
            models.UniqueConstraint(fields=["demande", "nature"], name="rapport_nature_unique"),
            models.CheckConstraint(
                name="rapport_depose_date",
                condition=Q(etat__in=["attendu", "a_corriger"]) | Q(depose_le__isnull=False),
            ),
        )

    def __str__(self) -> str:
        return f"{self.get_nature_display()} — {self.demande.reference}"

    @property
    def est_en_retard(self) -> bool:
        return (
            self.etat in {self.Etat.ATTENDU, self.Etat.A_CORRIGER}
            and horloge.aujourdhui() > self.echeance
        )

    @property
    def est_modifiable(self) -> bool:
        return self.etat in {self.Etat.ATTENDU, self.Etat.A_CORRIGER}

    def manques(self) -> list[str]:
        """Ce qui empêche le dépôt, en mots."""
        return [phrase for _, phrase in self.manques_par_champ()]

    def manques_par_champ(self) -> list[tuple[str, str]]:
        """(champ en cause, phrase) pour tout ce qui empêche le dépôt."""
        absents = []
        if not self.activites.strip():
            absents.append(("activites", "Décrivez les activités réalisées."))
        if self.nature == self.Nature.FINAL:
            if not self.resultats.strip():
                absents.append(("resultats", "Décrivez les résultats et les retombées."))
            if not self.depenses.exists():
                absents.append(("depenses", "Inscrivez les dépenses réelles."))
            if self.autres_aides_publiques is None:
                absents.append(
                    (
                        "autres_aides_publiques",
                        "Inscrivez les autres aides publiques reçues (0 s'il n'y en a pas).",
                    )
                )
        return absents


class ReponseRapport(ReponseAbstraite):
    """La réponse à une question du formulaire d'un rapport (le même moteur que la demande)."""

    rapport = models.ForeignKey(Rapport, on_delete=models.CASCADE, related_name="reponses")

    class Meta:
        verbose_name = "réponse de rapport"
        ordering = ("rapport", "question")
        constraints = (
            models.UniqueConstraint(fields=["rapport", "question"], name="reponse_rapport_unique"),
        )


class DepenseReelle(models.Model):
    """Une dépense faite, par catégorie ; ``admissible`` est tranché à l'examen."""

    rapport = models.ForeignKey(Rapport, on_delete=models.CASCADE, related_name="depenses")
    categorie = models.CharField("catégorie", max_length=20, choices=CategorieDepense)
    libelle = models.CharField("précision", max_length=200, blank=True)
    montant = models.DecimalField("montant réel", max_digits=12, decimal_places=2)
    admissible = models.BooleanField("admissible", default=True)
    motif_refus = models.CharField("motif si non admissible", max_length=300, blank=True)
    ordre = models.PositiveSmallIntegerField(default=0)

    class Meta:
        verbose_name = "dépense réelle"
        ordering = ("rapport", "ordre", "pk")
        constraints = (
            models.CheckConstraint(name="depense_reelle_positive", condition=Q(montant__gte=0)),
        )

    def __str__(self) -> str:
        return self.libelle or self.get_categorie_display()


class ValeurIndicateur(models.Model):
    """Un compte, jamais une liste de personnes (regles.md, 15).

    ``indicateur`` et ``modalite`` viennent de ``financement.indicateurs`` ; une modalité vide est
    le total de l'indicateur.
    """

    rapport = models.ForeignKey(Rapport, on_delete=models.CASCADE, related_name="valeurs")
    indicateur = models.CharField("indicateur", max_length=40)
    modalite = models.CharField("modalité", max_length=40, blank=True)
    valeur = models.PositiveIntegerField("nombre")

    class Meta:
        verbose_name = "valeur d'indicateur"
        verbose_name_plural = "valeurs d'indicateurs"
        ordering = ("rapport", "indicateur", "modalite")
        constraints = (
            models.UniqueConstraint(
                fields=["rapport", "indicateur", "modalite"],
                name="valeur_indicateur_unique",
            ),
        )

    def __str__(self) -> str:
        return f"{self.indicateur} {self.modalite} : {self.valeur}"


class Recuperation(CycleDeVieRecuperation):
    """Une somme versée en trop, à récupérer (regles.md, 12)."""

    demande = models.ForeignKey(
        "appels.Demande", on_delete=models.PROTECT, related_name="recuperations"
    )
    montant = models.DecimalField("montant", max_digits=12, decimal_places=2)
    reclamee_le = models.DateTimeField("réclamée", default=horloge.maintenant)
    remboursee_le = models.DateTimeField("remboursée", null=True, blank=True, editable=False)
    radiee_le = models.DateTimeField("radiée", null=True, blank=True, editable=False)
    motif = models.CharField("motif", max_length=300, blank=True)
    document = models.ForeignKey(
        "socle.Document",
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="+",
    )

    class Meta:
        verbose_name = "récupération"
        ordering = ("demande", "-reclamee_le")
        constraints = (
            models.CheckConstraint(name="recuperation_positive", condition=Q(montant__gt=0)),
        )
        triggers = (
            a_l_ecriture(
                "recuperation_au_grand_livre",
                RECUPERATION,
                declare=[("le_volet", "BIGINT"), ("la_nature", "TEXT")],
            ),
            garder_ce_qui_est_inscrit("recuperation_gardee"),
        )

    def __str__(self) -> str:
        return f"Récupération — {self.demande}"
