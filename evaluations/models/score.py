from typing import Any

import pgtrigger
from django.db import models
from django.db.models import Q

# Verrouiller avant de compter : deux fiches soumises au même instant se voient l'une l'autre.
# Une fiche se range à douze décimales ; la moyenne est ramenée à neuf avant l'arrondi final, pour
# qu'un tiers rangé ne fasse pas basculer un score qui tombe exactement sur une demie.
_RECALCULER = """
    IF cardinality(visees) = 0 THEN RETURN NULL; END IF;
    INSERT INTO evaluations_scoredemande (demande_id, appel_id, fiches, version)
    SELECT id, appel_id, 0, 0 FROM appels_demande WHERE id = ANY(visees) ORDER BY id
    ON CONFLICT (demande_id) DO NOTHING;
    PERFORM 1 FROM evaluations_scoredemande
    WHERE demande_id = ANY(visees) ORDER BY demande_id FOR UPDATE;
    UPDATE evaluations_scoredemande s
    SET fiches = c.fiches, moyenne = c.moyenne, ecart = c.ecart, version = s.version + 1
    FROM (
        SELECT v.id, count(e.score) AS fiches, round(round(avg(e.score), 9), 1) AS moyenne,
               round(max(e.score) - min(e.score), 9) AS ecart
        FROM unnest(visees) AS v (id)
        LEFT JOIN evaluations_affectation a ON a.demande_id = v.id AND a.etat = 'libre'
        LEFT JOIN evaluations_evaluation e ON e.affectation_id = a.id AND e.etat = 'soumise'
        GROUP BY v.id
    ) c
    WHERE s.demande_id = c.id;
    RETURN NULL;
"""
_DES_FICHES = """
    visees = ARRAY(
        SELECT DISTINCT a.demande_id FROM ({}) f
        JOIN evaluations_affectation a ON a.id = f.affectation_id
    );
"""


def _declencheur(nom: str, operation: pgtrigger.Operation, viser: str, **tables: str) -> Any:
    """Recompte, une fois par ordre SQL, les demandes que ``viser`` range dans ``visees``."""
    return pgtrigger.Trigger(
        name=nom,
        level=pgtrigger.Statement,
        when=pgtrigger.After,
        operation=operation,
        referencing=pgtrigger.Referencing(**tables),
        declare=[("visees", "BIGINT[]")],
        func=viser + _RECALCULER,
    )


DECLENCHEURS_FICHE = (
    _declencheur(
        "evaluation_score_creee",
        pgtrigger.Insert,
        _DES_FICHES.format("SELECT affectation_id FROM apres WHERE etat = 'soumise'"),
        new="apres",
    ),
    _declencheur(
        "evaluation_score_changee",
        pgtrigger.Update,
        _DES_FICHES.format(
            "SELECT n.affectation_id FROM apres n JOIN avant o ON o.id = n.id "
            "WHERE (n.etat, n.score) IS DISTINCT FROM (o.etat, o.score) "
            "AND 'soumise' IN (n.etat, o.etat)"
        ),
        old="avant",
        new="apres",
    ),
    _declencheur(
        "evaluation_score_effacee",
        pgtrigger.Delete,
        # Sa demande peut s'effacer avec elle : seul un score qui existe encore se recompte.
        """
    visees = ARRAY(
        SELECT DISTINCT s.demande_id FROM avant f
        JOIN evaluations_affectation a ON a.id = f.affectation_id
        JOIN evaluations_scoredemande s ON s.demande_id = a.demande_id
        WHERE f.etat = 'soumise'
    );
""",
        old="avant",
    ),
)
DECLENCHEUR_AFFECTATION = _declencheur(
    "affectation_score_changee",
    pgtrigger.Update,
    """
    visees = ARRAY(
        SELECT DISTINCT n.demande_id FROM apres n JOIN avant o ON o.id = n.id
        JOIN evaluations_evaluation e ON e.affectation_id = n.id AND e.etat = 'soumise'
        WHERE n.etat IS DISTINCT FROM o.etat
    );
""",
    old="avant",
    new="apres",
)


class ScoreDemande(models.Model):
    """Le score d'une demande (regles.md, 6), tenu par la base à chaque fiche qui change.

    La moyenne des fiches soumises par des membres sans conflit, demie vers le haut à une décimale.
    Rangée ici, elle classe des milliers de demandes sans relire leurs fiches. Elle existe dès la
    première fiche ; c'est un score quand l'appel en a assez (``evaluations_min``). ``version``
    change avec les fiches.
    """

    demande = models.OneToOneField(
        "appels.Demande", on_delete=models.CASCADE, primary_key=True, related_name="score_comite"
    )
    appel = models.ForeignKey("appels.Appel", on_delete=models.CASCADE, related_name="+")
    fiches = models.PositiveSmallIntegerField("fiches comptées", default=0)
    moyenne = models.DecimalField("moyenne", max_digits=4, decimal_places=1, null=True)
    ecart = models.DecimalField("écart", max_digits=12, decimal_places=9, null=True)
    version = models.PositiveIntegerField(default=0)

    class Meta:
        verbose_name = "score d'une demande"
        verbose_name_plural = "scores des demandes"
        constraints = (
            models.CheckConstraint(
                name="score_demande_avec_fiches",
                condition=Q(fiches=0, moyenne__isnull=True, ecart__isnull=True)
                | Q(fiches__gt=0, moyenne__isnull=False, ecart__isnull=False),
            ),
        )

    def __str__(self) -> str:
        return f"{self.demande_id} : {self.moyenne}"
