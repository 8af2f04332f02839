"""Ce qui revient sur papier : la pile numérisée, ses pages, et le retour rangé à son document."""

import uuid
from typing import Any

from django.db import models

from appels.models import Appel
from financement.cycle_de_vie import CycleDeViePage
from socle import horloge


def chemin_numerise(objet: Any, nom: str) -> str:
    return f"numerisations/{objet.cle}/{nom}"


class PileNumeriseeQuerySet(models.QuerySet):
    def traitables_par(self, utilisateur: Any) -> "PileNumeriseeQuerySet":
        """Comme « retour.classer » : une pile parle de toutes les demandes de l'appel."""
        if not utilisateur.is_authenticated or "agent" not in utilisateur.roles:
            return self.none()
        return self.filter(appel__in=Appel.objects.sans_en_etre_partie(utilisateur))

    def avec_comptes(self) -> "PileNumeriseeQuerySet":
        """``classees``, ``blanches`` et ``a_ranger``, en nombre de pages."""
        return self.annotate(
            classees=models.Count("pages", filter=models.Q(pages__etat="classee")),
            blanches=models.Count("pages", filter=models.Q(pages__etat="blanche")),
            a_ranger=models.Count("pages", filter=models.Q(pages__etat__in=PageNumerisee.A_RANGER)),
        )


class PileNumerisee(models.Model):
    """Une pile passée au numériseur : un seul PDF, tel que reçu, gardé avec son SHA-256."""

    cle = models.UUIDField("clé", default=uuid.uuid4, unique=True, editable=False)
    appel = models.ForeignKey("appels.Appel", on_delete=models.PROTECT, related_name="piles")
    nom = models.CharField("nom du fichier", max_length=200)
    # Vide quand un dossier qu'elle contenait a été détruit.
    fichier = models.FileField("pile", upload_to=chemin_numerise, max_length=300, blank=True)
    empreinte = models.CharField("SHA-256", max_length=64)
    total = models.PositiveIntegerField("pages")
    travail = models.ForeignKey(
        "socle.Travail", null=True, on_delete=models.SET_NULL, related_name="piles"
    )
    deposee_le = models.DateTimeField("importation", default=horloge.maintenant, editable=False)
    deposee_par = models.ForeignKey("socle.Utilisateur", on_delete=models.PROTECT, related_name="+")
    classee_le = models.DateTimeField("classement", null=True, editable=False)

    objects = PileNumeriseeQuerySet.as_manager()

    class Meta:
        verbose_name = "pile numérisée"
        verbose_name_plural = "piles numérisées"
        ordering = ("-deposee_le",)
        constraints = (
            models.UniqueConstraint(fields=["appel", "empreinte"], name="pile_importee_une_fois"),
        )

    def __str__(self) -> str:
        return f"{self.nom} — {self.appel.code}"


class RetourNumerise(models.Model):
    """Les pages d'un document revenues signées, gardées à côté de lui. Une seule fois chacun."""

    cle = models.UUIDField("clé", default=uuid.uuid4, unique=True, editable=False)
    document = models.OneToOneField(
        "socle.Document", on_delete=models.PROTECT, related_name="retour"
    )
    pile = models.ForeignKey(PileNumerisee, on_delete=models.PROTECT, related_name="retours")
    fichier = models.FileField("pages", upload_to=chemin_numerise, max_length=300)
    empreinte = models.CharField("SHA-256", max_length=64)
    attendues = models.PositiveSmallIntegerField("pages du document")
    classe_le = models.DateTimeField("classement", default=horloge.maintenant, editable=False)

    class Meta:
        verbose_name = "retour numérisé"
        verbose_name_plural = "retours numérisés"
        ordering = ("document",)

    def __str__(self) -> str:
        return f"Retour — {self.document}"

    @property
    def est_complet(self) -> bool:
        """Toutes les pages du document sont revenues."""
        return self.pages.count() >= self.attendues

    @property
    def appel(self) -> Any:
        return self.pile.appel


class PageNumerisee(CycleDeViePage):
    """Une page de la pile : ce qu'on y a lu, où elle est rangée."""

    pile = models.ForeignKey(PileNumerisee, on_delete=models.CASCADE, related_name="pages")
    no = models.PositiveIntegerField("page")
    lu = models.CharField("adresse lue", max_length=200, blank=True)
    retour = models.ForeignKey(
        RetourNumerise, null=True, on_delete=models.PROTECT, related_name="pages"
    )

    class Meta:
        verbose_name = "page numérisée"
        verbose_name_plural = "pages numérisées"
        ordering = ("pile", "no")
        constraints = (
            models.UniqueConstraint(fields=["pile", "no"], name="page_numerisee_unique"),
            models.CheckConstraint(
                name="page_classee_a_son_retour",
                condition=models.Q(etat="classee", retour__isnull=False)
                | (~models.Q(etat="classee") & models.Q(retour=None)),
            ),
        )

    def __str__(self) -> str:
        return f"Page {self.no} — {self.pile.nom}"

    @property
    def appel(self) -> Any:
        return self.pile.appel
