from decimal import Decimal
from typing import Any

from django.db import models
from django.db.models import Q, Sum

from appels.recusations import demandes_recusees
from socle import horloge


class CoordonneesBancaires(models.Model):
    """Où payer un organisme, chiffré ; la trésorerie seule le lit en entier, au vu du journal."""

    organisme = models.OneToOneField(
        "socle.Organisme", on_delete=models.CASCADE, related_name="coordonnees_bancaires"
    )
    chiffre = models.TextField("coordonnées chiffrées", editable=False)
    fin = models.CharField("trois derniers chiffres du compte", max_length=3)
    modifiees_le = models.DateTimeField(default=horloge.maintenant, editable=False)
    modifiees_par = models.ForeignKey(
        "socle.Utilisateur", null=True, on_delete=models.PROTECT, related_name="+"
    )

    class Meta:
        verbose_name = "coordonnées bancaires"
        verbose_name_plural = "coordonnées bancaires"

    def __str__(self) -> str:
        return f"Compte finissant par {self.fin}"


class LotPaiementQuerySet(models.QuerySet):
    def visibles_par(self, utilisateur: Any) -> "LotPaiementQuerySet":
        """Un lot se cache à qui est partie à une de ses demandes : son total en parlerait."""
        caches = self.model.objects.filter(
            versements__convention__demande__in=demandes_recusees(utilisateur)
        )
        return self.exclude(pk__in=caches.values("pk"))

    def avec_totaux(self) -> "LotPaiementQuerySet":
        return self.annotate(
            nombre=models.Count("versements"),
            payes=models.Count("versements", filter=Q(versements__etat="verse")),
            total_actuel=Sum("versements__montant"),
        )


class LotPaiement(models.Model):
    """Des versements autorisés, remis ensemble au service des finances."""

    numero = models.CharField("numéro", max_length=20, unique=True)
    total = models.DecimalField("total", max_digits=14, decimal_places=2)
    cree_le = models.DateTimeField(default=horloge.maintenant, editable=False)
    cree_par = models.ForeignKey(
        "socle.Utilisateur", null=True, on_delete=models.PROTECT, related_name="+"
    )
    annule_le = models.DateTimeField(null=True, blank=True, editable=False)

    objects = LotPaiementQuerySet.as_manager()

    class Meta:
        verbose_name = "lot de paiements"
        verbose_name_plural = "lots de paiements"
        ordering = ("-numero",)
        constraints = (
            models.CheckConstraint(name="lot_total_positif", condition=Q(total__gt=Decimal(0))),
        )

    def __str__(self) -> str:
        return self.numero

    @property
    def demande(self) -> Any:
        """Un lot n'est à aucune demande : il en paie plusieurs."""
        return None


class RetourPaiement(models.Model):
    """Un fichier de paiements faits, importé une seule fois."""

    lot = models.ForeignKey(LotPaiement, on_delete=models.PROTECT, related_name="retours")
    nom = models.CharField("nom du fichier", max_length=200)
    empreinte = models.CharField("SHA-256", max_length=64, unique=True)
    nombre = models.PositiveIntegerField("paiements inscrits")
    total = models.DecimalField("total", max_digits=14, decimal_places=2)
    importe_le = models.DateTimeField(default=horloge.maintenant, editable=False)
    importe_par = models.ForeignKey(
        "socle.Utilisateur", null=True, on_delete=models.PROTECT, related_name="+"
    )

    class Meta:
        verbose_name = "retour de paiements"
        verbose_name_plural = "retours de paiements"
        ordering = ("-importe_le",)

    def __str__(self) -> str:
        return f"{self.nom} ({self.lot})"
