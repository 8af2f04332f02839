import datetime as dt
from collections.abc import Iterable
from typing import Any, NamedTuple

import pgtrigger
from django.db import models
from django.db.models import F, Q

from evaluations.cycle_de_vie import CycleDeVieSeance
from socle import horloge
from socle.templatetags.affichage import date_courte, heure


class SeanceQuerySet(models.QuerySet):
    def visibles_par(self, utilisateur: Any) -> "SeanceQuerySet":
        if not utilisateur.is_authenticated:
            return self.none()
        if utilisateur.est_employe:
            return self
        return self.filter(
            appel__membres__utilisateur=utilisateur, appel__membres__actif=True
        ).distinct()


class Seance(CycleDeVieSeance):
    """Une séance du comité de pilotage sur les demandes d'un appel."""

    class Ordre(models.TextChoices):
        RANG = "rang", "Par rang : la mieux notée d'abord"
        DESACCORD = "desaccord", "Par désaccord : le plus grand écart entre les fiches d'abord"

    appel = models.ForeignKey("appels.Appel", on_delete=models.PROTECT, related_name="seances")
    date = models.DateTimeField("date et heure")
    lieu = models.CharField("lieu", max_length=200, blank=True)
    notes = models.TextField("notes de séance", blank=True)
    ordre = models.CharField("ordre du jour", max_length=10, choices=Ordre, default=Ordre.RANG)
    # Ce que l'écran de la salle et celui de chaque membre montrent.
    demande_a_l_ecran = models.ForeignKey(
        "appels.Demande",
        null=True,
        blank=True,
        on_delete=models.SET_NULL,
        related_name="+",
        editable=False,
    )
    # Les textes libres du compte rendu, par bloc (evaluations.compte_rendu).
    textes = models.JSONField("textes du compte rendu", default=dict, blank=True, editable=False)
    ouverte_le = models.DateTimeField(null=True, blank=True, editable=False)
    close_le = models.DateTimeField(null=True, blank=True, editable=False)
    compte_rendu = models.ForeignKey(
        "socle.Document",
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="+",
    )

    objects = SeanceQuerySet.as_manager()

    class Meta:
        verbose_name = "séance du comité"
        verbose_name_plural = "séances du comité"
        ordering = ("-date",)
        constraints = (
            models.CheckConstraint(
                name="seance_close_avec_compte_rendu",
                condition=~Q(etat="close") | Q(compte_rendu__isnull=False),
            ),
            models.UniqueConstraint(
                fields=["appel"],
                condition=Q(etat="ouverte"),
                name="seance_une_ouverte_par_appel",
            ),
        )

    def __str__(self) -> str:
        return f"Séance du {date_courte(self.date)} — {self.appel.code}"


class Moment(NamedTuple):
    """Un passage dans la salle, d'une arrivée à un départ ; None : l'heure n'est pas dite."""

    arrivee_le: dt.datetime | None
    depart_le: dt.datetime | None

    def __str__(self) -> str:
        arrivee = f"dès {heure(self.arrivee_le)}" if self.arrivee_le else ""
        depart = f"jusqu'à {heure(self.depart_le)}" if self.depart_le else ""
        return " ".join(filter(None, (arrivee, depart)))


def en_mots(moments: Iterable[Moment]) -> str:
    """« dès 9 h jusqu'à 9 h 30, puis dès 9 h 50 » ; vide quand aucune heure n'est dite."""
    return ", puis ".join(filter(None, map(str, moments)))


