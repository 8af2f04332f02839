from typing import Any

from django.db import models
from django.db.models import Q

from appels.models import Demande
from financement.bilan import projets_annonces
from socle import horloge


class ActiviteQuerySet(models.QuerySet):
    def visibles_par(self, utilisateur: Any) -> "ActiviteQuerySet":
        """Celles de ses organismes ; toutes pour un employé, sauf d'un projet où il est récusé."""
        if not utilisateur.is_authenticated:
            return self.none()
        visibles = Q(
            demande__organisme_id__in=utilisateur.organismes_ids, demande__in=projets_annonces()
        )
        if utilisateur.est_employe:
            impartial = Demande.objects.sans_recusation(utilisateur)
            visibles |= Q(demande=None) | Q(demande__in=impartial)
        return self.filter(visibles)


class Activite(models.Model):
    """Une activité d'un projet soutenu, ou un service de la Ville ou d'un partenaire.

    Ce qu'on en lit est dans ses versions : le public voit la dernière qui a été publiée.
    """

    class Genre(models.TextChoices):
        PROJET = "projet", "Projet soutenu"
        VILLE = "ville", "Service de la Ville"
        PARTENAIRE = "partenaire", "Service d'un partenaire"

    cle = models.SlugField("adresse", max_length=80, unique=True)
    genre = models.CharField("genre", max_length=12, choices=Genre, default=Genre.PROJET)
    demande = models.ForeignKey(
        "appels.Demande",
        verbose_name="projet",
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="activites",
    )
    porteur = models.CharField("offert par", max_length=160, blank=True)
    creee_le = models.DateTimeField("création", default=horloge.maintenant, editable=False)

    objects = ActiviteQuerySet.as_manager()

    class Meta:
        verbose_name = "activité"
        ordering = ("pk",)
        constraints = (
            models.CheckConstraint(
                name="activite_projet_ou_porteur",
                condition=Q(genre="projet", demande__isnull=False, porteur="")
                | (~Q(genre="projet") & Q(demande__isnull=True) & ~Q(porteur="")),
            ),
        )

    def __str__(self) -> str:
        return self.cle

    @property
    def offert_par(self) -> str:
        return self.demande.organisme.nom if self.demande_id else self.porteur

    @property
    def est_un_service(self) -> bool:
        return self.genre != self.Genre.PROJET

    def version(self, etat: str) -> Any:
        """Sa version dans cet état, ou None : au plus une est proposée, une est publiée."""
        return self.versions.filter(etat=etat).last()
