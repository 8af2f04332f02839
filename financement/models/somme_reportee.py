from decimal import Decimal

import pgtrigger
from django.db import models
from django.db.models import Q

from financement.models.ecritures import a_l_ecriture
from socle import horloge

SOMME_REPORTEE = """
    SELECT * INTO origine FROM financement_credit WHERE id = NEW.credit_id;
    IF NEW.exercice < origine.exercice
        OR (NEW.volet_id = origine.volet_id AND NEW.exercice = origine.exercice) THEN
        RAISE EXCEPTION 'Une somme se reporte ailleurs, et jamais à un exercice passé.'
            USING ERRCODE = 'check_violation', CONSTRAINT = 'somme_reportee_plus_loin';
    END IF;
    IF NOT EXISTS (SELECT FROM financement_credit WHERE volet_id = NEW.volet_id) THEN
        RAISE EXCEPTION 'Une somme se reporte à un appel publié.'
            USING ERRCODE = 'check_violation', CONSTRAINT = 'somme_reportee_a_un_appel_publie';
    END IF;
    PERFORM 1 FROM financement_credit WHERE volet_id IN (origine.volet_id, NEW.volet_id)
        ORDER BY id FOR NO KEY UPDATE;
    -- Rendu par ce projet dans ce crédit, moins ce qui en est déjà parti.
    SELECT COALESCE(SUM(montant), 0) INTO reste FROM financement_mouvement
        WHERE credit_id = origine.id AND demande_id = NEW.demande_id
            AND nature IN ('liberation', 'report');
    IF NEW.montant > reste THEN
        RAISE EXCEPTION 'Le projet n''a laissé que %.', reste
            USING ERRCODE = 'check_violation', CONSTRAINT = 'somme_reportee_sous_reste';
    END IF;
    PERFORM grand_livre_inscrire(
        origine.id, NEW.demande_id, 'report', -NEW.montant,
        'financement.sommereportee', NEW.id::text, NEW.inscrite_le, NEW.inscrite_par_id
    );
    -- Un dollar garde sa source ; son exercice et son volet sont ceux de la décision.
    PERFORM grand_livre_inscrire(
        grand_livre_credit(NEW.volet_id, origine.bailleur, NEW.exercice),
        NULL, 'report', NEW.montant,
        'financement.sommereportee', NEW.id::text, NEW.inscrite_le, NEW.inscrite_par_id
    );
    RETURN NULL;
"""


class SommeReportee(models.Model):
    """Ce qu'un projet n'a pas utilisé, reporté à un autre exercice, un autre volet ou un autre
    appel, sous sa propre résolution. En dollars."""

    demande = models.ForeignKey(
        "appels.Demande", on_delete=models.PROTECT, related_name="sommes_reportees"
    )
    credit = models.ForeignKey(
        "financement.Credit",
        verbose_name="argent reporté",
        on_delete=models.PROTECT,
        related_name="sommes_reportees",
    )
    volet = models.ForeignKey(
        "appels.Volet",
        verbose_name="reporté au volet",
        on_delete=models.PROTECT,
        related_name="sommes_reportees",
    )
    exercice = models.PositiveSmallIntegerField("à l'exercice finissant le 31 mars")
    montant = models.DecimalField("montant", max_digits=12, decimal_places=2)
    resolution = models.ForeignKey(
        "financement.Resolution", on_delete=models.PROTECT, related_name="sommes_reportees"
    )
    autorisation = models.CharField("autorisation du bailleur", max_length=120, blank=True)
    motif = models.TextField("motif")
    inscrite_le = models.DateTimeField(default=horloge.maintenant, editable=False)
    inscrite_par = models.ForeignKey(
        "socle.Utilisateur", null=True, on_delete=models.PROTECT, related_name="+"
    )

    class Meta:
        verbose_name = "somme reportée"
        verbose_name_plural = "sommes reportées"
        ordering = ("-inscrite_le", "-pk")
        constraints = (
            models.CheckConstraint(
                name="somme_reportee_positive", condition=Q(montant__gt=Decimal(0))
            ),
            models.CheckConstraint(name="somme_reportee_motivee", condition=~Q(motif="")),
        )
        triggers = (
            a_l_ecriture(
                "somme_reportee_au_grand_livre",
                SOMME_REPORTEE,
                operation=pgtrigger.Insert,
                declare=[("origine", "financement_credit%ROWTYPE"), ("reste", "NUMERIC")],
            ),
            pgtrigger.Trigger(
                name="somme_reportee_en_ajout_seul",
                when=pgtrigger.Before,
                operation=pgtrigger.Update | pgtrigger.Delete,
                func="RAISE EXCEPTION 'Une somme reportée ne se modifie pas et ne s''efface pas.';",
            ),
        )

    def __str__(self) -> str:
        return f"{self.credit} vers {self.volet}, exercice {self.exercice}"
