"""La fin d'un projet : aide finale, solde, récupération, fermeture (regles.md, 12)."""

from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from django.db import transaction

from appels.models import Demande
from financement.models import Convention, Rapport, Recuperation
from financement.montants import a_recuperer, aide_finale
from socle import horloge
from socle.cycle_de_vie import transitionner
from socle.droits import exiger_permission
from socle.exceptions import RegleViolee
from socle.journal import journaliser

ZERO = Decimal("0.00")


@dataclass(frozen=True)
class Solde:
    """Ce que la fin d'un projet doit, en dollars."""

    accorde: Decimal
    depenses_declarees: Decimal
    depenses_admissibles: Decimal
    autres_aides: Decimal
    aide_finale: Decimal
    verse: Decimal

    @property
    def depenses_refusees(self) -> Decimal:
        return self.depenses_declarees - self.depenses_admissibles

    @property
    def a_recuperer(self) -> Decimal:
        return a_recuperer(verse=self.verse, aide=self.aide_finale)

    @property
    def a_verser(self) -> Decimal:
        return max(self.aide_finale - self.verse, ZERO)


def _convention(demande: Demande) -> Convention:
    for convention in demande.conventions.all():
        if convention.etat in {"en_vigueur", "echue"}:
            return convention
    raise RegleViolee("Aucune convention n'est en vigueur pour cette demande.", code="convention")


def calculer_solde(demande: Demande) -> Solde:
    """Le solde d'après le rapport final déposé ou accepté. Lève ``RegleViolee`` sans lui."""
    final = next((r for r in demande.rapports.all() if r.nature == Rapport.Nature.FINAL), None)
    if final is None or final.etat not in {"depose", "accepte"}:
        raise RegleViolee("Le rapport final n'est pas encore déposé.", code="rapport")
    convention = _convention(demande)
    depenses = list(final.depenses.all())
    admissibles = sum((d.montant for d in depenses if d.admissible), ZERO)
    autres = final.autres_aides_publiques or ZERO
    appel = demande.appel
    return Solde(
        accorde=convention.montant,
        depenses_declarees=sum((d.montant for d in depenses), ZERO),
        depenses_admissibles=admissibles,
        autres_aides=autres,
        aide_finale=aide_finale(
            accorde=convention.montant,
            depenses_admissibles=admissibles,
            autres_aides=autres,
            taux=appel.taux_aide_max,
            cumul=appel.cumul_public_max,
        ),
        verse=sum((v.montant for v in convention.versements.all() if v.etat == "verse"), ZERO),
    )


@transaction.atomic
def regler_solde(*, acteur: Any, demande: Demande) -> Solde:
    """Ajuste les versements qui restent à ce qui est dû, ou réclame le trop-versé.

    Refaite, elle ne réclame pas deux fois.
    """
    exiger_permission(acteur, "recuperation.reclamer", demande)
    demande = Demande.objects.select_for_update(no_key=True).get(pk=demande.pk)
    final = demande.rapports.filter(nature="final", etat="accepte").first()
    if final is None:
        raise RegleViolee("Le rapport final n'est pas encore accepté.", code="rapport")
    solde = calculer_solde(demande)
    _ajuster_versements(_convention(demande), solde.a_verser)
    if solde.a_recuperer and not demande.recuperations.exists():
        recuperation = Recuperation.objects.create(
            demande=demande,
            montant=solde.a_recuperer,
            motif="Versé au-delà de l'aide finale.",
            reclamee_le=horloge.maintenant(),
        )
        journaliser(
            acteur=acteur,
            verbe="recuperation.reclamer",
            objet=demande,
            details={"montant": str(recuperation.montant)},
        )
    return solde


def _ajuster_versements(convention: Convention, du: Decimal) -> None:
    """Réduit ou annule, dans l'ordre, les versements pas encore autorisés."""
    reste = du - sum(
        (v.montant for v in convention.versements.all() if v.etat in {"exigible", "autorise"}), ZERO
    )
    for versement in convention.versements.filter(etat__in=["prevu", "retenu"]).order_by("no"):
        if reste <= 0:
            transitionner(
                versement,
                "annuler",
                acteur=None,
                motif="Aide finale atteinte",
                champs={"motif": "Aide finale atteinte."},
            )
        elif versement.montant > reste:
            versement.montant = reste
            versement.motif = "Ramené à ce qui reste dû."
            versement.save(update_fields=["montant", "motif"])
            reste = ZERO
        else:
            reste -= versement.montant


def encaisser_recuperation(*, acteur: Any, recuperation: Recuperation) -> Recuperation:
    """La somme est revenue."""
    return transitionner(recuperation, "encaisser", acteur=acteur)


def radier_recuperation(*, acteur: Any, recuperation: Recuperation, motif: str) -> Recuperation:
    """La somme ne sera pas récupérée, avec un motif."""
    if not motif.strip():
        raise RegleViolee("Écrivez le motif de la radiation.", champ="motif")
    return transitionner(
        recuperation, "radier", acteur=acteur, motif=motif, champs={"motif": motif[:300]}
    )


@transaction.atomic
def fermer_demande(*, acteur: Any, demande: Demande) -> Demande:
    """Ferme la demande : rapport final accepté, solde réglé ; la convention est échue."""
    for convention in demande.conventions.filter(etat="en_vigueur"):
        if convention.versements.filter(etat__in=["prevu", "exigible", "autorise"]).exists():
            raise RegleViolee("Un versement reste à faire.", code="solde")
    demande = transitionner(demande, "fermer", acteur=acteur)
    for convention in demande.conventions.filter(etat="en_vigueur"):
        transitionner(convention, "terminer", acteur=acteur)
    return demande
