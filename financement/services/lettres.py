"""Les lettres de décision : préparées, émises une seule fois, transmises."""

import logging
from typing import Any

from django.conf import settings
from django.db import transaction
from django.urls import reverse

from appels.models import Appel, Demande
from financement.documents import contexte_lettre, gabarit_lettre
from financement.models import Decision, Lettre
from socle import horloge
from socle.cycle_de_vie import transitionner
from socle.documents import figer_document
from socle.droits import exiger_permission
from socle.exceptions import RegleViolee
from socle.models import Document, Travail
from socle.sceau import exiger_sceau
from socle.services import courriels, travaux

journal_technique = logging.getLogger(__name__)


@transaction.atomic
def preparer_lettre(*, decision: Decision, travail: Travail | None = None) -> Lettre:
    """La lettre en cours de ``decision``, créée au besoin."""
    lettre, _ = Lettre.objects.get_or_create(
        decision=decision, remplacee_le=None, defaults={"travail": travail}
    )
    if travail is not None and lettre.travail_id != travail.pk:
        lettre.travail = travail
        lettre.save(update_fields=["travail"])
    return lettre


def decisions_sans_lettre(appel: Appel) -> Any:
    """Les décisions en vigueur dont la lettre n'est pas encore transmise."""
    return (
        Decision.objects.filter(demande__appel=appel, en_vigueur=True)
        .exclude(lettres__etat="transmise", lettres__remplacee_le=None)
        # Un avenant change le montant d'une décision déjà annoncée : il est sa propre lettre.
        .exclude(conventions__avenants__etat="signe", conventions__avenants__montant__gt=0)
        .select_related("demande__organisme", "demande__appel")
        .order_by("demande__code")
    )


@transaction.atomic
def preparer_lot(*, acteur: Any, appel: Appel) -> Travail:
    """Confie à un ouvrier l'émission de toutes les lettres qui manquent."""
    exiger_permission(acteur, "lettre.lot", appel)
    exiger_sceau()
    parametres = {"appel": appel.pk}
    Appel.objects.select_for_update(no_key=True).get(pk=appel.pk)
    if travail := travaux.deja_confie(acteur=acteur, nature="lettres", parametres=parametres):
        return travail
    decisions = list(decisions_sans_lettre(appel))
    if not decisions:
        raise RegleViolee("Toutes les lettres sont déjà transmises.", code="rien")
    travail = travaux.creer_travail(
        acteur=acteur,
        nature="lettres",
        titre=f"Lettres de l'appel {appel.code}",
        total=len(decisions),
        parametres=parametres,
        retour=reverse("ville:lettres", kwargs={"code": appel.code}),
    )
    for decision in decisions:
        preparer_lettre(decision=decision, travail=travail)
    transaction.on_commit(lambda: _confier(travail.pk))
    return travail


def _confier(travail_id: int) -> None:
    from financement.tasks import emettre_lettres

    emettre_lettres.delay(travail_id)


def emettre_lot(*, travail: Travail) -> None:
    """Émet les lettres du lot une à une. Relancé, il ne refait pas ce qui est fait."""
    travaux.commencer(travail=travail)
    acteur = travail.cree_par
    lettres = travail.lettres.select_related("decision__demande").order_by("pk")
    for rang, lettre in enumerate(lettres, start=1):
        if lettre.etat != Lettre.Etat.TRANSMISE:
            try:
                emettre_lettre(acteur=acteur, lettre=lettre)
            except RegleViolee as refus:
                travaux.noter_erreur(
                    travail=travail, libelle=lettre.demande.reference, erreur=refus.message
                )
            except Exception:
                # Une lettre qui ne se rend pas n'arrête pas les autres ; la page le dit.
                journal_technique.exception("Lettre de %s", lettre.demande.reference)
                travaux.noter_erreur(
                    travail=travail,
                    libelle=lettre.demande.reference,
                    erreur="La lettre n'a pas pu être produite.",
                )
        travaux.fixer_avancement(travail=travail, faits=rang)
    travaux.finir(travail=travail)


@transaction.atomic
def emettre_lettre(*, acteur: Any, lettre: Lettre) -> Lettre:
    """Fige la lettre (HTML, PDF, SHA-256), annonce la décision et l'envoie.

    La ligne est verrouillée : deux ouvriers sur la même lettre ne font qu'une lettre et qu'un
    courriel.
    """
    lettre = (
        Lettre.objects.select_for_update(no_key=True, of=("self",))
        .select_related("decision__demande__organisme", "decision__demande__appel")
        .get(pk=lettre.pk)
    )
    if lettre.etat == Lettre.Etat.TRANSMISE:
        return lettre
    decision, demande = lettre.decision, lettre.decision.demande
    if not decision.en_vigueur:
        raise RegleViolee("Cette décision a été remplacée.", code="remplacee")
    if lettre.etat == Lettre.Etat.PREPAREE:
        document = figer_document(
            nature=Document.Nature.LETTRE,
            objet=lettre,
            gabarit=gabarit_lettre(decision),
            contexte=contexte_lettre(lettre),
            titre=f"Lettre de décision — {demande.reference}",
            acteur=acteur,
        )
        lettre = transitionner(lettre, "emettre", acteur=acteur, champs={"document": document})
        Demande.objects.filter(pk=demande.pk).update(etat_annonce=decision.resultat)
    _ecrire(lettre, demande)
    return transitionner(lettre, "transmettre", acteur=acteur)


def _ecrire(lettre: Lettre, demande: Demande) -> None:
    with lettre.document.pdf.open("rb") as fichier:
        octets = fichier.read()
    courriels.envoyer(
        gabarit="lettre_decision",
        destinataires=courriels.adresses_organisme(demande.organisme),
        objet=f"Décision de la Ville — {demande.titre}",
        contexte={
            "demande": demande,
            "lien": settings.SITE_URL
            + reverse("organisme:demande", kwargs={"reference": demande.reference}),
        },
        pieces=[(f"lettre-{demande.reference}.pdf", octets, "application/pdf")],
    )


@transaction.atomic
def remplacer_lettre(*, acteur: Any, lettre: Lettre) -> Lettre:
    """Prépare une nouvelle lettre ; l'ancienne reste, marquée remplacée."""
    exiger_permission(acteur, "lettre.emettre", lettre)
    lettre.remplacee_le = horloge.maintenant()
    lettre.save(update_fields=["remplacee_le"])
    return preparer_lettre(decision=lettre.decision)
