"""Le grand livre : des mouvements qui ne font que s'ajouter, et leurs sommes par source.

La base écrit elle-même les mouvements quand une source, une décision, une convention, un versement,
une récupération, un transfert ou un report change, quel que soit ce qui écrit (docs/adr/0019) : les
déclencheurs d'ici et ceux de ``financement/models/ecritures.py``.
"""

from decimal import Decimal
from typing import Any

import pgtrigger
from django.db import models
from django.db.models import F, Q

from appels.models import Demande
from socle import horloge

ZERO = Decimal("0.00")

SOMMER = """
    UPDATE financement_credit SET
        dotation = dotation + CASE NEW.nature WHEN 'dotation' THEN NEW.montant ELSE 0 END,
        transfert = transfert + CASE NEW.nature WHEN 'transfert' THEN NEW.montant ELSE 0 END,
        report = report + CASE NEW.nature WHEN 'report' THEN NEW.montant ELSE 0 END,
        accord = accord + CASE NEW.nature WHEN 'accord' THEN NEW.montant ELSE 0 END,
        engagement = engagement + CASE NEW.nature WHEN 'engagement' THEN NEW.montant ELSE 0 END,
        versement = versement + CASE NEW.nature WHEN 'versement' THEN NEW.montant ELSE 0 END,
        recuperation = recuperation
            + CASE NEW.nature WHEN 'recuperation' THEN NEW.montant ELSE 0 END,
        liberation = liberation + CASE NEW.nature WHEN 'liberation' THEN NEW.montant ELSE 0 END
        WHERE id = NEW.credit_id;
    RETURN NULL;
"""

CREDIT_TENU_PAR_SES_MOUVEMENTS = """
    IF TG_OP = 'INSERT' THEN
        IF (NEW.dotation, NEW.transfert, NEW.report, NEW.accord, NEW.engagement,
            NEW.versement, NEW.recuperation, NEW.liberation) = (0, 0, 0, 0, 0, 0, 0, 0) THEN
            RETURN NEW;
        END IF;
    ELSIF pg_trigger_depth() > 1 AND NEW.volet_id = OLD.volet_id
        AND NEW.bailleur = OLD.bailleur AND NEW.exercice = OLD.exercice THEN
        RETURN NEW;
    END IF;
    RAISE EXCEPTION 'Un crédit est la somme de ses mouvements : il ne s''écrit pas.';
"""


class CreditQuerySet(models.QuerySet):
    def dans_l_ordre(self) -> "CreditQuerySet":
        return self.select_related("volet__appel").order_by(
            "volet__appel__code", "volet__no", "exercice", "bailleur"
        )


class Sommes:
    """Ce que les sommes d'un crédit veulent dire ; la même lecture pour une ligne et un total."""

    @property
    def enveloppe(self) -> Decimal:
        """Ce dont on dispose : la dotation, ce qui a été transféré et ce qui a été reporté."""
        return self.dotation + self.transfert + self.report

    @property
    def libre(self) -> Decimal:
        return self.enveloppe - self.accord + self.liberation

    @property
    def a_engager(self) -> Decimal:
        """Accordé, sans convention en vigueur, et pas rendu à l'enveloppe."""
        return self.accord - self.liberation - self.engagement + self.recuperation

    @property
    def a_verser(self) -> Decimal:
        return self.engagement - self.versement

    @property
    def garde(self) -> Decimal:
        """Versé et pas revenu."""
        return self.versement - self.recuperation


class Credit(Sommes, models.Model):
    """L'argent d'une source dans un volet, pour un exercice (regles.md, 10), en dollars.

    Ses sommes sont celles de ses mouvements, tenues et bornées par la base.
    """

    volet = models.ForeignKey("appels.Volet", on_delete=models.PROTECT, related_name="credits")
    bailleur = models.CharField("bailleur", max_length=60)
    exercice = models.PositiveSmallIntegerField("exercice finissant le 31 mars")
    dotation = models.DecimalField(max_digits=14, decimal_places=2, default=ZERO, db_default=ZERO)
    transfert = models.DecimalField(max_digits=14, decimal_places=2, default=ZERO, db_default=ZERO)
    report = models.DecimalField(
        "reporté", max_digits=14, decimal_places=2, default=ZERO, db_default=ZERO
    )
    accord = models.DecimalField(
        "accordé", max_digits=14, decimal_places=2, default=ZERO, db_default=ZERO
    )
    engagement = models.DecimalField(
        "engagé", max_digits=14, decimal_places=2, default=ZERO, db_default=ZERO
    )
    versement = models.DecimalField(
        "versé", max_digits=14, decimal_places=2, default=ZERO, db_default=ZERO
    )
    recuperation = models.DecimalField(
        "récupéré", max_digits=14, decimal_places=2, default=ZERO, db_default=ZERO
    )
    liberation = models.DecimalField(
        "rendu à l'enveloppe", max_digits=14, decimal_places=2, default=ZERO, db_default=ZERO
    )

    objects = CreditQuerySet.as_manager()

    class Meta:
        verbose_name = "crédit"
        ordering = ("volet", "exercice", "bailleur")
        constraints = (
            models.UniqueConstraint(fields=["volet", "bailleur", "exercice"], name="credit_unique"),
            models.CheckConstraint(
                name="credit_enveloppe_positive",
                condition=Q(transfert__gte=-F("dotation") - F("report")),
            ),
            models.CheckConstraint(
                name="credit_accorde_sous_enveloppe",
                condition=Q(
                    accord__lte=F("dotation") + F("transfert") + F("report") + F("liberation")
                ),
            ),
            models.CheckConstraint(
                name="credit_engage_sous_accorde",
                condition=Q(engagement__gte=0, engagement__lte=F("accord")),
            ),
            models.CheckConstraint(
                name="credit_verse_sous_engage",
                condition=Q(versement__gte=0, versement__lte=F("engagement")),
            ),
            models.CheckConstraint(
                name="credit_recupere_sous_verse",
                condition=Q(recuperation__gte=0, recuperation__lte=F("versement")),
            ),
            models.CheckConstraint(
                name="credit_libere_sous_reste",
                condition=Q(
                    liberation__gte=0,
                    liberation__lte=F("accord") - F("versement") + F("recuperation"),
                ),
            ),
        )
        triggers = (
            pgtrigger.Trigger(
                name="credit_tenu_par_ses_mouvements",
                when=pgtrigger.Before,
                operation=pgtrigger.Insert | pgtrigger.Update,
                func=CREDIT_TENU_PAR_SES_MOUVEMENTS,
            ),
        )

    def __str__(self) -> str:
        return f"Volet {self.volet.no}, {self.bailleur}, exercice {self.exercice}"


