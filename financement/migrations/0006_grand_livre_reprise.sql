-- Ce qui était inscrit avant le grand livre y entre, dans l'ordre où l'argent avance.
SELECT grand_livre_doter(source.volet_id, source.bailleur, source.exercice, source.montant)
    FROM appels_sourcevolet source ORDER BY source.volet_id, source.id;

-- Une enveloppe corrigée à la main vaut plus ou moins que la somme de ses sources.
SELECT grand_livre_porter(
        volet.id, NULL, 'dotation', volet.enveloppe, SUM(credit.dotation),
        'appels.volet', volet.id::text, NULL, NULL
    )
    FROM appels_volet volet JOIN financement_credit credit ON credit.volet_id = volet.id
    GROUP BY volet.id ORDER BY volet.id;

SELECT grand_livre_porter(
        volet_id, demande_id, 'accord', montant_accorde, 0,
        'financement.decision', id::text, prise_le, prise_par_id
    )
    FROM (
        SELECT * FROM financement_decision WHERE en_vigueur ORDER BY prise_le, id
    ) decision;

SELECT grand_livre_porter(
        decision.volet_id, convention.demande_id, 'engagement', convention.montant, 0,
        'financement.convention', convention.id::text, en_vigueur_le, en_vigueur_par_id
    )
    FROM (SELECT * FROM financement_convention ORDER BY en_vigueur_le, id) convention
    JOIN financement_decision decision ON decision.id = convention.decision_id
    WHERE convention.etat IN ('en_vigueur', 'echue')
        OR (convention.etat = 'resiliee' AND convention.en_vigueur_le IS NOT NULL);

SELECT grand_livre_porter(
        decision.volet_id, convention.demande_id, 'versement', versement.montant, 0,
        'financement.versement', versement.id::text, verse_le, verse_par_id
    )
    FROM (
        SELECT * FROM financement_versement WHERE etat = 'verse' ORDER BY verse_le, id
    ) versement
    JOIN financement_convention convention ON convention.id = versement.convention_id
    JOIN financement_decision decision ON decision.id = convention.decision_id;

SELECT grand_livre_porter(
        demande.volet_id, demande.id, nature, recuperation.montant, 0,
        'financement.recuperation', recuperation.id::text, remboursee_le, NULL
    )
    FROM (
        SELECT * FROM financement_recuperation WHERE etat = 'remboursee'
        ORDER BY remboursee_le, id
    ) recuperation
    JOIN appels_demande demande ON demande.id = recuperation.demande_id
    CROSS JOIN unnest(ARRAY['recuperation', 'liberation']) nature;

-- Ce qui est fini n'engage plus que ce qui a été versé, et rend le reste.
SELECT grand_livre_porter(
        decision.volet_id, convention.demande_id, 'engagement',
        LEAST(
            grand_livre_somme_objet(
                'engagement', 'financement.convention', convention.id::text
            ),
            grand_livre_somme(convention.demande_id, 'versement')
        ),
        grand_livre_somme_objet('engagement', 'financement.convention', convention.id::text),
        'financement.convention', convention.id::text, NULL, NULL
    )
    FROM financement_convention convention
    JOIN financement_decision decision ON decision.id = convention.decision_id
    WHERE convention.etat IN ('echue', 'resiliee');

SELECT grand_livre_porter(
        volet_id, id, 'liberation',
        grand_livre_somme(id, 'accord') - grand_livre_somme(id, 'versement')
            + grand_livre_somme(id, 'recuperation'),
        grand_livre_somme(id, 'liberation'),
        'appels.demande', id::text, NULL, NULL
    )
    FROM appels_demande WHERE etat IN ('resiliee', 'fermee');

SET CONSTRAINTS ALL IMMEDIATE;
SET CONSTRAINTS ALL DEFERRED;
