from typing import Any

import pgtrigger
from django.db import models
from django.db.models import F, Q

from appels.models import Demande
from financement.cycle_de_vie import CycleDeVieConvention, CycleDeVieVersement
from financement.models.ecritures import (
    CONVENTION,
    VERSEMENT,
    a_l_ecriture,
    garder_ce_qui_est_inscrit,
)
from socle import horloge


class ConventionQuerySet(models.QuerySet):
    def visibles_par(self, utilisateur: Any) -> "ConventionQuerySet":
        """L'organisme la voit une fois transmise ; les employés, sauf récusation."""
        if not utilisateur.is_authenticated:
            return self.none()
        visibles = Q(demande__organisme_id__in=utilisateur.organismes_ids) & ~Q(etat="brouillon")
        if utilisateur.est_employe:
            visibles |= Q(demande__in=Demande.objects.sans_recusation(utilisateur))
        return self.filter(visibles)


class Convention(CycleDeVieConvention):
    """La convention d'aide financière d'une demande acceptée."""

    demande = models.ForeignKey(
        "appels.Demande", on_delete=models.PROTECT, related_name="conventions"
    )
    decision = models.ForeignKey(
        "financement.Decision", on_delete=models.PROTECT, related_name="conventions"
    )
    numero = models.CharField("numéro", max_length=70, unique=True)
    montant = models.DecimalField("montant", max_digits=12, decimal_places=2)
    debut = models.DateField("début")
    fin = models.DateField("fin")
    # Nom de case (« par_genre:femmes ») → nombre à atteindre ; un avenant signé le change.
    resultats_attendus = models.JSONField("résultats attendus", default=dict, blank=True)
    modele = models.ForeignKey(
        "financement.ModeleDocument",
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="conventions",
    )
    # Ce que les parties signent ; puis le même texte avec la page des preuves de signature.
    document = models.ForeignKey(
        "socle.Document",
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="+",
    )
    document_signe = models.ForeignKey(
        "socle.Document",
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="+",
    )
    signataire_nom = models.CharField("signataire pour l'organisme", max_length=120, blank=True)
    signataire_titre = models.CharField("titre du signataire", max_length=120, blank=True)
    signature_papier = models.BooleanField("signée sur papier", default=False)
    creee_le = models.DateTimeField(default=horloge.maintenant, editable=False)
    transmise_le = models.DateTimeField("transmission", null=True, blank=True, editable=False)
    signee_le = models.DateTimeField("signature", null=True, blank=True, editable=False)
    signee_par = models.ForeignKey(
        "socle.Utilisateur",
        null=True,
        on_delete=models.PROTECT,
        related_name="+",
        editable=False,
    )
    en_vigueur_le = models.DateTimeField("entrée en vigueur", null=True, blank=True, editable=False)
    en_vigueur_par = models.ForeignKey(
        "socle.Utilisateur",
        null=True,
        on_delete=models.PROTECT,
        related_name="+",
        editable=False,
    )

    objects = ConventionQuerySet.as_manager()

    class Meta:
        verbose_name = "convention"
        ordering = ("numero",)
        constraints = (
            models.UniqueConstraint(
                fields=["demande"],
                condition=~Q(etat="resiliee"),
                name="convention_active_unique",
            ),
            models.CheckConstraint(name="convention_montant_positif", condition=Q(montant__gt=0)),
            models.CheckConstraint(
                name="convention_fin_apres_debut", condition=Q(fin__gte=F("debut"))
            ),
            models.CheckConstraint(
                name="convention_signee_datee",
                condition=Q(etat__in=["brouillon", "transmise", "resiliee"])
                | (Q(signee_le__isnull=False) & ~Q(signataire_nom="")),
            ),
        )
        triggers = (
            a_l_ecriture(
                "convention_au_grand_livre",
                CONVENTION,
                declare=[("le_volet", "BIGINT"), ("deja", "NUMERIC")],
            ),
            garder_ce_qui_est_inscrit("convention_gardee"),
        )

    def __str__(self) -> str:
        return f"Convention {self.numero}"


VERSEMENTS_SOUS_CONVENTION = """
    PERFORM 1 FROM financement_convention WHERE id = NEW.convention_id FOR NO KEY UPDATE;
    IF (SELECT COALESCE(SUM(montant), 0) FROM financement_versement
        WHERE convention_id = NEW.convention_id AND etat <> 'annule'
          AND id IS DISTINCT FROM NEW.id)
       + (CASE WHEN NEW.etat = 'annule' THEN 0 ELSE NEW.montant END)
       > (SELECT montant FROM financement_convention WHERE id = NEW.convention_id) THEN
        RAISE EXCEPTION 'Les versements dépassent le montant de la convention.'
            USING ERRCODE = 'check_violation', CONSTRAINT = 'versements_sous_convention';
    END IF;
    RETURN NEW;
"""


