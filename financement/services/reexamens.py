"""Le réexamen : sur la procédure, dans son délai, par une autre personne (regles.md, 14)."""

import datetime as dt
from typing import Any

from django.conf import settings
from django.db import IntegrityError, transaction
from django.urls import reverse

from appels.models import Demande
from financement.documents_fusionnes import reference_de_reponse
from financement.models import Lettre, Reexamen
from financement.services.decisions import retirer_decision
from financement.services.modeles import figer_lettre
from socle import horloge
from socle.cycle_de_vie import transitionner
from socle.droits import exiger_permission
from socle.exceptions import RegleViolee
from socle.journal import journaliser
from socle.models import Document, Utilisateur
from socle.models.utilisateur import ROLES_EMPLOYE
from socle.services import courriels


def limite_reexamen(demande: Demande) -> dt.date | None:
    """Le dernier jour pour demander un réexamen, ou None si rien ne peut l'être."""
    if demande.etat == Demande.Etat.IRRECEVABLE:
        depart = demande.irrecevable_le
    else:
        lettre = (
            Lettre.objects.filter(
                decision__demande=demande, decision__en_vigueur=True, emise_le__isnull=False
            )
            .order_by("-emise_le")
            .first()
        )
        depart = lettre.emise_le if lettre and demande.etat == Demande.Etat.REFUSEE else None
    if depart is None:
        return None
    return demande.appel.fin_du_reexamen(depart)


@transaction.atomic
def demander_reexamen(*, acteur: Any, demande: Demande, motifs: str) -> Reexamen:
    """L'organisme demande un réexamen dans le délai qui suit sa lettre."""
    exiger_permission(acteur, "reexamen.demander", demande)
    limite = limite_reexamen(demande)
    if limite is None:
        raise RegleViolee("Cette demande ne peut pas être réexaminée.", code="etat")
    if horloge.aujourdhui() > limite:
        raise RegleViolee("Le délai pour demander un réexamen est passé.", code="delai")
    if not motifs.strip():
        raise RegleViolee("Dites quelle erreur de procédure vous invoquez.", champ="motifs")
    try:
        with transaction.atomic():
            reexamen = Reexamen.objects.create(
                demande=demande,
                motifs=motifs.strip(),
                demande_le=horloge.maintenant(),
                demande_par=acteur,
            )
    except IntegrityError:
        raise RegleViolee("Un réexamen est déjà en cours.", code="existe") from None
    journaliser(acteur=acteur, verbe="reexamen.demander", objet=demande, motif=motifs)
    return reexamen


def personnes_libres(reexamen: Reexamen) -> list[Utilisateur]:
    """Les employés qui n'ont pris part à rien de cette demande, et n'en sont pas récusés."""
    employes = Utilisateur.objects.filter(is_active=True, roles__overlap=list(ROLES_EMPLOYE))
    return [
        personne
        for personne in employes.order_by("nom")
        if personne.peut("reexamen.recevoir", reexamen)
    ]


@transaction.atomic
def confier_reexamen(*, acteur: Any, reexamen: Reexamen, personne: Utilisateur) -> Reexamen:
    """Confie l'étude à quelqu'un qui n'a pas pris part à la demande, et l'en prévient."""
    exiger_permission(acteur, "reexamen.confier", reexamen)
    reexamen = Reexamen.objects.select_for_update(no_key=True).get(pk=reexamen.pk)
    if reexamen.etat != Reexamen.Etat.DEMANDE:
        raise RegleViolee(
            "Ce réexamen est déjà tranché. Sa réponse se lit sur sa page.", code="etat"
        )
    if not personne.peut("reexamen.recevoir", reexamen):
        raise RegleViolee(
            f"{personne.nom} a pris part à la recevabilité, à l'évaluation ou à la décision : "
            "choisissez une autre personne.",
            champ="personne",
            code="participe",
        )
    reexamen.confie_a, reexamen.confie_par = personne, acteur
    reexamen.confie_le = horloge.maintenant()
    reexamen.save(update_fields=["confie_a", "confie_le", "confie_par"])
    journaliser(
        acteur=acteur,
        verbe="reexamen.confier",
        objet=reexamen.demande,
        details={"personne": personne.pk},
    )
    courriels.envoyer(
        gabarit="reexamen_confie",
        destinataires=[personne.email],
        objet="Un réexamen vous est confié",
        contexte={
            "reexamen": reexamen,
            "demande": reexamen.demande,
            "lien": settings.SITE_URL + reverse("ville:reexamen", args=[reexamen.pk]),
        },
    )
    return reexamen


@transaction.atomic
def trancher_reexamen(*, acteur: Any, reexamen: Reexamen, suite: str, reponse: str) -> Reexamen:
    """Maintient la décision, ou accueille et rouvre la demande ; par la personne désignée.

    Dans l'ordre : la réponse, la décision retirée et la demande rouverte s'il y a lieu, la lettre
    figée selon le modèle qui vaut, son envoi. La nouvelle décision se prend ensuite comme toute
    autre. Lève ``RegleViolee`` (``champ_vide``) quand le modèle demande ce que le dossier n'a pas.
    """
    if not reponse.strip():
        raise RegleViolee("Écrivez la réponse motivée.", champ="reponse")
    if suite not in {"maintenir", "accueillir"}:
        raise RegleViolee("Choisissez la suite.", champ="suite")
    reexamen = transitionner(
        reexamen,
        suite,
        acteur=acteur,
        motif=reponse,
        champs={
            "reponse": reponse.strip(),
            "tranche_le": horloge.maintenant(),
            "tranche_par": acteur,
        },
    )
    demande = reexamen.demande
    if suite == "accueillir":
        garde = {"deposee_le": demande.deposee_le, "deposee_par": demande.deposee_par}
        retirer_decision(demande)
        transitionner(demande, "rouvrir_apres_reexamen", acteur=acteur, motif=reponse, champs=garde)
    _figer(acteur, reexamen)
    _envoyer(reexamen)
    return reexamen


def _figer(acteur: Any, reexamen: Reexamen) -> None:
    reexamen.document, reexamen.modele = figer_lettre(
        objet=reexamen,
        sujet=reexamen,
        genre=f"reexamen_{reexamen.etat}",
        nature=Document.Nature.REEXAMEN,
        reference=reference_de_reponse(reexamen),
        titre=f"Réponse au réexamen — {reexamen.demande.reference}",
        acteur=acteur,
    )
    reexamen.save(update_fields=["document", "modele"])


def _envoyer(reexamen: Reexamen) -> None:
    demande = reexamen.demande
    with reexamen.document.pdf.open("rb") as fichier:
        octets = fichier.read()
    courriels.envoyer(
        gabarit="reexamen_tranche",
        destinataires=courriels.adresses_organisme(demande.organisme),
        objet=f"Réponse à votre demande de réexamen — {demande.titre}",
        contexte={
            "demande": demande,
            "reexamen": reexamen,
            "lien": settings.SITE_URL
            + reverse("organisme:demande", kwargs={"reference": demande.reference}),
        },
        pieces=[(f"reexamen-{demande.reference}.pdf", octets, "application/pdf")],
    )
