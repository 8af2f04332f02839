import datetime as dt

from django.db import models
from django.db.models import F, Q


class TempsFortQuerySet(models.QuerySet):
    def pas_finis(self, jour: dt.date) -> "TempsFortQuerySet":
        return self.filter(fin__gte=jour)


class TempsFort(models.Model):
    """Une semaine ou une journée qui rassemble des activités, telle que la Semaine québécoise des
    rencontres interculturelles."""

    titre = models.CharField("nom", max_length=120)
    texte = models.TextField("en quelques mots", blank=True, max_length=600)
    debut = models.DateField("premier jour")
    fin = models.DateField("dernier jour")

    objects = TempsFortQuerySet.as_manager()

    class Meta:
        verbose_name = "temps fort"
        verbose_name_plural = "temps forts"
        ordering = ("debut", "titre")
        constraints = (
            models.CheckConstraint(name="temps_fort_dates", condition=Q(fin__gte=F("debut"))),
        )

    def __str__(self) -> str:
        return self.titre
