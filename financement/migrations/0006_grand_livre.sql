-- Les fonctions du grand livre (docs/adr/0019). Les déclencheurs des objets d'argent les appellent ;
-- aucune n'écrit ailleurs que dans financement_mouvement et, pour un crédit neuf, sa ligne à zéro.

-- L'exercice (il finit le 31 mars) d'un jour.
CREATE FUNCTION grand_livre_exercice(jour date) RETURNS integer
LANGUAGE sql IMMUTABLE AS $$
    SELECT extract(year FROM jour)::int + (extract(month FROM jour) > 3)::int;
$$;

-- Le crédit d'une source dans un volet ; créé à zéro au besoin.
CREATE FUNCTION grand_livre_credit(le_volet bigint, le_bailleur text, l_exercice integer)
RETURNS bigint LANGUAGE plpgsql AS $$
DECLARE trouve bigint;
BEGIN
    INSERT INTO financement_credit (volet_id, bailleur, exercice)
        VALUES (le_volet, le_bailleur, l_exercice)
        ON CONFLICT (volet_id, bailleur, exercice) DO NOTHING;
    SELECT id INTO trouve FROM financement_credit
        WHERE volet_id = le_volet AND bailleur = le_bailleur AND exercice = l_exercice;
    RETURN trouve;
END $$;

-- Un mouvement, au moment et au nom donnés, sinon à ceux que socle.base.dire_qui_agit a dits.
CREATE FUNCTION grand_livre_inscrire(
    le_credit bigint, la_demande bigint, la_nature text, le_montant numeric,
    un_type text, un_id text, un_moment timestamptz, un_auteur bigint
) RETURNS void LANGUAGE sql AS $$
    INSERT INTO financement_mouvement
        (credit_id, demande_id, nature, montant, objet_type, objet_id, moment, auteur_id)
    VALUES (
        le_credit, la_demande, la_nature, le_montant, un_type, un_id,
        COALESCE(
            un_moment, NULLIF(current_setting('appels.moment', true), '')::timestamptz,
            clock_timestamp()
        ),
        COALESCE(un_auteur, NULLIF(current_setting('appels.auteur', true), '')::bigint)
    );
$$;

CREATE FUNCTION grand_livre_somme(la_demande bigint, la_nature text)
RETURNS numeric LANGUAGE sql STABLE AS $$
    SELECT COALESCE(SUM(montant), 0) FROM financement_mouvement
        WHERE demande_id = la_demande AND nature = la_nature;
$$;

CREATE FUNCTION grand_livre_somme_objet(la_nature text, un_type text, un_id text)
RETURNS numeric LANGUAGE sql STABLE AS $$
    SELECT COALESCE(SUM(montant), 0) FROM financement_mouvement
        WHERE objet_type = un_type AND objet_id = un_id AND nature = la_nature;
$$;

-- La dotation d'une source, une fois son appel publié.
CREATE FUNCTION grand_livre_doter(
    le_volet bigint, le_bailleur text, l_exercice integer, le_montant numeric
) RETURNS void LANGUAGE plpgsql AS $$
DECLARE appel record;
BEGIN
    SELECT a.etat, a.projet_debut, a.ouverture, a.publie_le, a.cree_par_id INTO appel
        FROM appels_volet v JOIN appels_appel a ON a.id = v.appel_id WHERE v.id = le_volet;
    IF NOT FOUND OR appel.etat = 'brouillon' OR le_montant = 0 THEN
        RETURN;
    END IF;
    PERFORM grand_livre_inscrire(
        grand_livre_credit(le_volet, le_bailleur, COALESCE(
            l_exercice,
            grand_livre_exercice(appel.projet_debut),
            grand_livre_exercice((appel.ouverture AT TIME ZONE 'America/Toronto')::date)
        )),
        NULL, 'dotation', le_montant, 'appels.volet', le_volet::text, appel.publie_le, NULL
    );
END $$;

-- Ce que chaque crédit du volet peut porter d'un mouvement de ce sens, en dollars.
CREATE FUNCTION grand_livre_capacites(le_volet bigint, la_demande bigint, le_sens text)
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
        WHEN 'dotation-' THEN c.dotation + c.transfert - c.accord + c.liberation
        WHEN 'accord+' THEN c.dotation + c.transfert - c.accord + c.liberation
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

-- Porte au grand livre la différence entre ``cible`` et ``deja``, partagée au cent près entre les
-- crédits du volet selon ce que chacun peut porter : aucune source ne donne plus qu'elle n'a.
CREATE FUNCTION grand_livre_porter(
    le_volet bigint, la_demande bigint, la_nature text, cible numeric, deja numeric,
    un_type text, un_id text, un_moment timestamptz, un_auteur bigint
) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
    difference numeric := abs(cible - deja);
    signe integer := sign(cible - deja);
    sens text := la_nature || CASE WHEN cible > deja THEN '+' ELSE '-' END;
    totale numeric;
BEGIN
    IF signe = 0 THEN
        RETURN;
    END IF;
    -- Toujours dans le même ordre : deux écritures se suivent, elles ne s'attendent pas l'une l'autre.
    PERFORM 1 FROM financement_credit WHERE volet_id = le_volet ORDER BY id FOR NO KEY UPDATE;
    SELECT COALESCE(SUM(capacite), 0) INTO totale
        FROM grand_livre_capacites(le_volet, la_demande, sens);
    IF totale < difference AND sens <> 'dotation+' THEN
        IF sens = 'accord+' THEN
            RAISE EXCEPTION 'Enveloppe dépassée : % demandés, % libres.', difference, totale
                USING ERRCODE = 'check_violation', CONSTRAINT = 'decision_sous_enveloppe';
        END IF;
        RAISE EXCEPTION 'Le grand livre refuse % de % : % possibles.', sens, difference, totale
            USING ERRCODE = 'check_violation', CONSTRAINT = 'grand_livre_' || la_nature;
    END IF;
    PERFORM grand_livre_inscrire(
        credit, la_demande, la_nature, signe * montant, un_type, un_id, un_moment, un_auteur
    ) FROM (
        -- Les cents qui restent vont aux plus grands restes, dans l'ordre des crédits.
        SELECT credit, part + CASE
            WHEN row_number() OVER (ORDER BY exacte - part DESC, credit)
                <= (difference - SUM(part) OVER ()) * 100 THEN 0.01 ELSE 0 END AS montant
        FROM (
            SELECT credit, difference * capacite / totale AS exacte,
                trunc(difference * capacite / totale, 2) AS part
            FROM grand_livre_capacites(le_volet, la_demande, sens) WHERE capacite > 0
        ) exactes
    ) parts WHERE montant <> 0 ORDER BY credit;
END $$;