class Presence(models.Model):
    """La présence d'un membre à une séance."""

    seance = models.ForeignKey(Seance, on_delete=models.CASCADE, related_name="presences")
    membre = models.ForeignKey(
        "evaluations.MembreComite", on_delete=models.PROTECT, related_name="presences"
    )
    presente = models.BooleanField("présente", default=False)
    # Le dernier passage dans la salle ; ceux d'avant sont des ``Passage``.
    arrivee_le = models.DateTimeField("arrivée", null=True, blank=True)
    depart_le = models.DateTimeField("départ", null=True, blank=True)

    class Meta:
        verbose_name = "présence"
        ordering = ("seance", "membre")
        constraints = (
            models.UniqueConstraint(fields=["seance", "membre"], name="presence_unique"),
        )

    def __str__(self) -> str:
        return f"{self.membre} — {'présent' if self.presente else 'absent'}"

    @property
    def est_la(self) -> bool:
        """Dans la salle : arrivée, et pas repartie."""
        return self.presente and self.depart_le is None

    @property
    def moments(self) -> list[Moment]:
        """Chaque passage dans la salle, du premier au dernier."""
        if not self.presente:
            return []
        finis = [Moment(passage.arrivee_le, passage.depart_le) for passage in self.passages.all()]
        return [*finis, Moment(self.arrivee_le, self.depart_le)]

    @property
    def heures(self) -> str:
        """Ses passages, en une phrase."""
        return en_mots(self.moments)


class Passage(models.Model):
    """Un passage terminé : la personne est sortie de la salle, puis y est revenue."""

    presence = models.ForeignKey(Presence, on_delete=models.CASCADE, related_name="passages")
    arrivee_le = models.DateTimeField("arrivée", null=True, blank=True)
    depart_le = models.DateTimeField("départ")

    class Meta:
        verbose_name = "passage dans la salle"
        verbose_name_plural = "passages dans la salle"
        ordering = ("presence", "depart_le")
        constraints = (
            models.CheckConstraint(
                name="passage_dans_l_ordre",
                condition=Q(arrivee_le=None) | Q(arrivee_le__lte=F("depart_le")),
            ),
        )

    def __str__(self) -> str:
        return f"{self.presence} — sortie à {self.depart_le:%H:%M}"


class CopieCompteRendu(models.Model):
    """Le compte rendu sans les demandes dont ses lecteurs sont récusés, figé en même temps.

    Ceux qui sont récusés des mêmes demandes lisent la même copie.
    """

    seance = models.ForeignKey(Seance, on_delete=models.PROTECT, related_name="copies")
    no = models.PositiveSmallIntegerField("numéro")
    document = models.ForeignKey("socle.Document", on_delete=models.PROTECT, related_name="+")
    membres = models.ManyToManyField("evaluations.MembreComite", related_name="+")
    sans = models.ManyToManyField(
        "appels.Demande", verbose_name="demandes laissées de côté", related_name="+"
    )

    class Meta:
        verbose_name = "copie du compte rendu"
        verbose_name_plural = "copies du compte rendu"
        ordering = ("seance", "no")
        constraints = (models.UniqueConstraint(fields=["seance", "no"], name="copie_cr_unique"),)
        triggers = (
            pgtrigger.Protect(name="copie_cr_figee", operation=pgtrigger.Update | pgtrigger.Delete),
        )

    def __str__(self) -> str:
        return f"Copie no {self.no} — {self.seance}"


class Addenda(models.Model):
    """Une correction datée d'un compte rendu figé : le compte rendu, lui, ne change pas."""

    seance = models.ForeignKey(Seance, on_delete=models.PROTECT, related_name="addendas")
    no = models.PositiveSmallIntegerField("numéro")
    texte = models.TextField("texte")
    document = models.ForeignKey("socle.Document", on_delete=models.PROTECT, related_name="+")
    emis_le = models.DateTimeField("émission", default=horloge.maintenant)
    emis_par = models.ForeignKey(
        "socle.Utilisateur", null=True, on_delete=models.PROTECT, related_name="+"
    )

    class Meta:
        verbose_name = "addenda"
        verbose_name_plural = "addendas"
        ordering = ("seance", "no")
        constraints = (
            models.UniqueConstraint(fields=["seance", "no"], name="addenda_unique"),
            models.CheckConstraint(name="addenda_avec_texte", condition=~Q(texte="")),
        )
        triggers = (
            pgtrigger.Protect(name="addenda_fige", operation=pgtrigger.Update | pgtrigger.Delete),
        )

    def __str__(self) -> str:
        return f"Addenda no {self.no} — {self.seance}"
