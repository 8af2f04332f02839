from typing import Any

import pgtrigger
from django.db import models
from django.db.models import Q

from socle import horloge


class Signature(models.Model):
    """Une signature d'une convention ou d'un avenant, et ce qui la prouve. Jamais modifiée.

    En ligne : le compte, l'identité vérifiée à nouveau, la phrase acceptée, le moment, l'adresse
    et le SHA-256 du document signé. Sur papier : qui l'a inscrite et, s'il est revenu numérisé, le
    SHA-256 de l'exemplaire signé.
    """

    class Cote(models.TextChoices):
        ORGANISME = "organisme", "Pour l'organisme"
        VILLE = "ville", "Pour la Ville"

    class Mode(models.TextChoices):
        EN_LIGNE = "en_ligne", "En ligne"
        PAPIER = "papier", "Sur papier"

    class Verification(models.TextChoices):
        MOT_DE_PASSE = "mot_de_passe", "mot de passe demandé à nouveau"
        SECOND_FACTEUR = "second_facteur", "second facteur demandé à nouveau"
        COMPTE_EXTERNE = "compte_externe", "connexion par le service d'identité de la Ville"

    convention = models.ForeignKey(
        "financement.Convention",
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="signatures",
    )
    avenant = models.ForeignKey(
        "financement.Avenant",
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="signatures",
    )
    cote = models.CharField("partie", max_length=10, choices=Cote)
    mode = models.CharField("manière", max_length=10, choices=Mode)
    nom = models.CharField("nom", max_length=120)
    titre = models.CharField("titre", max_length=120, blank=True)
    # Le compte qui a signé ; sur papier, celui qui a inscrit la signature.
    personne = models.ForeignKey("socle.Utilisateur", on_delete=models.PROTECT, related_name="+")
    courriel = models.EmailField("courriel du compte", blank=True)
    verification = models.CharField(
        "identité vérifiée par", max_length=20, choices=Verification, blank=True
    )
    consentement = models.TextField("phrase acceptée", blank=True)
    adresse = models.GenericIPAddressField("adresse IP", null=True, blank=True)
    document = models.ForeignKey("socle.Document", on_delete=models.PROTECT, related_name="+")
    empreinte = models.CharField("SHA-256 du document signé", max_length=64)
    # L'empreinte, et non le retour : elle reste quand le fichier a fini d'être gardé.
    empreinte_du_retour = models.CharField(
        "SHA-256 du retour numérisé", max_length=64, blank=True, default="", db_default=""
    )
    signee_le = models.DateTimeField("moment", default=horloge.maintenant)

    class Meta:
        verbose_name = "signature"
        ordering = ("signee_le", "pk")
        constraints = (
            models.CheckConstraint(
                name="signature_d_un_seul_objet",
                condition=Q(convention__isnull=False, avenant__isnull=True)
                | Q(convention__isnull=True, avenant__isnull=False),
            ),
            models.UniqueConstraint(
                fields=["convention", "cote"],
                condition=Q(convention__isnull=False),
                name="signature_convention_unique",
            ),
            models.UniqueConstraint(
                fields=["avenant", "cote"],
                condition=Q(avenant__isnull=False),
                name="signature_avenant_unique",
            ),
            models.CheckConstraint(name="signature_nommee", condition=~Q(nom="")),
            models.CheckConstraint(
                name="signature_en_ligne_prouvee",
                condition=Q(mode="papier")
                | (~Q(verification="") & ~Q(consentement="") & Q(adresse__isnull=False)),
            ),
            models.CheckConstraint(
                name="signature_empreinte_sha256",
                condition=Q(empreinte__regex=r"^[0-9a-f]{64}$"),
            ),
            models.CheckConstraint(
                name="signature_papier_numerisee",
                condition=Q(empreinte_du_retour="")
                | Q(mode="papier", empreinte_du_retour__regex=r"^[0-9a-f]{64}$"),
            ),
        )
        triggers = (
            pgtrigger.Trigger(
                name="signature_en_ajout_seul",
                when=pgtrigger.Before,
                operation=pgtrigger.Update | pgtrigger.Delete,
                func="RAISE EXCEPTION 'Une signature ne se modifie pas et ne s''efface pas.';",
            ),
        )

    def __str__(self) -> str:
        return f"{self.nom}, {self.get_cote_display().lower()}"

    @property
    def objet(self) -> Any:
        return self.convention or self.avenant

    @property
    def est_papier(self) -> bool:
        return self.mode == self.Mode.PAPIER
