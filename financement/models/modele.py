from typing import Any

import pgtrigger
from django.db import models
from django.db.models import F, Q

from financement.modeles_livres import livre
from socle import horloge


class ModeleDocumentQuerySet(models.QuerySet):
    def publies(self) -> "ModeleDocumentQuerySet":
        return self.filter(publie_le__isnull=False)

    def de(self, genre: str, appel: Any = None) -> "ModeleDocumentQuerySet":
        """Les versions d'un modèle : celui de l'appel, ou celui de la Ville sans appel."""
        return self.filter(genre=genre, appel=appel)

    def en_vigueur(self, genre: str, appel: Any = None) -> "ModeleDocument | None":
        """La dernière version publiée pour l'appel, sinon celle de la Ville, sinon None."""
        return (
            self.publies()
            .filter(Q(appel=appel) | Q(appel=None), genre=genre)
            .order_by(F("appel").asc(nulls_last=True), "-version")
            .first()
        )


class ModeleDocument(models.Model):
    """Une version de ce que dit un genre de lettre ou la convention, avec ses champs de fusion.

    Sans appel, elle vaut pour toute la Ville. Publiée, elle ne change plus.
    """

    class Genre(models.TextChoices):
        ACCEPTEE = "acceptee", "Lettre d'acceptation"
        ACCEPTEE_PARTIELLE = "acceptee_partielle", "Lettre d'acceptation en partie"
        REFUSEE = "refusee", "Lettre de refus"
        LISTE_ATTENTE = "liste_attente", "Lettre de mise en liste d'attente"
        CONVENTION = "convention", "Convention d'aide financière"
        FERMETURE = "fermeture", "Lettre de fermeture"
        REMBOURSEMENT = "remboursement", "Lettre de fermeture et de remboursement"
        # La suite de leur nom est l'état d'un réexamen tranché.
        REEXAMEN_MAINTENU = "reexamen_maintenu", "Réponse au réexamen : décision maintenue"
        REEXAMEN_MODIFIE = "reexamen_modifie", "Réponse au réexamen : demande rouverte"

    genre = models.CharField("genre", max_length=20, choices=Genre)
    appel = models.ForeignKey(
        "appels.Appel", null=True, blank=True, on_delete=models.PROTECT, related_name="modeles"
    )
    version = models.PositiveSmallIntegerField("version")
    objet = models.CharField("objet", max_length=200)
    corps = models.TextField("texte")
    modifie_le = models.DateTimeField(default=horloge.maintenant, editable=False)
    modifie_par = models.ForeignKey(
        "socle.Utilisateur", null=True, on_delete=models.PROTECT, related_name="+", editable=False
    )
    publie_le = models.DateTimeField("publication", null=True, blank=True, editable=False)
    publie_par = models.ForeignKey(
        "socle.Utilisateur", null=True, on_delete=models.PROTECT, related_name="+", editable=False
    )

    objects = ModeleDocumentQuerySet.as_manager()

    class Meta:
        verbose_name = "modèle de document"
        verbose_name_plural = "modèles de documents"
        ordering = ("genre", "appel", "-version")
        constraints = (
            models.UniqueConstraint(
                fields=["genre", "appel", "version"],
                nulls_distinct=False,
                name="modele_version_unique",
            ),
            models.UniqueConstraint(
                fields=["genre", "appel"],
                condition=Q(publie_le=None),
                nulls_distinct=False,
                name="modele_brouillon_unique",
            ),
            models.CheckConstraint(
                name="modele_publie_rempli",
                condition=Q(publie_le=None) | (~Q(objet="") & ~Q(corps="")),
            ),
        )
        triggers = (
            pgtrigger.Trigger(
                name="modele_publie_fige",
                when=pgtrigger.Before,
                operation=pgtrigger.Update | pgtrigger.Delete,
                condition=pgtrigger.Condition("OLD.publie_le IS NOT NULL"),
                func="RAISE EXCEPTION 'Un modèle publié ne se modifie pas et ne s''efface pas.';",
            ),
        )

    def __str__(self) -> str:
        portee = self.appel.code if self.appel_id else "Ville"
        return f"{self.get_genre_display()} — {portee}, version {self.version}"

    @classmethod
    def livre(cls, genre: str) -> "ModeleDocument":
        """Le modèle qui vient avec l'application, première version de la Ville, sans l'inscrire."""
        objet, corps = livre(genre)
        return cls(genre=genre, version=1, objet=objet, corps=corps)

    @property
    def est_publie(self) -> bool:
        return self.publie_le is not None

    @property
    def est_convention(self) -> bool:
        return self.genre == self.Genre.CONVENTION

    @property
    def est_fermeture(self) -> bool:
        return self.genre in {self.Genre.FERMETURE, self.Genre.REMBOURSEMENT}

    @property
    def est_reexamen(self) -> bool:
        return self.genre in {self.Genre.REEXAMEN_MAINTENU, self.Genre.REEXAMEN_MODIFIE}
