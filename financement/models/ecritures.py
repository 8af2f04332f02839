"""Ce qui écrit au grand livre : les déclencheurs des objets d'argent.

Chacun porte au grand livre la différence entre ce que l'objet vaut et ce qui y est déjà, par les
fonctions ``grand_livre_*`` de la migration. Le moment et l'auteur sont ceux de la ligne ; à défaut,
ceux que ``socle.base.dire_qui_agit`` a dits à la base.
"""

import pgtrigger

from appels.models import Appel, Demande, SourceVolet, Volet


def a_l_ecriture(nom: str, func: str, **options: object) -> pgtrigger.Trigger:
    """Un déclencheur d'après ajout ou changement."""
    options.setdefault("operation", pgtrigger.Insert | pgtrigger.Update)
    return pgtrigger.Trigger(name=nom, when=pgtrigger.After, func=func, **options)


def garder_ce_qui_est_inscrit(nom: str) -> pgtrigger.Trigger:
    """Refuse d'effacer ce dont le grand livre parle."""
    return pgtrigger.Trigger(
        name=nom,
        when=pgtrigger.Before,
        operation=pgtrigger.Delete,
        func="""
            IF EXISTS (
                SELECT FROM financement_mouvement
                WHERE objet_id = OLD.id::text
                  AND objet_type = 'financement.' || split_part(TG_TABLE_NAME, '_', 2)
            ) THEN
                RAISE EXCEPTION 'Cet objet est au grand livre : il ne s''efface pas.';
            END IF;
            RETURN OLD;
        """,
    )


DECISION = """
    IF NOT NEW.en_vigueur AND (TG_OP = 'INSERT' OR NOT OLD.en_vigueur) THEN
        RETURN NULL;
    END IF;
    -- Une décision remplacée ne retire pas ce qu'une convention engage : la suivante le dira.
    PERFORM grand_livre_porter(
        NEW.volet_id, NEW.demande_id, 'accord',
        CASE WHEN NEW.en_vigueur THEN NEW.montant_accorde
             ELSE grand_livre_somme(NEW.demande_id, 'engagement') END,
        grand_livre_somme(NEW.demande_id, 'accord'),
        'financement.decision', NEW.id::text,
        CASE WHEN TG_OP = 'INSERT' THEN NEW.prise_le END,
        CASE WHEN TG_OP = 'INSERT' THEN NEW.prise_par_id END
    );
    RETURN NULL;
"""

CONVENTION = """
    SELECT volet_id INTO le_volet FROM financement_decision WHERE id = NEW.decision_id;
    deja := grand_livre_somme_objet('engagement', 'financement.convention', NEW.id::text);
    PERFORM grand_livre_porter(
        le_volet, NEW.demande_id, 'engagement',
        CASE
            WHEN NEW.etat = 'en_vigueur' OR (TG_OP = 'INSERT' AND NEW.etat = 'echue')
                THEN NEW.montant
            -- Finie, elle n'engage plus que ce qui a été versé.
            WHEN NEW.etat IN ('echue', 'resiliee')
                THEN LEAST(deja, grand_livre_somme(NEW.demande_id, 'versement'))
            ELSE 0
        END,
        deja, 'financement.convention', NEW.id::text,
        CASE WHEN deja = 0 THEN NEW.en_vigueur_le END,
        CASE WHEN deja = 0 THEN NEW.en_vigueur_par_id END
    );
    RETURN NULL;
"""

VERSEMENT = """
    SELECT decision.volet_id, convention.demande_id INTO le_volet, la_demande
        FROM financement_convention convention
        JOIN financement_decision decision ON decision.id = convention.decision_id
        WHERE convention.id = NEW.convention_id;
    PERFORM grand_livre_porter(
        le_volet, la_demande, 'versement',
        CASE WHEN NEW.etat = 'verse' THEN NEW.montant ELSE 0 END,
        grand_livre_somme_objet('versement', 'financement.versement', NEW.id::text),
        'financement.versement', NEW.id::text, NEW.verse_le, NEW.verse_par_id
    );
    RETURN NULL;
"""

