import uuid
from collections.abc import Iterable, Mapping
from typing import Any

from django.db import models

from socle import horloge
from socle.codes import LONGUEUR, nouveau_code


def chemin_document(document: "Document", nom: str) -> str:
    return f"documents/{document.cree_le:%Y/%m}/{document.cle}/{nom}"


class DocumentQuerySet(models.QuerySet):
    def pour(self, objet: models.Model) -> "DocumentQuerySet":
        return self.filter(objet_type=objet._meta.label_lower, objet_id=str(objet.pk))

    def sur(self, sujets: Mapping[str, Iterable[Any]]) -> "DocumentQuerySet":
        """Ceux de ces objets : ``{"financement.lettre": [1, 2]}``."""
        choisis = models.Q(pk=None)
        for objet_type, cles in sujets.items():
            choisis |= models.Q(objet_type=objet_type, objet_id__in=[str(cle) for cle in cles])
        return self.filter(choisis)


class Document(models.Model):
    """Un document émis : HTML, PDF et SHA-256 figés, jamais rendus à nouveau."""

    class Nature(models.TextChoices):
        ACCUSE = "accuse", "Accusé de réception"
        LETTRE = "lettre", "Lettre de décision"
        COMPTE_RENDU = "compte_rendu", "Compte rendu"
        CONVENTION = "convention", "Convention d'aide financière"
        AVENANT = "avenant", "Avenant à une convention"
        BILAN = "bilan", "Bilan"
        SCENARIO = "scenario", "Scénario annexé à la recommandation"
        RECUPERATION = "recuperation", "Lettre de fermeture"
        REEXAMEN = "reexamen", "Réponse à une demande de réexamen"

    cle = models.UUIDField("clé", default=uuid.uuid4, unique=True, editable=False)
    # Imprimé au bas de chaque page, en code QR aussi : qui tient le document le vérifie avec lui.
    code = models.CharField(
        "code", max_length=LONGUEUR, default=nouveau_code, unique=True, editable=False
    )
    nature = models.CharField("nature", max_length=20, choices=Nature)
    titre = models.CharField("titre", max_length=200)
    objet_type = models.CharField("type d'objet", max_length=80)
    objet_id = models.CharField("objet", max_length=40)
    html = models.TextField("HTML figé")
    pdf = models.FileField("PDF", upload_to=chemin_document, max_length=300)
    # Du fichier tel qu'il part, sceau compris.
    empreinte = models.CharField("SHA-256 du PDF", max_length=64, db_index=True)
    scelle = models.BooleanField("scellé", default=False)
    taille = models.PositiveIntegerField("taille (octets)")
    # Détruit selon le calendrier de conservation : le titre et l'empreinte restent.
    detruit_le = models.DateTimeField(null=True, blank=True, editable=False)
    cree_le = models.DateTimeField("création", default=horloge.maintenant, editable=False)
    cree_par = models.ForeignKey(
        "socle.Utilisateur", null=True, on_delete=models.PROTECT, related_name="+"
    )

    objects = DocumentQuerySet.as_manager()

    class Meta:
        verbose_name = "document"
        ordering = ("-cree_le",)
        indexes = (models.Index(fields=["objet_type", "objet_id"], name="document_objet"),)
        constraints = (
            models.CheckConstraint(
                name="document_empreinte_sha256",
                condition=models.Q(empreinte__regex=r"^[0-9a-f]{64}$"),
            ),
        )

    def __str__(self) -> str:
        return self.titre