class MouvementQuerySet(models.QuerySet):
    def visibles_par(self, utilisateur: Any) -> "MouvementQuerySet":
        """Les employés, sauf ce qui parle d'une demande dont ils sont récusés."""
        if not utilisateur.is_authenticated or not utilisateur.est_employe:
            return self.none()
        return self.filter(
            Q(demande=None) | Q(demande__in=Demande.objects.sans_recusation(utilisateur))
        )

    def sommes_par_demande(self, demandes: Any) -> dict[int, dict[str, Decimal]]:
        """Pour chaque demande, la somme de chaque nature, en une requête."""
        sommes: dict[int, dict[str, Decimal]] = {}
        for demande, nature, total in (
            self.filter(demande__in=demandes)
            .order_by()
            .values_list("demande", "nature")
            .annotate(total=models.Sum("montant"))
        ):
            sommes.setdefault(demande, {})[nature] = total
        return sommes


class Mouvement(models.Model):
    """Une ligne du grand livre : ajoutée par la base, jamais modifiée ni effacée."""

    class Nature(models.TextChoices):
        DOTATION = "dotation", "Dotation"
        TRANSFERT = "transfert", "Transfert"
        REPORT = "report", "Report"
        ACCORD = "accord", "Accordé"
        ENGAGEMENT = "engagement", "Engagé"
        VERSEMENT = "versement", "Versé"
        RECUPERATION = "recuperation", "Récupéré"
        LIBERATION = "liberation", "Rendu à l'enveloppe"

    credit = models.ForeignKey(Credit, on_delete=models.PROTECT, related_name="mouvements")
    nature = models.CharField("nature", max_length=12, choices=Nature)
    montant = models.DecimalField("montant", max_digits=14, decimal_places=2)
    demande = models.ForeignKey(
        "appels.Demande",
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="mouvements",
    )
    objet_type = models.CharField("type d'objet", max_length=80)
    objet_id = models.CharField("objet", max_length=40)
    moment = models.DateTimeField("moment", default=horloge.maintenant)
    auteur = models.ForeignKey(
        "socle.Utilisateur", null=True, on_delete=models.PROTECT, related_name="+"
    )

    objects = MouvementQuerySet.as_manager()

    class Meta:
        verbose_name = "mouvement"
        ordering = ("-moment", "-pk")
        constraints = (
            models.CheckConstraint(name="mouvement_non_nul", condition=~Q(montant=0)),
            models.CheckConstraint(
                name="mouvement_nature_connue",
                condition=Q(
                    nature__in=[
                        "dotation",
                        "transfert",
                        "report",
                        "accord",
                        "engagement",
                        "versement",
                        "recuperation",
                        "liberation",
                    ]
                ),
            ),
        )
        indexes = (
            models.Index(fields=["objet_type", "objet_id"], name="mouvement_objet"),
            models.Index(fields=["-moment", "-id"], name="mouvement_moment"),
        )
        triggers = (
            pgtrigger.Trigger(
                name="mouvement_sommer",
                when=pgtrigger.After,
                operation=pgtrigger.Insert,
                func=SOMMER,
            ),
            pgtrigger.Trigger(
                name="mouvement_en_ajout_seul",
                when=pgtrigger.Before,
                operation=pgtrigger.Update | pgtrigger.Delete,
                func="RAISE EXCEPTION 'Un mouvement ne se modifie pas et ne s''efface pas.';",
            ),
            pgtrigger.Trigger(
                name="mouvement_sans_truncate",
                level=pgtrigger.Statement,
                when=pgtrigger.Before,
                operation=pgtrigger.Truncate,
                func="RAISE EXCEPTION 'Le grand livre ne se vide pas.';",
            ),
        )

    def __str__(self) -> str:
        return f"{self.get_nature_display()} {self.montant}"
