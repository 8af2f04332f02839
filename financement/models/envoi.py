from typing import Any

from django.db import models
from django.db.models import Q
from post_office.models import STATUS

from appels.models import Demande
from socle import horloge


class EnvoiLettreQuerySet(models.QuerySet):
    def visibles_par(self, utilisateur: Any) -> "EnvoiLettreQuerySet":
        """Les employés, sauf récusation ; l'organisme voit ses lettres, pas leurs envois."""
        if not utilisateur.is_authenticated or not utilisateur.est_employe:
            return self.none()
        return self.filter(
            lettre__decision__demande__in=Demande.objects.sans_recusation(utilisateur)
        )

    def en_defaut(self) -> "EnvoiLettreQuerySet":
        """Ce qui n'est pas arrivé : refusé par le serveur, revenu, ou sans adresse où écrire."""
        return self.filter(
            Q(courriel__status__in=[STATUS.failed, STATUS.requeued])
            | Q(retour_le__isnull=False)
            | Q(adresse="")
        ).filter(regle_le=None)


class EnvoiLettre(models.Model):
    """Une lettre partie à une adresse. Sans adresse, la lettre reste à poster."""

    lettre = models.ForeignKey(
        "financement.Lettre", on_delete=models.PROTECT, related_name="envois"
    )
    adresse = models.EmailField("adresse", blank=True)
    # La boîte d'envoi se vide un jour ; l'envoi reste.
    courriel = models.OneToOneField(
        "post_office.Email", null=True, on_delete=models.SET_NULL, related_name="+"
    )
    envoye_le = models.DateTimeField(default=horloge.maintenant, editable=False)
    retour_le = models.DateField("revenu le", null=True, blank=True)
    retour_motif = models.CharField("ce que dit le retour", max_length=300, blank=True)
    retour_par = models.ForeignKey(
        "socle.Utilisateur", null=True, on_delete=models.PROTECT, related_name="+", editable=False
    )
    # Renvoyée ou remise autrement : ce défaut n'attend plus personne.
    regle_le = models.DateTimeField(null=True, blank=True, editable=False)

    objects = EnvoiLettreQuerySet.as_manager()

    class Meta:
        verbose_name = "envoi d'une lettre"
        verbose_name_plural = "envois de lettres"
        ordering = ("-envoye_le", "pk")
        constraints = (
            models.CheckConstraint(
                name="envoi_retour_motive", condition=Q(retour_le=None) | ~Q(retour_motif="")
            ),
        )

    def __str__(self) -> str:
        return f"{self.lettre} — {self.adresse or 'sans adresse'}"

    @property
    def demande(self) -> Any:
        return self.lettre.decision.demande

    @property
    def etat(self) -> tuple[str, str]:
        """Ce qui est arrivé, en mots, et le rôle de son étiquette."""
        if not self.adresse:
            return "Aucune adresse : à poster", "a_faire"
        if self.retour_le:
            return "Revenu", "refus"
        statut = self.courriel.status if self.courriel else STATUS.sent
        return {
            STATUS.sent: ("Parti", "fait"),
            STATUS.failed: ("Refusé par le serveur", "refus"),
            STATUS.requeued: ("Refusé, à réessayer", "avertissement"),
        }.get(statut, ("En attente de départ", "en_cours"))