RECUPERATION = """
    SELECT volet_id INTO le_volet FROM appels_demande WHERE id = NEW.demande_id;
    FOREACH la_nature IN ARRAY ARRAY['recuperation', 'liberation'] LOOP
        PERFORM grand_livre_porter(
            le_volet, NEW.demande_id, la_nature,
            CASE WHEN NEW.etat = 'remboursee' THEN NEW.montant ELSE 0 END,
            grand_livre_somme_objet(la_nature, 'financement.recuperation', NEW.id::text),
            'financement.recuperation', NEW.id::text, NEW.remboursee_le, NULL
        );
    END LOOP;
    RETURN NULL;
"""

SOURCE = """
    IF TG_OP <> 'INSERT' THEN
        PERFORM grand_livre_doter(OLD.volet_id, OLD.bailleur, OLD.exercice, -OLD.montant);
    END IF;
    IF TG_OP <> 'DELETE' THEN
        PERFORM grand_livre_doter(NEW.volet_id, NEW.bailleur, NEW.exercice, NEW.montant);
    END IF;
    RETURN NULL;
"""


class SourceAuGrandLivre(SourceVolet):
    """La source d'un appel publié dote son crédit."""

    class Meta:
        proxy = True
        triggers = (
            pgtrigger.Trigger(
                name="source_au_grand_livre",
                when=pgtrigger.After,
                operation=pgtrigger.Insert | pgtrigger.Update | pgtrigger.Delete,
                func=SOURCE,
            ),
        )


class VoletAuGrandLivre(Volet):
    """Une enveloppe publiée qu'on corrige laisse sa différence au grand livre."""

    class Meta:
        proxy = True
        triggers = (
            a_l_ecriture(
                "volet_au_grand_livre",
                """
                PERFORM grand_livre_porter(
                    NEW.id, NULL, 'dotation', NEW.enveloppe, SUM(dotation),
                    'appels.volet', NEW.id::text, NULL, NULL
                ) FROM financement_credit WHERE volet_id = NEW.id HAVING COUNT(*) > 0;
                RETURN NULL;
                """,
                operation=pgtrigger.Update,
                condition=pgtrigger.Q(old__enveloppe__df=pgtrigger.F("new__enveloppe")),
            ),
        )


class AppelAuGrandLivre(Appel):
    """À la publication, chaque source de l'appel dote son crédit."""

    class Meta:
        proxy = True
        triggers = (
            a_l_ecriture(
                "appel_au_grand_livre",
                """
                IF OLD.etat = 'brouillon' AND NEW.etat NOT IN ('brouillon', 'annule') THEN
                    PERFORM grand_livre_doter(volet_id, bailleur, source.exercice, source.montant)
                        FROM appels_sourcevolet source
                        JOIN appels_volet volet ON volet.id = source.volet_id
                        WHERE volet.appel_id = NEW.id ORDER BY source.id;
                END IF;
                RETURN NULL;
                """,
                operation=pgtrigger.Update,
                condition=pgtrigger.Q(old__etat__df=pgtrigger.F("new__etat")),
            ),
        )


class DemandeAuGrandLivre(Demande):
    """Résiliée ou fermée, une demande rend à l'enveloppe ce qu'elle ne garde pas."""

    class Meta:
        proxy = True
        triggers = (
            a_l_ecriture(
                "demande_au_grand_livre",
                """
                PERFORM grand_livre_porter(
                    NEW.volet_id, NEW.id, 'liberation',
                    grand_livre_somme(NEW.id, 'accord') - grand_livre_somme(NEW.id, 'versement')
                        + grand_livre_somme(NEW.id, 'recuperation'),
                    grand_livre_somme(NEW.id, 'liberation'),
                    'appels.demande', NEW.id::text, NULL, NULL
                );
                RETURN NULL;
                """,
                operation=pgtrigger.Update,
                condition=pgtrigger.Q(old__etat__df=pgtrigger.F("new__etat"))
                & pgtrigger.Q(new__etat__in=["resiliee", "fermee"]),
            ),
        )
