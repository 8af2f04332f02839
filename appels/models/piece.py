import uuid

from django.conf import settings
from django.db import models

from socle import horloge


def chemin_piece(piece: "PieceJointe", nom: str) -> str:
    return f"pieces/{piece.cle}/{nom}"


class PieceJointeQuerySet(models.QuerySet):
    def actives(self) -> "PieceJointeQuerySet":
        """Celles qui ne sont ni retirées ni remplacées, avec ce à quoi elles répondent."""
        return self.filter(retiree_le=None).select_related("piece_exigee", "question")


class PieceJointe(models.Model):
    """Un fichier joint. Remplacé, il reste dans l'histoire de la demande (regles.md, 17)."""

    class Analyse(models.TextChoices):
        SANS_OBJET = "sans_objet", "Sans analyse configurée"
        EN_ATTENTE = "en_attente", "Analyse en attente"
        SAINE = "saine", "Sain"
        INFECTEE = "infectee", "Infecté"

    cle = models.UUIDField("clé", default=uuid.uuid4, unique=True, editable=False)
    demande = models.ForeignKey("appels.Demande", on_delete=models.CASCADE, related_name="pieces")
    piece_exigee = models.ForeignKey(
        "appels.PieceExigee",
        verbose_name="document demandé",
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="pieces",
    )
    question = models.ForeignKey(
        "appels.Question",
        verbose_name="question du formulaire",
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="pieces",
    )
    nom = models.CharField("nom du fichier", max_length=200)
    fichier = models.FileField("fichier", upload_to=chemin_piece, max_length=300)
    taille = models.PositiveIntegerField("taille (octets)")
    type_mime = models.CharField("type", max_length=100)
    empreinte = models.CharField("SHA-256", max_length=64)
    analyse = models.CharField(
        "analyse antivirus", max_length=12, choices=Analyse, default=Analyse.SANS_OBJET
    )
    ajoutee_le = models.DateTimeField("ajoutée", default=horloge.maintenant, editable=False)
    ajoutee_par = models.ForeignKey(
        "socle.Utilisateur", null=True, on_delete=models.PROTECT, related_name="+"
    )
    retiree_le = models.DateTimeField("retirée ou remplacée", null=True, blank=True)

    objects = PieceJointeQuerySet.as_manager()

    class Meta:
        verbose_name = "pièce jointe"
        verbose_name_plural = "pièces jointes"
        ordering = ("demande", "ajoutee_le")
        constraints = (
            models.CheckConstraint(
                name="piece_taille_permise",
                condition=models.Q(taille__gt=0, taille__lte=settings.TAILLE_MAX_PIECE),
            ),
        )

    def __str__(self) -> str:
        return self.nom

    @property
    def libelle(self) -> str:
        """Ce à quoi le fichier répond : un document demandé, une question, ou rien de précis."""
        if self.piece_exigee_id:
            return self.piece_exigee.libelle
        return self.question.libelle if self.question_id else ""

    @property
    def est_telechargeable(self) -> bool:
        return self.analyse in {self.Analyse.SANS_OBJET, self.Analyse.SAINE}
