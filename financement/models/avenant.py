import datetime as dt
from decimal import Decimal
from typing import Any

from django.core.serializers.json import DjangoJSONEncoder
from django.db import models
from django.db.models import Q

from appels.indicateurs import par_case
from appels.models import Demande
from appels.models.budget import CategorieDepense
from financement.avenants import EcartPoste, ecarts_de_postes
from financement.cycle_de_vie import CycleDeVieAvenant
from financement.indicateurs import LIBELLES_DES_CASES
from socle import horloge


class AvenantQuerySet(models.QuerySet):
    def visibles_par(self, utilisateur: Any) -> "AvenantQuerySet":
        """L'organisme voit ceux de sa convention ; les employés, sauf récusation."""
        if not utilisateur.is_authenticated:
            return self.none()
        visibles = Q(convention__demande__organisme_id__in=utilisateur.organismes_ids)
        if utilisateur.est_employe:
            visibles |= Q(convention__demande__in=Demande.objects.sans_recusation(utilisateur))
        return self.filter(visibles)


class Avenant(CycleDeVieAvenant):
    """Un changement à une convention en vigueur (regles.md, 13) ; vide : cela ne change pas."""

    convention = models.ForeignKey(
        "financement.Convention", on_delete=models.PROTECT, related_name="avenants"
    )
    no = models.PositiveSmallIntegerField("numéro")
    motif = models.TextField("pourquoi")
    montant = models.DecimalField(
        "montant de l'aide", max_digits=12, decimal_places=2, null=True, blank=True
    )
    debut = models.DateField("début du projet", null=True, blank=True)
    fin = models.DateField("fin du projet", null=True, blank=True)
    portee = models.TextField("ce qui change au projet", blank=True)
    postes = models.JSONField("nouveau budget", default=list, blank=True, encoder=DjangoJSONEncoder)
    # Tout ce qui serait attendu, par nom de case ; NULL, les résultats attendus ne changent pas.
    resultats = models.JSONField("nouveaux résultats attendus", null=True, blank=True)
    # Ce qui valait au moment de la demande : la comparaison se relit des années plus tard.
    avant = models.JSONField(default=dict, encoder=DjangoJSONEncoder, editable=False)
    demande_le = models.DateTimeField(default=horloge.maintenant, editable=False)
    demande_par = models.ForeignKey(
        "socle.Utilisateur", null=True, on_delete=models.PROTECT, related_name="+", editable=False
    )
    resolution = models.ForeignKey(
        "financement.Resolution", null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
    reponse = models.TextField("motif du refus", blank=True)
    approuve_le = models.DateTimeField(null=True, blank=True, editable=False)
    approuve_par = models.ForeignKey(
        "socle.Utilisateur", null=True, on_delete=models.PROTECT, related_name="+", editable=False
    )
    refuse_le = models.DateTimeField(null=True, blank=True, editable=False)
    refuse_par = models.ForeignKey(
        "socle.Utilisateur", null=True, on_delete=models.PROTECT, related_name="+", editable=False
    )
    document = models.ForeignKey(
        "socle.Document", null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
    document_signe = models.ForeignKey(
        "socle.Document", null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
    signataire_nom = models.CharField("signataire", max_length=120, blank=True)
    signataire_titre = models.CharField("titre du signataire", max_length=120, blank=True)
    signature_papier = models.BooleanField("signé sur papier", default=False)
    signe_le = models.DateTimeField(null=True, blank=True, editable=False)
    signe_par = models.ForeignKey(
        "socle.Utilisateur", null=True, on_delete=models.PROTECT, related_name="+", editable=False
    )

    objects = AvenantQuerySet.as_manager()

    class Meta:
        verbose_name = "avenant"
        ordering = ("convention", "no")
        constraints = (
            models.UniqueConstraint(fields=["convention", "no"], name="avenant_numero_unique"),
            models.UniqueConstraint(
                fields=["convention"],
                condition=Q(etat__in=["demande", "approuve"]),
                name="avenant_en_cours_unique",
            ),
            models.CheckConstraint(
                name="avenant_change_quelque_chose",
                condition=Q(montant__isnull=False)
                | Q(debut__isnull=False)
                | Q(fin__isnull=False)
                | ~Q(portee="")
                | ~Q(postes=[])
                | Q(resultats__isnull=False),
            ),
            models.CheckConstraint(
                name="avenant_montant_positif",
                condition=Q(montant__isnull=True) | Q(montant__gt=0),
            ),
            models.CheckConstraint(name="avenant_motive", condition=~Q(motif="")),
            models.CheckConstraint(
                name="avenant_refus_motive", condition=~Q(etat="refuse") | ~Q(reponse="")
            ),
            # Un autre montant est une autre décision du conseil.
            models.CheckConstraint(
                name="avenant_montant_sous_resolution",
                condition=Q(montant__isnull=True)
                | ~Q(etat__in=["approuve", "signe"])
                | Q(resolution__isnull=False),
            ),
            models.CheckConstraint(
                name="avenant_signe_par_quelqu_un",
                condition=~Q(etat="signe") | (Q(signe_le__isnull=False) & ~Q(signataire_nom="")),
            ),
        )

    def __str__(self) -> str:
        return f"Avenant {self.no} — {self.convention.numero}"

    @property
    def demande(self) -> Any:
        return self.convention.demande

    @property
    def ecarts(self) -> list[EcartPoste]:
        """Le budget ligne à ligne, avant et après ; vide s'il ne change pas."""
        if not self.postes:
            return []
        return ecarts_de_postes(self.avant["postes"], self.postes, dict(CategorieDepense.choices))

    @property
    def montant_avant(self) -> Decimal:
        return Decimal(self.avant["montant"])

    @property
    def dates(self) -> list[tuple[str, dt.date, dt.date]]:
        """Les dates qui changent : leur nom, avant, après."""
        return [
            (
                Avenant._meta.get_field(nom).verbose_name,
                dt.date.fromisoformat(self.avant[nom]),
                jour,
            )
            for nom, libelle in (("debut", "début du projet"), ("fin", "fin du projet"))
            if (jour := getattr(self, nom)) is not None
        ]

    @property
    def resultats_changes(self) -> list[tuple[str, int | None, int | None]]:
        """Les cases dont le nombre attendu change : leur nom, avant, après (None : rien)."""
        if self.resultats is None:
            return []
        avant, apres = par_case(self.avant["resultats"]), par_case(self.resultats)
        return [
            (libelle, avant.get(case), apres.get(case))
            for case, libelle in LIBELLES_DES_CASES.items()
            if avant.get(case) != apres.get(case)
        ]

    @property
    def difference(self) -> Decimal:
        """Ce que l'aide gagne (ou perd, négatif), en dollars."""
        if self.montant is None:
            return Decimal("0.00")
        return self.montant - self.montant_avant
