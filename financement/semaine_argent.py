"""« Ma semaine », autour de l'argent : proposer, autoriser, payer, récupérer, fermer."""

from collections.abc import Iterator
from typing import Any

from django.db.models import Count, Max, Q, Sum
from django.urls import reverse

from appels.models import Demande
from appels.regles import dollars
from financement.attente import PAR_SORTE, Attente
from financement.models import LotPaiement, Recuperation, Versement
from financement.services.versements import est_autorisable_par
from socle import horloge
from socle.templatetags.affichage import pluriel


def versements_a_proposer(personne: Any) -> Iterator[Attente]:
    for versement in _versements(personne, "prevu", "retenu")[: PAR_SORTE * 2]:
        if versement.est_condition_remplie and not versement.rapports_en_retard:
            yield _attente_versement(versement, "à proposer", "Proposer")


def a_autoriser(personne: Any) -> Iterator[Attente]:
    """Les versements que cette personne-là peut autoriser maintenant."""
    for versement in _versements(personne, "exigible")[: PAR_SORTE * 2]:
        if est_autorisable_par(personne, versement):
            yield _attente_versement(versement, "à autoriser", "Autoriser")


def a_payer(personne: Any) -> Iterator[Attente]:
    """Un versement se paie à sa ligne ; plusieurs se réunissent en un lot."""
    libres = [
        versement
        for versement in _versements(personne, "autorise").filter(lot=None)
        if not versement.rapports_en_retard
    ]
    if len(libres) == 1:
        yield _attente_versement(libres[0], "à payer", "Payer")
    elif libres:
        yield Attente(
            "Paiements",
            f"{len(libres)} versements à payer",
            f"{dollars(sum(versement.montant for versement in libres))} en tout",
            reverse("ville:paiements"),
            "Payer",
            horloge.jour_de(min(versement.autorise_le for versement in libres)),
            est_echeance=False,
        )


def lots_remis(personne: Any) -> Iterator[Attente]:
    """Les lots dont un paiement n'est pas encore inscrit."""
    a_payer = Q(versements__etat="autorise", versements__convention__etat="en_vigueur")
    lots = (
        LotPaiement.objects.visibles_par(personne)
        .filter(annule_le=None)
        .annotate(
            reste=Count("versements", filter=a_payer),
            somme=Sum("versements__montant", filter=a_payer),
        )
    )
    for lot in lots.filter(reste__gt=0).order_by("cree_le")[:PAR_SORTE]:
        yield Attente(
            "Lot de paiements",
            lot.numero,
            f"{lot.reste} paiement{pluriel(lot.reste)} à inscrire, {dollars(lot.somme)}",
            reverse("ville:lot_paiement", args=[lot.pk]),
            "Inscrire",
            horloge.jour_de(lot.cree_le),
            est_echeance=False,
        )


def a_encaisser(personne: Any) -> Iterator[Attente]:
    for recuperation in Recuperation.objects.filter(
        etat="reclamee", demande__in=Demande.objects.sans_recusation(personne)
    ).select_related("demande__organisme")[:PAR_SORTE]:
        yield Attente(
            "Récupération",
            recuperation.demande.titre,
            f"{recuperation.demande.organisme} — {dollars(recuperation.montant)} réclamés",
            reverse("ville:fermeture", args=[recuperation.demande.reference]),
            "Suivre",
            horloge.jour_de(recuperation.reclamee_le),
            est_echeance=False,
        )


def soldes(personne: Any) -> Iterator[Attente]:
    """Les projets au rapport final accepté, quand personne d'autre n'a plus à agir."""
    demandes = (
        Demande.objects.sans_recusation(personne)
        .filter(etat="conventionnee")
        .annotate(
            fini_le=Max(
                "rapports__accepte_le",
                filter=Q(rapports__nature="final", rapports__etat="accepte"),
            )
        )
        .filter(fini_le__isnull=False)
        .exclude(recuperations__etat="reclamee")
        .exclude(conventions__versements__etat__in=["exigible", "autorise"])
        .select_related("organisme")
    )
    for demande in demandes.order_by("fini_le")[:PAR_SORTE]:
        yield Attente(
            "Solde et fermeture",
            demande.titre,
            f"{demande.organisme} — rapport final accepté",
            reverse("ville:fermeture", args=[demande.reference]),
            "Fermer",
            horloge.jour_de(demande.fini_le),
            est_echeance=False,
        )


def _versements(personne: Any, *etats: str) -> Any:
    return (
        Versement.objects.filter(etat__in=etats, convention__etat="en_vigueur")
        .filter(convention__demande__in=Demande.objects.sans_recusation(personne))
        .select_related("convention__demande__organisme")
        .prefetch_related("convention__demande__rapports")
        .order_by("convention__debut", "no")
    )


def _attente_versement(versement: Versement, detail: str, action: str) -> Attente:
    demande = versement.demande
    return Attente(
        "Versement",
        demande.titre,
        f"{demande.organisme} — versement {versement.no} de {dollars(versement.montant)}, {detail}",
        reverse("ville:versements") + f"?reference={demande.reference}",
        action,
        horloge.jour_de(versement.autorise_le or versement.propose_le),
        est_echeance=False,
    )
