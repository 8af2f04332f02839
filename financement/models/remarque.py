from django.db import models
from django.db.models import Q

from socle import horloge


class Remarque(models.Model):
    """Ce que la Ville demande de corriger, à sa place dans le rapport ; gardé d'un tour à l'autre.

    ``cle`` désigne la place : le numéro de la section ou de la question, la clé de la dépense, le
    code de l'indicateur ; vide pour le rapport entier. ``libelle`` est le nom de cette place quand
    la remarque a été écrite.
    """

    class Genre(models.TextChoices):
        RAPPORT = "rapport", "Le rapport entier"
        SECTION = "section", "Une section"
        QUESTION = "question", "Une question"
        DEPENSE = "depense", "Une dépense"
        INDICATEUR = "indicateur", "Un indicateur"

    rapport = models.ForeignKey(
        "financement.Rapport", on_delete=models.CASCADE, related_name="remarques"
    )
    tour = models.PositiveSmallIntegerField("tour")
    genre = models.CharField("place", max_length=12, choices=Genre)
    cle = models.CharField("clé de la place", max_length=40, blank=True)
    libelle = models.CharField("nom de la place", max_length=300)
    texte = models.TextField("remarque")
    faite_le = models.DateTimeField(default=horloge.maintenant)
    faite_par = models.ForeignKey(
        "socle.Utilisateur", null=True, on_delete=models.PROTECT, related_name="+"
    )
    traitee_le = models.DateTimeField("traitée", null=True, blank=True)
    traitee_par = models.ForeignKey(
        "socle.Utilisateur", null=True, on_delete=models.PROTECT, related_name="+"
    )

    class Meta:
        verbose_name = "remarque"
        ordering = ("rapport", "tour", "pk")
        constraints = (
            models.UniqueConstraint(
                fields=["rapport", "tour", "genre", "cle"], name="remarque_place_unique"
            ),
            models.CheckConstraint(name="remarque_ecrite", condition=~Q(texte="")),
        )

    def __str__(self) -> str:
        return f"{self.libelle} : {self.texte}"

    @property
    def place(self) -> str:
        return f"{self.genre}-{self.cle}"

    @property
    def ancre(self) -> str:
        """Où elle se lit dans la page."""
        return f"remarque-{self.pk}"
