import datetime as dt
import uuid
from typing import Any

from django.conf import settings
from django.db import models
from django.urls import reverse

from socle import horloge


def chemin_piece(piece: "FichierRecu", nom: str) -> str:
    return f"pieces/{piece.cle}/{nom}"


class FichierRecu(models.Model):
    """Un fichier reçu d'un organisme : vérifié, analysé, jamais effacé (regles.md, 17)."""

    class Analyse(models.TextChoices):
        SANS_OBJET = "sans_objet", "Sans analyse configurée"
        EN_ATTENTE = "en_attente", "Analyse en attente"
        SAINE = "saine", "Sain"
        INFECTEE = "infectee", "Infecté"

    cle = models.UUIDField("clé", default=uuid.uuid4, unique=True, editable=False)
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

    class Meta:
        abstract = True

    def __str__(self) -> str:
        return self.nom

    @property
    def jointe_a(self) -> Any:
        """La demande ou l'organisme que le fichier concerne : le journal l'y inscrit."""
        raise NotImplementedError

    @property
    def adresse_ou_remplacer(self) -> str:
        """La page où l'organisme envoie un autre fichier."""
        raise NotImplementedError

    @property
    def est_telechargeable(self) -> bool:
        return self.analyse in {self.Analyse.SANS_OBJET, self.Analyse.SAINE}

    @property
    def est_une_image(self) -> bool:
        return self.type_mime in {"image/jpeg", "image/png"}

    @property
    def se_montre(self) -> bool:
        """Le navigateur sait l'afficher : un PDF ou une image."""
        return self.est_une_image or self.type_mime == "application/pdf"


def taille_permise(nom: str) -> models.CheckConstraint:
    return models.CheckConstraint(
        name=nom,
        condition=models.Q(taille__gt=0, taille__lte=settings.TAILLE_MAX_PIECE),
    )


class GenreDossier(models.TextChoices):
    """Les documents qu'un organisme tient à jour dans son dossier, une fois pour toutes."""

    ACTE = "acte_constitutif", "Acte constitutif (lettres patentes)"
    RAPPORT = "rapport_annuel", "Dernier rapport annuel"
    ETATS = "etats_financiers", "Derniers états financiers"


# Un rapport ou des états de plus de dix-huit mois parlent de l'avant-dernier exercice.
AGE_MAX = dt.timedelta(days=548)


class PieceOrganisme(FichierRecu):
    """Un document du dossier de l'organisme, repris dans ses demandes."""

    organisme = models.ForeignKey(
        "socle.Organisme", on_delete=models.CASCADE, related_name="pieces_dossier"
    )
    genre = models.CharField("document", max_length=20, choices=GenreDossier)
    date_document = models.DateField("date du document")

    class Meta:
        verbose_name = "document du dossier"
        verbose_name_plural = "documents du dossier"
        ordering = ("organisme", "genre", "-ajoutee_le")
        constraints = (
            taille_permise("piece_organisme_taille_permise"),
            models.UniqueConstraint(
                fields=["organisme", "genre"],
                condition=models.Q(retiree_le=None),
                name="piece_organisme_active_unique",
            ),
        )

    @property
    def jointe_a(self) -> Any:
        return self.organisme

    @property
    def adresse_ou_remplacer(self) -> str:
        return reverse("organisme:dossier", args=[self.organisme_id])

    @property
    def est_perimee(self) -> bool:
        """Vrai quand un document annuel a plus de dix-huit mois ; un acte ne vieillit pas."""
        if self.genre == GenreDossier.ACTE:
            return False
        return horloge.aujourdhui() - self.date_document > AGE_MAX


class PieceJointeQuerySet(models.QuerySet):
    def actives(self) -> "PieceJointeQuerySet":
        """Celles qui ne sont ni retirées ni remplacées, avec ce à quoi elles répondent."""
        return self.filter(retiree_le=None).select_related("piece_exigee", "question")


class PieceJointe(FichierRecu):
    """Un fichier joint à une demande. Remplacé, il reste dans son histoire (regles.md, 17)."""

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
    poste_cle = models.UUIDField("ligne de dépense (soumission)", null=True, blank=True)

    objects = PieceJointeQuerySet.as_manager()

    class Meta:
        verbose_name = "pièce jointe"
        verbose_name_plural = "pièces jointes"
        ordering = ("demande", "ajoutee_le")
        constraints = (taille_permise("piece_taille_permise"),)

    @property
    def jointe_a(self) -> Any:
        return self.demande

    @property
    def adresse_ou_remplacer(self) -> str:
        return reverse("organisme:rediger", args=[self.demande.reference, "pieces"])

    @property
    def libelle(self) -> str:
        """Ce à quoi le fichier répond : un document demandé, une question, ou rien de précis."""
        if self.piece_exigee_id:
            return self.piece_exigee.libelle
        if self.poste_cle:
            return "Soumission"
        return self.question.libelle if self.question_id else ""
