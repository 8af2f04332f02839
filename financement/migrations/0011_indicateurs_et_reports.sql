-- La fonction de 0006, où ce qui est reporté compte aussi dans ce qu'un crédit peut porter.
-- Ce que chaque crédit du volet peut porter d'un mouvement de ce sens, en dollars.
CREATE OR REPLACE FUNCTION grand_livre_capacites(le_volet bigint, la_demande bigint, le_sens text)
RETURNS TABLE (credit bigint, capacite numeric) LANGUAGE sql STABLE AS $$
    WITH siens AS (
        SELECT credit_id,
            COALESCE(SUM(montant) FILTER (WHERE nature = 'accord'), 0) AS accord,
            COALESCE(SUM(montant) FILTER (WHERE nature = 'engagement'), 0) AS engagement,
            COALESCE(SUM(montant) FILTER (WHERE nature = 'versement'), 0) AS versement,
            COALESCE(SUM(montant) FILTER (WHERE nature = 'recuperation'), 0) AS recuperation,
            COALESCE(SUM(montant) FILTER (WHERE nature = 'liberation'), 0) AS liberation
        FROM financement_mouvement WHERE demande_id = la_demande GROUP BY credit_id
    )
    SELECT c.id, COALESCE(CASE le_sens
        WHEN 'dotation+' THEN c.dotation
        WHEN 'dotation-' THEN c.dotation + c.transfert + c.report - c.accord + c.liberation
        WHEN 'accord+' THEN c.dotation + c.transfert + c.report - c.accord + c.liberation
        WHEN 'accord-' THEN s.accord - s.engagement
        WHEN 'engagement+' THEN s.accord - s.engagement
        WHEN 'engagement-' THEN s.engagement - s.versement
        WHEN 'versement+' THEN s.engagement - s.versement
        WHEN 'versement-' THEN s.versement - s.recuperation
        WHEN 'recuperation+' THEN s.versement - s.recuperation
        WHEN 'recuperation-' THEN s.recuperation
        WHEN 'liberation+' THEN s.accord - s.versement + s.recuperation - s.liberation
        WHEN 'liberation-' THEN s.liberation
    END, 0)
    FROM financement_credit c LEFT JOIN siens s ON s.credit_id = c.id
    WHERE c.volet_id = le_volet;
$$;