class Versement(CycleDeVieVersement):
    """Un versement de la convention ; celui qui autorise n'est pas celui qui propose."""

    class Condition(models.TextChoices):
        SIGNATURE = "signature", "À la signature de la convention"
        RAPPORT_ETAPE = "etape", "À l'acceptation du rapport d'étape"
        RAPPORT_FINAL = "final", "À l'acceptation du rapport final"

    convention = models.ForeignKey(Convention, on_delete=models.PROTECT, related_name="versements")
    no = models.PositiveSmallIntegerField("numéro")
    montant = models.DecimalField("montant", max_digits=12, decimal_places=2)
    condition = models.CharField("exigible", max_length=12, choices=Condition)
    lot = models.ForeignKey(
        "financement.LotPaiement",
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="versements",
    )
    propose_le = models.DateTimeField(null=True, blank=True, editable=False)
    propose_par = models.ForeignKey(
        "socle.Utilisateur",
        null=True,
        on_delete=models.PROTECT,
        related_name="+",
        editable=False,
    )
    autorise_le = models.DateTimeField(null=True, blank=True, editable=False)
    autorise_par = models.ForeignKey(
        "socle.Utilisateur",
        null=True,
        on_delete=models.PROTECT,
        related_name="+",
        editable=False,
    )
    verse_le = models.DateTimeField("versé", null=True, blank=True, editable=False)
    verse_par = models.ForeignKey(
        "socle.Utilisateur",
        null=True,
        on_delete=models.PROTECT,
        related_name="+",
        editable=False,
    )
    reference = models.CharField("référence du paiement", max_length=60, blank=True)
    motif = models.CharField("motif de la retenue ou de l'annulation", max_length=300, blank=True)

    class Meta:
        verbose_name = "versement"
        ordering = ("convention", "no")
        constraints = (
            models.UniqueConstraint(fields=["convention", "no"], name="versement_numero_unique"),
            models.CheckConstraint(name="versement_positif", condition=Q(montant__gte=0)),
            models.CheckConstraint(
                name="versement_autorise_par_un_autre",
                condition=Q(autorise_par__isnull=True) | ~Q(autorise_par=F("propose_par")),
            ),
            models.CheckConstraint(
                name="versement_verse_autorise",
                condition=~Q(etat="verse")
                | Q(
                    propose_par__isnull=False,
                    autorise_par__isnull=False,
                    verse_le__isnull=False,
                ),
            ),
        )
        triggers = (
            pgtrigger.Trigger(
                name="versements_sous_convention",
                when=pgtrigger.Before,
                operation=pgtrigger.Insert | pgtrigger.Update,
                func=VERSEMENTS_SOUS_CONVENTION,
            ),
            a_l_ecriture(
                "versement_au_grand_livre",
                VERSEMENT,
                declare=[("le_volet", "BIGINT"), ("la_demande", "BIGINT")],
            ),
            garder_ce_qui_est_inscrit("versement_garde"),
        )

    def __str__(self) -> str:
        return f"Versement {self.no} — {self.convention.numero}"

    @property
    def demande(self) -> Any:
        return self.convention.demande

    @property
    def coordonnees(self) -> Any:
        """Les coordonnées bancaires de l'organisme, ou None : il est alors payé par chèque."""
        return getattr(self.demande.organisme, "coordonnees_bancaires", None)

    @property
    def rapports_en_retard(self) -> list[Any]:
        """Les rapports du projet qui auraient dû arriver : ils bloquent tout versement."""
        return [rapport for rapport in self.demande.rapports.all() if rapport.est_en_retard]

    @property
    def est_a_payer(self) -> bool:
        """Autorisé, et sa convention vaut encore : ce que le service des finances peut payer."""
        return self.etat == self.Etat.AUTORISE and self.convention.etat == "en_vigueur"

    @property
    def est_condition_remplie(self) -> bool:
        if self.condition == self.Condition.SIGNATURE:
            return True
        # Les rapports se préchargent : une liste de versements ne les demande pas un à un.
        return any(
            rapport.nature == self.condition and rapport.etat == "accepte"
            for rapport in self.demande.rapports.all()
        )
