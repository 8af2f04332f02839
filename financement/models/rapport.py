import uuid
from typing import Any

from django.db import models
from django.db.models import Q

from appels.completude import ManqueDemande, manques_reponses
from appels.models import Demande
from appels.models.budget import CategorieDepense
from appels.models.collaboration import EcritureAbstraite
from appels.models.formulaire import ReponseAbstraite
from financement.cycle_de_vie import CycleDeVieRapport
from socle import horloge

MODIFIABLES = frozenset({"attendu", "a_corriger"})


class RapportQuerySet(models.QuerySet):
    def visibles_par(self, utilisateur: Any) -> "RapportQuerySet":
        if not utilisateur.is_authenticated:
            return self.none()
        visibles = Q(demande__organisme_id__in=utilisateur.organismes_ids)
        if utilisateur.est_employe:
            visibles |= Q(demande__in=Demande.objects.sans_recusation(utilisateur))
        return self.filter(visibles)

    def a_remettre(self) -> "RapportQuerySet":
        """Ceux que l'organisme doit encore, d'un projet dont la convention vaut."""
        return self.filter(etat__in=MODIFIABLES, demande__etat=Demande.Etat.CONVENTIONNEE)

    def en_retard(self) -> "RapportQuerySet":
        return self.a_remettre().filter(echeance__lt=horloge.aujourdhui())


class Rapport(CycleDeVieRapport):
    """Un rapport d'étape ou final. « En retard » est calculé, jamais rangé."""

    class Nature(models.TextChoices):
        ETAPE = "etape", "Rapport d'étape"
        FINAL = "final", "Rapport final"

    demande = models.ForeignKey("appels.Demande", on_delete=models.PROTECT, related_name="rapports")
    nature = models.CharField("rapport", max_length=8, choices=Nature)
    echeance = models.DateField("attendu le")
    # La révision sous laquelle il s'écrit ; vide, il ne pose aucune question.
    formulaire = models.ForeignKey(
        "appels.Formulaire",
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="rapports",
    )
    autres_aides_publiques = models.DecimalField(
        "autres aides publiques reçues",
        max_digits=12,
        decimal_places=2,
        null=True,
        blank=True,
    )
    # Ce que la convention attendait au premier dépôt, par nom de case ; vide avant lui.
    resultats_prevus = models.JSONField("résultats prévus", null=True, editable=False)
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
        return self.etat in MODIFIABLES and horloge.aujourdhui() > self.echeance

    @property
    def est_modifiable(self) -> bool:
        return self.etat in MODIFIABLES

    @property
    def comptes(self) -> dict[tuple[str, str], int]:
        """Ses nombres, par (indicateur, modalité ou vide)."""
        return {(v.indicateur, v.modalite): v.valeur for v in self.valeurs.all()}

    def manques(self) -> list[ManqueDemande]:
        """Ce qui empêche le dépôt, dans l'ordre de la page."""
        absents = manques_reponses(self)
        if self.nature == self.Nature.FINAL:
            if not self.depenses.exists():
                absents.append(
                    ManqueDemande("depenses", "Inscrivez les dépenses réelles.", ancre="depenses")
                )
            if self.autres_aides_publiques is None:
                absents.append(
                    ManqueDemande(
                        "depenses",
                        "Inscrivez les autres aides publiques reçues (0 s'il n'y en a pas).",
                        ancre="id_autres_aides_publiques",
                    )
                )
        return absents + [
            ManqueDemande(
                "remarques",
                f"Une remarque de la Ville est à traiter : « {remarque.libelle} ».",
                ancre=remarque.ancre,
            )
            for remarque in self.remarques.filter(traitee_le=None)
        ]


class ReponseRapport(ReponseAbstraite):
    """La réponse à une question du formulaire d'un rapport (le même moteur que la demande)."""

    rapport = models.ForeignKey(Rapport, on_delete=models.CASCADE, related_name="reponses")

    class Meta:
        verbose_name = "réponse de rapport"
        ordering = ("rapport", "question")
        constraints = (
            models.UniqueConstraint(fields=["rapport", "question"], name="reponse_rapport_unique"),
        )


class EcritureRapport(EcritureAbstraite):
    """La dernière écriture d'une partie d'un rapport : dépenses, aides, nombres."""

    rapport = models.ForeignKey(Rapport, on_delete=models.CASCADE, related_name="ecritures")

    class Meta:
        verbose_name = "dernière écriture d'un rapport"
        verbose_name_plural = "dernières écritures d'un rapport"
        constraints = (
            models.UniqueConstraint(fields=["rapport", "partie"], name="ecriture_rapport_unique"),
        )

    def __str__(self) -> str:
        return f"{self.rapport} : {self.partie}"


class DepenseReelle(models.Model):
    """Une dépense faite, par catégorie ; ``admissible`` est tranché à l'examen."""

    rapport = models.ForeignKey(Rapport, on_delete=models.CASCADE, related_name="depenses")
    categorie = models.CharField("catégorie", max_length=20, choices=CategorieDepense)
    libelle = models.CharField("précision", max_length=200, blank=True)
    montant = models.DecimalField("montant réel", max_digits=12, decimal_places=2)
    admissible = models.BooleanField("admissible", default=True)
    motif_refus = models.CharField("motif si non admissible", max_length=300, blank=True)
    ordre = models.PositiveSmallIntegerField(default=0)
    # Les lignes se réécrivent à chaque enregistrement : la clé reste, et ses preuves avec.
    cle = models.UUIDField("clé", default=uuid.uuid4, editable=False)

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
