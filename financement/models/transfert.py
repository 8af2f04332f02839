from decimal import Decimal

import pgtrigger
from django.db import models
from django.db.models import Q

from financement.models.ecritures import a_l_ecriture
from socle import horloge

TRANSFERT = """
    SELECT credit.* INTO origine FROM financement_credit credit
        WHERE credit.id = NEW.credit_id;
    IF (SELECT COUNT(DISTINCT appel_id) FROM (
            SELECT appel_id FROM appels_volet WHERE id IN (origine.volet_id, NEW.volet_id)
            UNION ALL
            SELECT appel_id FROM financement_resolution WHERE id = NEW.resolution_id
        ) appels) <> 1 THEN
        RAISE EXCEPTION 'Un transfert reste dans un appel.'
            USING ERRCODE = 'check_violation', CONSTRAINT = 'transfert_dans_un_appel';
    END IF;
    PERFORM 1 FROM financement_credit WHERE volet_id IN (origine.volet_id, NEW.volet_id)
        ORDER BY id FOR NO KEY UPDATE;
    PERFORM grand_livre_inscrire(
        origine.id, NULL, 'transfert', -NEW.montant,
        'financement.transfert', NEW.id::text, NEW.inscrit_le, NEW.inscrit_par_id
    );
    -- Un dollar garde sa source et son exercice.
    PERFORM grand_livre_inscrire(
        grand_livre_credit(NEW.volet_id, origine.bailleur, origine.exercice),
        NULL, 'transfert', NEW.montant,
        'financement.transfert', NEW.id::text, NEW.inscrit_le, NEW.inscrit_par_id
    );
    RETURN NULL;
"""


class Transfert(models.Model):
    """De l'argent passé d'un volet à un autre du même appel, sous sa propre résolution."""

    resolution = models.ForeignKey(
        "financement.Resolution", on_delete=models.PROTECT, related_name="transferts"
    )
    credit = models.ForeignKey(
        "financement.Credit",
        verbose_name="argent transféré",
        on_delete=models.PROTECT,
        related_name="transferts",
    )
    volet = models.ForeignKey(
        "appels.Volet",
        verbose_name="vers le volet",
        on_delete=models.PROTECT,
        related_name="transferts",
    )
    montant = models.DecimalField("montant", max_digits=12, decimal_places=2)
    motif = models.TextField("motif")
    inscrit_le = models.DateTimeField(default=horloge.maintenant, editable=False)
    inscrit_par = models.ForeignKey(
        "socle.Utilisateur", null=True, on_delete=models.PROTECT, related_name="+"
    )

    class Meta:
        verbose_name = "transfert entre volets"
        verbose_name_plural = "transferts entre volets"
        ordering = ("-inscrit_le", "-pk")
        constraints = (
            models.CheckConstraint(name="transfert_positif", condition=Q(montant__gt=Decimal(0))),
            models.CheckConstraint(name="transfert_motive", condition=~Q(motif="")),
        )
        triggers = (
            a_l_ecriture(
                "transfert_au_grand_livre",
                TRANSFERT,
                operation=pgtrigger.Insert,
                declare=[("origine", "financement_credit%ROWTYPE")],
            ),
            pgtrigger.Trigger(
                name="transfert_en_ajout_seul",
                when=pgtrigger.Before,
                operation=pgtrigger.Update | pgtrigger.Delete,
                func="RAISE EXCEPTION 'Un transfert ne se modifie pas et ne s''efface pas.';",
            ),
        )

    def __str__(self) -> str:
        return f"{self.credit} vers le volet {self.volet.no}"
