import pgtrigger
from django.db import models

from socle import horloge
from socle.verbes import phrase

CHAINER = """
    -- Le dernier verrou de la transaction : elle est au moment de son commit.
    PERFORM pg_advisory_xact_lock(hashtext('journal'));
    SELECT rang, empreinte INTO derniere FROM socle_entreejournal
        WHERE rang IS NOT NULL ORDER BY rang DESC LIMIT 1;
    suivant := COALESCE(derniere.rang, 0) + 1;
    contenu := concat_ws(
        E'\\x1f',
        COALESCE(derniere.empreinte, ''), suivant::text,
        to_char(NEW.moment AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US'),
        COALESCE(NEW.acteur_id::text, ''), NEW.verbe, NEW.objet_type, NEW.objet_id,
        NEW.objet_libelle, NEW.motif, NEW.details::text
    );
    UPDATE socle_entreejournal SET
        rang = suivant,
        precedente = COALESCE(derniere.empreinte, ''),
        empreinte = encode(sha256(convert_to(contenu, 'UTF8')), 'hex')
    WHERE id = NEW.id;
    RETURN NULL;
"""

REFUSER = """
    IF TG_OP = 'UPDATE' AND OLD.rang IS NULL AND pg_trigger_depth() > 1
       AND NEW.moment = OLD.moment AND NEW.verbe = OLD.verbe THEN
        RETURN NEW;
    END IF;
    RAISE EXCEPTION 'Le journal ne se modifie pas et ne s''efface pas.';
"""


class EntreeJournalQuerySet(models.QuerySet):
    def pour(self, *objets: models.Model) -> "EntreeJournalQuerySet":
        """L'histoire d'un objet ou de plusieurs, la plus récente d'abord."""
        cles: dict[str, list[str]] = {}
        for objet in objets:
            cles.setdefault(objet._meta.label_lower, []).append(str(objet.pk))
        voulus = models.Q(pk__in=[])
        for objet_type, numeros in cles.items():
            voulus |= models.Q(objet_type=objet_type, objet_id__in=numeros)
        return self.filter(voulus).select_related("acteur")


class EntreeJournal(models.Model):
    """Une ligne du journal : ajoutée, jamais modifiée."""

    moment = models.DateTimeField("moment", default=horloge.maintenant)
    acteur = models.ForeignKey(
        "socle.Utilisateur",
        verbose_name="auteur",
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="+",
    )
    verbe = models.CharField("action", max_length=80)
    objet_type = models.CharField("type d'objet", max_length=80)
    objet_id = models.CharField("objet", max_length=40)
    objet_libelle = models.CharField("libellé", max_length=200)
    motif = models.TextField("motif", blank=True)
    details = models.JSONField("détails", default=dict, blank=True)
    rang = models.BigIntegerField("rang", null=True, unique=True, editable=False)
    precedente = models.CharField("empreinte précédente", max_length=64, default="", editable=False)
    empreinte = models.CharField("empreinte", max_length=64, default="", editable=False)

    objects = EntreeJournalQuerySet.as_manager()

    class Meta:
        verbose_name = "entrée du journal"
        verbose_name_plural = "journal"
        ordering = ("-moment", "-id")
        indexes = (
            models.Index(fields=["objet_type", "objet_id"], name="journal_objet"),
            models.Index(fields=["-moment", "-id"], name="journal_moment"),
        )
        triggers = (
            pgtrigger.Trigger(
                name="journal_chainer",
                when=pgtrigger.After,
                operation=pgtrigger.Insert,
                timing=pgtrigger.Deferred,
                func=CHAINER,
                declare=[
                    ("derniere", "RECORD"),
                    ("suivant", "BIGINT"),
                    ("contenu", "TEXT"),
                ],
            ),
            pgtrigger.Trigger(
                name="journal_en_ajout_seul",
                when=pgtrigger.Before,
                operation=pgtrigger.Update | pgtrigger.Delete,
                func=REFUSER,
            ),
            pgtrigger.Trigger(
                name="journal_sans_truncate",
                level=pgtrigger.Statement,
                when=pgtrigger.Before,
                operation=pgtrigger.Truncate,
                func="RAISE EXCEPTION 'Le journal ne se vide pas.';",
            ),
        )

    def __str__(self) -> str:
        return f"{self.moment:%Y-%m-%d %H:%M} {self.verbe} {self.objet_libelle}"

    @property
    def phrase(self) -> str:
        """L'action en français, à lire après le nom de la personne."""
        return phrase(self.verbe)
