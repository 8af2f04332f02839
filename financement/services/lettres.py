"""Les lettres de décision : préparées, émises une seule fois, transmises, remplacées."""

from typing import Any

from django.db import transaction
from django.db.models import Count, Exists, OuterRef, QuerySet

from appels.models import Appel, Demande
from financement.champs_fusion import Valeurs
from financement.documents_fusionnes import champs_vides, contexte_lettre, reference_de_lettre
from financement.models import Convention, Decision, Lettre
from financement.services import envois
from financement.services.modeles import fixer_modele, lire_modele
from socle import horloge
from socle.cycle_de_vie import transitionner
from socle.documents import figer_document
from socle.droits import exiger_permission
from socle.exceptions import RegleViolee
from socle.journal import journaliser
from socle.models import Document, Travail


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


def decisions_sans_lettre(appel: Appel, acteur: Any = None) -> QuerySet[Decision]:
    """Les décisions en vigueur dont la lettre n'est pas transmise ; ``acteur`` écarte les demandes
    dont il s'est récusé."""
    return (
        _sans_lettre(acteur)
        .filter(demande__appel=appel)
        .select_related(
            "demande__organisme", "demande__appel", "demande__volet", "resolution", "volet"
        )
        .prefetch_related("reserves", "demande__mouvements__credit", "demande__appel__criteres")
        .order_by("demande__code")
    )


def lettres_a_emettre(acteur: Any) -> QuerySet[Decision]:
    """Par appel : son code, son titre, sa séance du conseil et combien de lettres y attendent."""
    appel = ("demande__appel__code", "demande__appel__titre", "demande__appel__seance_conseil")
    return _sans_lettre(acteur).order_by().values_list(*appel).annotate(nombre=Count("pk"))


def _sans_lettre(acteur: Any) -> QuerySet[Decision]:
    cette = {"decision": OuterRef("pk")}
    # La même lettre est transmise et en cours : l'ancienne, remplacée, n'annonce plus rien.
    annoncees = Lettre.objects.filter(**cette, etat="transmise", remplacee_le=None)
    # Un avenant change le montant d'une décision déjà annoncée : il est sa propre lettre.
    changees = Convention.objects.filter(**cette, avenants__etat="signe", avenants__montant__gt=0)
    decisions = Decision.objects.filter(en_vigueur=True).exclude(
        Exists(annoncees) | Exists(changees)
    )
    if acteur is not None:
        decisions = decisions.filter(demande__in=Demande.objects.sans_recusation(acteur))
    return decisions


def incompletes(decisions: QuerySet[Decision], appel: Appel) -> list[tuple[Decision, list[str]]]:
    """Les décisions dont le modèle demande un champ vide, avec ces champs."""
    modeles: dict[str, Any] = {}
    trouvees = []
    for decision in decisions:
        genre = decision.resultat_exporte
        if genre not in modeles:
            modeles[genre] = lire_modele(genre, appel)
        if vides := champs_vides(modeles[genre], decision):
            trouvees.append((decision, vides))
    return trouvees


@transaction.atomic
def emettre_lettre(*, acteur: Any, lettre: Lettre) -> Lettre:
    """Fige la lettre (HTML, PDF, SHA-256), annonce la décision et l'envoie.

    La ligne est verrouillée : deux ouvriers sur la même lettre ne font qu'une lettre et qu'un
    courriel. Lève ``RegleViolee`` : ``remplacee``, ``champ_vide``.
    """
    lettre = (
        Lettre.objects.select_for_update(no_key=True, of=("self",))
        .select_related(
            "decision__demande__organisme",
            "decision__demande__appel",
            "decision__demande__volet",
            "decision__resolution",
        )
        .get(pk=lettre.pk)
    )
    if lettre.etat == Lettre.Etat.TRANSMISE:
        return lettre
    decision, demande = lettre.decision, lettre.decision.demande
    if not decision.en_vigueur:
        raise RegleViolee("Cette décision a été remplacée.", code="remplacee")
    if lettre.etat == Lettre.Etat.PREPAREE:
        exiger_permission(acteur, "lettre.emettre", lettre)
        lettre = _figer(acteur, lettre, decision)
        Demande.objects.filter(pk=demande.pk).update(etat_annonce=decision.resultat)
        _remplacer_les_anciennes(lettre, demande)
    envois.envoyer_lettre(lettre=lettre)
    return transitionner(lettre, "transmettre", acteur=acteur)


def _figer(acteur: Any, lettre: Lettre, decision: Decision) -> Lettre:
    demande = decision.demande
    modele = fixer_modele(decision.resultat_exporte, demande.appel)
    valeurs = Valeurs(modele.genre, decision)
    if vides := champs_vides(modele, decision, valeurs):
        raise RegleViolee(
            f"Le modèle demande ce que la décision n'a pas : {', '.join(vides)}.",
            code="champ_vide",
        )
    document = figer_document(
        nature=Document.Nature.LETTRE,
        objet=lettre,
        gabarit="pdf/lettre.html",
        contexte=contexte_lettre(
            decision, modele, reference=reference_de_lettre(demande), valeurs=valeurs
        ),
        titre=f"Lettre de décision — {demande.reference}",
        acteur=acteur,
    )
    return transitionner(
        lettre, "emettre", acteur=acteur, champs={"document": document, "modele": modele}
    )


def _remplacer_les_anciennes(lettre: Lettre, demande: Demande) -> None:
    """Une nouvelle décision annoncée remplace la lettre de l'ancienne, qui reste."""
    Lettre.objects.filter(
        decision__demande=demande, etat=Lettre.Etat.TRANSMISE, remplacee_le=None
    ).exclude(pk=lettre.pk).update(remplacee_le=horloge.maintenant())


@transaction.atomic
def remplacer_lettre(*, acteur: Any, lettre: Lettre, motif: str) -> Lettre:
    """Prépare une nouvelle lettre de la même décision ; l'ancienne reste, marquée remplacée."""
    exiger_permission(acteur, "lettre.emettre", lettre)
    if not motif.strip():
        raise RegleViolee("Écrivez pourquoi cette lettre est remplacée.", champ="motif")
    lettre = (
        Lettre.objects.select_for_update(no_key=True, of=("self",))
        .select_related("decision")
        .get(pk=lettre.pk)
    )
    if (
        lettre.etat != Lettre.Etat.TRANSMISE
        or lettre.remplacee_le
        or not lettre.decision.en_vigueur
    ):
        raise RegleViolee("Seule une lettre transmise et en cours se remplace.", code="etat")
    lettre.remplacee_le = horloge.maintenant()
    lettre.save(update_fields=["remplacee_le"])
    journaliser(acteur=acteur, verbe="lettre.remplacer", objet=lettre, motif=motif.strip())
    return preparer_lettre(decision=lettre.decision)
