"""La fin d'un projet : aide finale, solde, récupération, fermeture (regles.md, 12)."""

import datetime as dt
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from django.conf import settings
from django.db import transaction
from django.urls import reverse

from appels.models import Demande
from financement.documents import contexte_fermeture
from financement.models import Convention, Rapport, Recuperation
from financement.montants import a_recuperer, aide_finale
from socle import horloge
from socle.cycle_de_vie import transitionner
from socle.documents import figer_document
from socle.droits import exiger_permission
from socle.exceptions import RegleViolee
from socle.journal import journaliser
from socle.models import Document
from socle.services import courriels

ZERO = Decimal("0.00")
A_FAIRE = ("prevu", "exigible", "autorise", "retenu")
DELAI_REMBOURSEMENT_JOURS = 30


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
        verse=sum((m.montant for m in demande.mouvements.all() if m.nature == "versement"), ZERO),
    )


@transaction.atomic
def regler_solde(*, acteur: Any, demande: Demande) -> Solde:
    """Ajuste les versements qui restent à ce qui est dû, ou réclame le trop-versé par lettre.

    Refaite, elle ne réclame pas deux fois et n'écrit pas deux lettres.
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
            document=_ecrire_lettre(acteur=acteur, demande=demande, final=final, solde=solde),
        )
        journaliser(
            acteur=acteur,
            verbe="recuperation.reclamer",
            objet=demande,
            details={"montant": str(recuperation.montant)},
        )
    return solde


def _ajuster_versements(convention: Convention, du: Decimal) -> None:
    """Réduit ou annule, dans l'ordre, les versements pas encore proposés."""
    reste = du - sum(
        (v.montant for v in convention.versements.all() if v.etat in {"exigible", "autorise"}), ZERO
    )
    if reste < 0:
        raise RegleViolee(
            "Un versement proposé ou autorisé dépasse ce qui reste dû : retenez-le d'abord.",
            code="versement",
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
    """Ferme la demande : rapport final accepté, solde réglé ; la convention est échue.

    L'organisme reçoit sa lettre de fermeture, sauf s'il l'a déjà eue avec la réclamation.
    """
    exiger_permission(acteur, "demande.fermer", demande)
    for convention in demande.conventions.filter(etat="en_vigueur"):
        if convention.versements.filter(etat__in=A_FAIRE).exists():
            raise RegleViolee("Un versement reste à faire.", code="solde")
        reclame = sum((r.montant for r in demande.recuperations.all()), ZERO)
        if calculer_solde(demande).a_recuperer > reclame:
            raise RegleViolee(
                "Le trop-versé n'est pas encore réclamé : réglez d'abord le solde.", code="solde"
            )
    demande = transitionner(demande, "fermer", acteur=acteur)
    for convention in demande.conventions.filter(etat="en_vigueur"):
        transitionner(convention, "terminer", acteur=acteur)
    if not lettres_de_fermeture(demande).exists():
        final = demande.rapports.get(nature="final")
        _ecrire_lettre(acteur=acteur, demande=demande, final=final, solde=calculer_solde(demande))
    return demande


def lettres_de_fermeture(demande: Demande) -> Any:
    """Les lettres de fermeture émises pour ``demande``, la plus récente d'abord."""
    return Document.objects.pour(demande).filter(nature=Document.Nature.RECUPERATION)


def _ecrire_lettre(*, acteur: Any, demande: Demande, final: Rapport, solde: Solde) -> Document:
    """Fige la lettre qui dit le calcul ligne par ligne, et l'envoie à l'organisme."""
    echeance = horloge.aujourdhui() + dt.timedelta(days=DELAI_REMBOURSEMENT_JOURS)
    document = figer_document(
        nature=Document.Nature.RECUPERATION,
        objet=demande,
        gabarit="pdf/lettre_recuperation.html",
        contexte=contexte_fermeture(
            convention=_convention(demande),
            final=final,
            solde=solde,
            echeance=echeance if solde.a_recuperer else None,
        ),
        titre=f"Lettre de fermeture — {demande.reference}",
        acteur=acteur,
    )
    with document.pdf.open("rb") as fichier:
        octets = fichier.read()
    courriels.envoyer(
        gabarit="lettre_fermeture",
        destinataires=courriels.adresses_organisme(demande.organisme),
        objet=f"Fermeture de votre projet — {demande.titre}",
        contexte={
            "demande": demande,
            "solde": solde,
            "echeance": echeance,
            "lien": settings.SITE_URL
            + reverse("organisme:demande", kwargs={"reference": demande.reference}),
        },
        pieces=[(f"fermeture-{demande.reference}.pdf", octets, "application/pdf")],
    )
    return document
