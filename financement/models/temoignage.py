from typing import Any

from django.db import models
from django.db.models import Q

from financement.models.rapport import Rapport
from socle import horloge


class TemoignageQuerySet(models.QuerySet):
    def publies(self) -> "TemoignageQuerySet":
        """Ceux que tout le monde voit : publiés, leur photo passée à l'antivirus."""
        return self.filter(publie_le__isnull=False).exclude(
            photo__analyse__in=["en_attente", "infectee"]
        )


class Temoignage(models.Model):
    """Ce qu'une personne a dit, ou sa photo, et ce à quoi elle consent : qui, à quoi, quand."""

    class Consentement(models.TextChoices):
        AUCUN = "aucun", "Ne pas publier : la Ville le garde pour elle"
        PUBLICATION = "publication", "La Ville peut le publier (site, bilan)"

    class Moyen(models.TextChoices):
        ECRIT = "ecrit", "Par écrit"
        VERBAL = "verbal", "De vive voix"
        PARENT = "parent", "Par écrit, d'un parent ou d'un tuteur"

    rapport = models.ForeignKey(Rapport, on_delete=models.CASCADE, related_name="temoignages")
    texte = models.TextField("ce qui est dit, ou ce que montre la photo", max_length=1200)
    signature = models.CharField("signé", max_length=120, blank=True)
    photo = models.OneToOneField(
        "financement.PieceRapport",
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="temoignage",
    )
    consentement = models.CharField(
        "consentement", max_length=12, choices=Consentement, default=Consentement.AUCUN
    )
    consenti_par = models.CharField("personne qui consent", max_length=160, blank=True)
    consenti_le = models.DateField("date du consentement", null=True, blank=True)
    moyen = models.CharField("comment", max_length=8, choices=Moyen, blank=True)
    retire_le = models.DateTimeField("consentement retiré", null=True, blank=True)
    cree_le = models.DateTimeField(default=horloge.maintenant, editable=False)
    cree_par = models.ForeignKey(
        "socle.Utilisateur", null=True, on_delete=models.PROTECT, related_name="+"
    )
    publie_le = models.DateTimeField("publié", null=True, blank=True)
    publie_par = models.ForeignKey(
        "socle.Utilisateur", null=True, on_delete=models.PROTECT, related_name="+"
    )

    objects = TemoignageQuerySet.as_manager()

    class Meta:
        verbose_name = "témoignage"
        ordering = ("rapport", "pk")
        constraints = (
            models.CheckConstraint(
                name="temoignage_consentement_entier",
                condition=Q(consentement="aucun")
                | (~Q(consenti_par="") & ~Q(moyen="") & Q(consenti_le__isnull=False)),
            ),
            models.CheckConstraint(
                name="temoignage_publie_consenti",
                condition=Q(publie_le__isnull=True)
                | Q(consentement="publication", retire_le__isnull=True),
            ),
        )

    def __str__(self) -> str:
        return f"{'Photo' if self.photo_id else 'Témoignage'} — {self.texte[:40]}"

    @property
    def demande(self) -> Any:
        return self.rapport.demande

    @property
    def peut_se_publier(self) -> bool:
        """Vrai tant que la personne y consent."""
        return self.consentement == self.Consentement.PUBLICATION and self.retire_le is None
