"""La fin d'un projet : aide finale, solde, récupération, fermeture (regles.md, 12)."""

import datetime as dt
from decimal import Decimal
from typing import Any

from django.conf import settings
from django.db import transaction
from django.db.models import F
from django.urls import reverse

from appels.models import Demande
from financement.champs_suites import FinDeProjet
from financement.models import Convention, LettreFermeture, Rapport, Recuperation, Versement
from financement.services.modeles import figer_lettre
from financement.solde import DepenseJugee, Solde, ramener
from socle import horloge
from socle.cycle_de_vie import transitionner
from socle.droits import exiger_permission
from socle.exceptions import RegleViolee
from socle.journal import journaliser
from socle.models import Document
from socle.services import courriels

ZERO = Decimal("0.00")
A_FAIRE = ("prevu", "exigible", "autorise", "retenu")
DELAI_REMBOURSEMENT_JOURS = 30


def _convention(demande: Demande) -> Convention:
    for convention in demande.conventions.all():
        if convention.etat in {"en_vigueur", "echue"}:
            return convention
    raise RegleViolee(
        "Aucune convention n'est en vigueur. Faites-la signer d'abord.",
        code="convention",
    )


def calculer_solde(demande: Demande) -> Solde:
    """Le solde d'après le rapport final déposé ou accepté. Lève ``RegleViolee`` sans lui."""
    final = next((r for r in demande.rapports.all() if r.nature == Rapport.Nature.FINAL), None)
    if final is None or final.etat not in {"depose", "accepte"}:
        raise RegleViolee(
            "Le rapport final n'est pas encore déposé. Attendez son dépôt.",
            code="rapport",
        )
    convention = _convention(demande)
    appel = demande.appel
    return Solde(
        prevu=demande.budget().admissible,
        accorde=convention.montant,
        depenses=tuple(
            DepenseJugee(str(d), d.montant, d.admissible, d.motif_refus)
            for d in final.depenses.all()
        ),
        autres_aides=final.autres_aides_publiques or ZERO,
        taux_aide=appel.taux_aide_max,
        taux_cumul=appel.cumul_public_max,
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
    """Ramène à ce qui reste dû les versements pas encore proposés ; en ajoute un s'il en manque."""
    versements = list(convention.versements.order_by("no"))
    proposes = sum((v.montant for v in versements if v.etat in {"exigible", "autorise"}), ZERO)
    if proposes > du:
        raise RegleViolee(
            "Un versement proposé ou autorisé dépasse ce qui reste dû : retenez-le d'abord.",
            code="versement",
        )
    a_faire = [v for v in versements if v.etat in {"prevu", "retenu"}]
    montants, manque = ramener([v.montant for v in a_faire], du - proposes)
    for versement, montant in zip(a_faire, montants, strict=True):
        if not montant:
            transitionner(
                versement,
                "annuler",
                acteur=None,
                motif="Aide finale atteinte",
                champs={"motif": "Aide finale atteinte."},
            )
        elif montant < versement.montant:
            versement.montant = montant
            versement.motif = "Ramené à ce qui reste dû."
            versement.save(update_fields=["montant", "motif"])
    if manque:
        # Un versement annulé en route : l'aide finale se verse quand même en entier.
        Versement.objects.create(
            convention=convention,
            no=versements[-1].no + 1 if versements else 1,
            montant=manque,
            condition=Versement.Condition.RAPPORT_FINAL,
        )


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


def exiger_solde_regle(demande: Demande) -> None:
    """Lève ``RegleViolee``, avec ce qui reste à faire, si le projet n'est pas accepté et soldé."""
    if not demande.rapports.filter(nature="final", etat="accepte").exists():
        raise RegleViolee(
            "Le rapport final n'est pas encore accepté : examinez-le d'abord.", code="rapport"
        )
    for convention in demande.conventions.filter(etat="en_vigueur"):
        if convention.versements.filter(etat__in=A_FAIRE).exists():
            raise RegleViolee(
                "Un versement reste à faire : réglez le solde, puis payez ce qui est dû.",
                code="solde",
            )
        reclame = sum((r.montant for r in demande.recuperations.all()), ZERO)
        solde = calculer_solde(demande)
        if solde.a_recuperer > reclame:
            raise RegleViolee(
                "Le trop-versé n'est pas encore réclamé : réglez d'abord le solde.", code="solde"
            )
        if solde.a_verser:
            raise RegleViolee(
                "L'aide finale n'est pas toute versée : réglez d'abord le solde.", code="solde"
            )


@transaction.atomic
def fermer_demande(*, acteur: Any, demande: Demande) -> Demande:
    """Ferme la demande : rapport final accepté, solde réglé ; la convention est échue.

    L'organisme reçoit sa lettre de fermeture, sauf s'il l'a déjà eue avec la réclamation.
    """
    exiger_permission(acteur, "demande.fermer", demande)
    exiger_solde_regle(demande)
    demande = transitionner(demande, "fermer", acteur=acteur)
    for convention in demande.conventions.filter(etat="en_vigueur"):
        transitionner(convention, "terminer", acteur=acteur)
    if not lettres_de_fermeture(demande).exists():
        final = demande.rapports.get(nature="final")
        _ecrire_lettre(acteur=acteur, demande=demande, final=final, solde=calculer_solde(demande))
    return demande


def lettres_de_fermeture(demande: Demande) -> Any:
    """Les lettres de fermeture émises pour ``demande``, la plus récente d'abord.

    Chacune avec ``version`` et ``modele_de_l_appel`` ; None pour une lettre qui ne les inscrit pas.
    """
    return (
        Document.objects.pour(demande)
        .filter(nature=Document.Nature.RECUPERATION)
        .annotate(
            version=F("lettre_fermeture__modele__version"),
            modele_de_l_appel=F("lettre_fermeture__modele__appel"),
        )
    )


def _ecrire_lettre(*, acteur: Any, demande: Demande, final: Rapport, solde: Solde) -> Document:
    """Fige la lettre qui dit le calcul ligne par ligne, selon son modèle, et l'envoie.

    Lève ``RegleViolee`` (``champ_vide``) quand le modèle demande ce que la fermeture n'a pas.
    """
    echeance = horloge.aujourdhui() + dt.timedelta(days=DELAI_REMBOURSEMENT_JOURS)
    fin = FinDeProjet(_convention(demande), final, solde, echeance if solde.a_recuperer else None)
    document, modele = figer_lettre(
        objet=demande,
        sujet=fin,
        genre=fin.genre,
        nature=Document.Nature.RECUPERATION,
        reference=f"F-{demande.reference}",
        titre=f"Lettre de fermeture — {demande.reference}",
        acteur=acteur,
    )
    LettreFermeture.objects.create(document=document, demande=demande, modele=modele)
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
