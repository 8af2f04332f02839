"""L'échange entre un organisme et la Ville sur une demande : des messages, jamais modifiés."""

from typing import Any

import pgtrigger
from django.db import models
from django.db.models import Exists, OuterRef, Q
from django.db.models.functions import Coalesce

from appels.models.demande import Demande
from socle import horloge

ETATS_CLOS = ("fermee", "retiree", "resiliee")
# Dans un appel archivé, ce qui n'a pas mené à un projet est clos aussi. Un refus pas encore
# annoncé ne compte pas : l'échange fermé le trahirait.
CLOS = Q(demande__etat__in=ETATS_CLOS) | Q(demande__appel__etat="archive") & (
    Q(demande__etat__in=("brouillon", "irrecevable"))
    | Q(demande__etat="refusee", demande__etat_annonce="refusee")
)


def echange_clos(demande: Demande) -> bool:
    """L'échange se lit encore et ne s'écrit plus ; la même règle que ``CLOS``."""
    if demande.etat in ETATS_CLOS:
        return True
    return demande.appel.etat == "archive" and (
        demande.etat in ("brouillon", "irrecevable")
        or demande.etat == demande.etat_annonce == "refusee"
    )


class MessageQuerySet(models.QuerySet):
    def visibles_par(self, utilisateur: Any) -> "MessageQuerySet":
        """Ceux que lit un membre de l'organisme, ou un employé hors du comité de la demande.

        Égal, ligne à ligne, à « echange.ecrire » ou « echange.suivre » (un test le vérifie).
        """
        if not utilisateur.is_authenticated:
            return self.none()
        visibles = Q(demande__organisme_id__in=utilisateur.organismes_ids)
        if utilisateur.est_employe:
            visibles |= Q(pk__in=self.hors_du_comite(utilisateur).values("pk"))
        return self.filter(visibles)

    def hors_du_comite(self, utilisateur: Any) -> "MessageQuerySet":
        """Sans les demandes confiées à la personne au comité (évaluer ou être récusé exclut), ni
        celles de ses organismes."""
        affectations = Demande.affectations.rel.related_model.objects.filter(
            membre__utilisateur=utilisateur
        )
        return self.exclude(demande__in=affectations.values("demande")).exclude(
            demande__organisme_id__in=utilisateur.organismes_ids
        )

    def sans_reponse(self) -> "MessageQuerySet":
        """Les messages d'organismes que rien de la Ville ne suit, dans un échange ouvert.

        Un classement repris, et sa reprise, ne comptent pas.
        """
        suite = Message.objects.filter(
            demande=OuterRef("demande"), cote=Message.Cote.VILLE, pk__gt=OuterRef("pk")
        ).filter(reprend=None, reprise=None)
        return self.filter(~Exists(suite), cote=Message.Cote.ORGANISME).exclude(CLOS)

    def non_lus(self, utilisateur: Any) -> "MessageQuerySet":
        """Ce que la Ville a écrit aux organismes de la personne depuis sa dernière lecture."""
        lue = LectureEchange.objects.filter(
            demande=OuterRef("demande"), utilisateur=utilisateur
        ).values("jusqu_a")
        return self.filter(
            demande__organisme_id__in=utilisateur.organismes_ids,
            cote=Message.Cote.VILLE,
            nature=Message.Nature.MESSAGE,
            pk__gt=Coalesce(models.Subquery(lue), 0),
        )


class Message(models.Model):
    """Un message sur une demande, tel qu'il est parti."""

    class Cote(models.TextChoices):
        ORGANISME = "organisme", "L'organisme"
        VILLE = "ville", "La Ville"

    class Nature(models.TextChoices):
        MESSAGE = "message", "Message"
        CLASSEMENT = "classement", "Lu, sans réponse à donner"
        REPRISE = "reprise", "De nouveau en attente d'une réponse"

    demande = models.ForeignKey(Demande, on_delete=models.PROTECT, related_name="messages")
    cote = models.CharField("qui écrit", max_length=10, choices=Cote)
    nature = models.CharField("nature", max_length=10, choices=Nature, default=Nature.MESSAGE)
    texte = models.TextField("message", blank=True)
    reprend = models.OneToOneField(
        "self",
        verbose_name="classement repris",
        null=True,
        blank=True,
        on_delete=models.CASCADE,
        related_name="reprise",
    )
    auteur = models.ForeignKey("socle.Utilisateur", on_delete=models.PROTECT, related_name="+")
    ecrit_le = models.DateTimeField("écrit", default=horloge.maintenant, editable=False)

    objects = MessageQuerySet.as_manager()

    class Meta:
        verbose_name = "message"
        ordering = ("demande", "pk")
        constraints = (
            models.CheckConstraint(
                name="message_a_un_texte",
                condition=(Q(nature="message", reprend=None) & ~Q(texte=""))
                | Q(nature="classement", cote="ville", texte="", reprend=None)
                | Q(nature="reprise", cote="ville", texte="", reprend__isnull=False),
            ),
        )
        indexes = (models.Index(fields=["demande", "cote", "id"], name="message_fil"),)
        triggers = (
            pgtrigger.Trigger(
                name="message_en_ajout_seul",
                when=pgtrigger.Before,
                operation=pgtrigger.Update | pgtrigger.Delete,
                func="RAISE EXCEPTION 'Un message ne se modifie pas et ne s''efface pas.';",
            ),
            pgtrigger.Trigger(
                name="message_echange_ouvert",
                when=pgtrigger.Before,
                operation=pgtrigger.Insert,
                func=(
                    "IF EXISTS (SELECT 1 FROM appels_demande d WHERE d.id = NEW.demande_id "
                    "AND d.etat IN ('fermee', 'retiree', 'resiliee')) THEN "
                    "RAISE EXCEPTION 'La demande est close : l''échange ne s''écrit plus.'; "
                    "END IF; RETURN NEW;"
                ),
            ),
        )

    def __str__(self) -> str:
        return f"Message — {self.demande.reference}"


class LectureEchange(models.Model):
    """Jusqu'où une personne a lu l'échange d'une demande."""

    demande = models.ForeignKey(Demande, on_delete=models.CASCADE, related_name="lectures")
    utilisateur = models.ForeignKey(
        "socle.Utilisateur", on_delete=models.CASCADE, related_name="lectures"
    )
    jusqu_a = models.BigIntegerField("dernier message lu", default=0)
    lu_le = models.DateTimeField("lecture", default=horloge.maintenant)

    class Meta:
        verbose_name = "lecture d'un échange"
        verbose_name_plural = "lectures d'échanges"
        constraints = (
            models.UniqueConstraint(fields=["demande", "utilisateur"], name="lecture_unique"),
        )

    def __str__(self) -> str:
        return f"{self.utilisateur} — {self.demande}"
