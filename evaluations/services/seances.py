"""Les séances du comité : préparer, présences, ouvrir, recommander, clore."""

import datetime as dt
from collections.abc import Iterable
from decimal import Decimal, InvalidOperation
from typing import Any

from django.db import transaction

from appels.models import Appel, Demande
from appels.montants import montant_maximal
from appels.regles import dollars, regles_budget
from evaluations.classement import lignes_de
from evaluations.documents import figer_compte_rendu
from evaluations.models import MembreComite, Presence, Recommandation, Seance
from evaluations.quorum import Quorum, quorum_de
from socle import horloge
from socle.cycle_de_vie import transitionner
from socle.droits import exiger_permission
from socle.exceptions import RegleViolee
from socle.journal import journaliser
from socle.services.courriels import envoyer

AVIS_FAVORABLES = frozenset({Recommandation.Avis.FAVORABLE, Recommandation.Avis.FAVORABLE_PARTIEL})


# --- La séance ------------------------------------------------------------------------------------
@transaction.atomic
def preparer_seance(
    *, acteur: Any, appel: Appel, date: dt.datetime, lieu: str = "", notes: str = ""
) -> Seance:
    """Prépare une séance et convoque les membres par courriel, sans nommer aucune demande."""
    seance = Seance(appel=appel, date=date, lieu=lieu.strip(), notes=notes.strip())
    exiger_permission(acteur, "seance.tenir", seance)
    seance.save()
    membres = list(appel.membres.filter(actif=True).select_related("utilisateur"))
    Presence.objects.bulk_create(Presence(seance=seance, membre=membre) for membre in membres)
    journaliser(acteur=acteur, verbe="seance.preparer", objet=seance)
    envoyer(
        gabarit="convocation_comite",
        destinataires=[membre.utilisateur.email for membre in membres],
        objet=f"Séance du comité — {appel.titre}",
        contexte={"seance": seance, "appel": appel},
    )
    return seance


@transaction.atomic
def modifier_seance(
    *, acteur: Any, seance: Seance, date: dt.datetime, lieu: str = "", notes: str = ""
) -> Seance:
    """Change la date, le lieu ou les notes, tant que la séance n'est pas close."""
    exiger_permission(acteur, "seance.tenir", seance)
    _refuser_close(seance)
    seance.date, seance.lieu, seance.notes = date, lieu.strip(), notes.strip()
    seance.save(update_fields=["date", "lieu", "notes"])
    journaliser(acteur=acteur, verbe="seance.modifier", objet=seance)
    return seance


def _refuser_close(seance: Seance) -> None:
    if seance.etat == Seance.Etat.CLOSE:
        raise RegleViolee("La séance est close : elle ne se modifie plus.", code="close")


@transaction.atomic
def inscrire_presences(
    *, acteur: Any, seance: Seance, presents: Iterable[MembreComite]
) -> list[Presence]:
    """Inscrit qui est là ; pendant la séance, l'heure d'arrivée et de départ se notent."""
    exiger_permission(acteur, "seance.tenir", seance)
    _refuser_close(seance)
    presents = {membre.pk for membre in presents}
    membres = {m.pk: m for m in seance.appel.membres.filter(actif=True)}
    if not presents <= set(membres):
        raise RegleViolee("Une personne présente ne siège pas à ce comité.", code="pas_membre")
    maintenant = horloge.maintenant()
    inscrites = {p.membre_id: p for p in seance.presences.select_for_update()}
    for pk in membres:
        presence = inscrites.setdefault(pk, Presence(seance=seance, membre_id=pk))
        ici = presence.presente and presence.depart_le is None
        if pk in presents and not ici:
            presence.presente = True
            presence.depart_le = None
            if seance.etat == Seance.Etat.OUVERTE:
                presence.arrivee_le = presence.arrivee_le or maintenant
        elif pk not in presents and ici:
            # Partie en cours de séance, elle y était : son départ se note.
            if seance.etat == Seance.Etat.OUVERTE:
                presence.depart_le = maintenant
            else:
                presence.presente, presence.arrivee_le = False, None
        presence.save()
    journaliser(
        acteur=acteur,
        verbe="seance.inscrire_presences",
        objet=seance,
        details={"presents": [membres[pk].code for pk in sorted(presents)]},
    )
    return list(inscrites.values())


@transaction.atomic
def ouvrir_seance(*, acteur: Any, seance: Seance) -> Seance:
    """La discussion commence : chaque membre voit le classement de ce qu'il a pu lire."""
    if seance.appel.seances.filter(etat="ouverte").exclude(pk=seance.pk).exists():
        raise RegleViolee("Une autre séance de cet appel est ouverte : closez-la d'abord.")
    transitionner(seance, "ouvrir", acteur=acteur)
    return seance


@transaction.atomic
def clore_seance(*, acteur: Any, seance: Seance) -> Seance:
    """La séance se termine ; le compte rendu est émis et figé."""
    Seance.objects.select_for_update(no_key=True).get(pk=seance.pk)
    seance.refresh_from_db()
    exiger_permission(acteur, "seance.tenir", seance)
    if seance.etat != Seance.Etat.OUVERTE:
        raise RegleViolee("Seule une séance ouverte peut se clore.", code="etat")
    seance.close_le = horloge.maintenant()
    document = figer_compte_rendu(seance=seance, acteur=acteur)
    transitionner(seance, "clore", acteur=acteur, champs={"compte_rendu": document})
    return seance


# --- Les recommandations --------------------------------------------------------------------------
@transaction.atomic
def recommander(
    *,
    acteur: Any,
    seance: Seance,
    demande: Demande,
    avis: str,
    montant: Decimal | int | str = 0,
    motifs: str,
    motifs_par_critere: dict[str, str] | None = None,
    conditions: str = "",
) -> Recommandation:
    """Inscrit l'avis du comité ; tant que la séance est ouverte, un nouvel avis le remplace.

    Refuse sans quorum (code ``quorum``), sans score (``score``), sans motifs (``motifs``), ou
    au-delà du montant demandé ou de l'aide maximale (``montant``).
    """
    demande = Demande.objects.select_for_update(of=("self",), no_key=True).get(pk=demande.pk)
    exiger_permission(acteur, "demande.recommander", demande)
    _verifier_seance(seance, demande)
    quorum = _verifier_quorum(seance, demande)
    ligne = lignes_de(demande.appel, Demande.objects.filter(pk=demande.pk)).get(demande.pk)
    if ligne is None or ligne.score is None:
        raise RegleViolee(
            "Il ne reste pas assez de fiches de membres sans conflit : la demande n'a pas de "
            "score. Rouvrez son évaluation.",
            code="score",
        )
    montant = verifier_montant(demande, avis, montant)
    motifs = (motifs or "").strip()
    if not motifs:
        raise RegleViolee("Écrivez les motifs de l'avis.", champ="motifs", code="motifs")
    demande.recommandations.filter(en_vigueur=True).update(en_vigueur=False)
    recommandation = Recommandation.objects.create(
        demande=demande,
        seance=seance,
        avis=avis,
        montant=montant,
        motifs=motifs,
        motifs_par_critere=_motifs_par_critere(demande, motifs_par_critere or {}),
        conditions=(conditions or "").strip(),
        presents=quorum.presents,
        score=ligne.score,
        adoptee_le=horloge.maintenant(),
        inscrite_par=acteur,
    )
    details = {"avis": avis, "montant": str(montant), "presents": quorum.presents}
    if demande.etat == "evaluee":
        transitionner(demande, "recommander", acteur=acteur, details=details)
    else:
        journaliser(
            acteur=acteur, verbe="demande.corriger_recommandation", objet=demande, details=details
        )
    return recommandation


def _verifier_seance(seance: Seance, demande: Demande) -> None:
    if seance.appel_id != demande.appel_id:
        raise RegleViolee("Cette demande n'est pas de l'appel de la séance.", code="appel")
    etat = Seance.objects.values_list("etat", flat=True).get(pk=seance.pk)
    if etat != Seance.Etat.OUVERTE:
        raise RegleViolee("La séance n'est pas ouverte.", code="seance")
    if demande.etat == "recommandee":
        if not demande.recommandations.filter(en_vigueur=True, seance=seance).exists():
            raise RegleViolee("Cette demande a déjà eu son avis à une autre séance.", code="etat")
    elif demande.etat != "evaluee":
        raise RegleViolee(
            "L'évaluation de cette demande doit être close avant la recommandation.", code="etat"
        )


def _verifier_quorum(seance: Seance, demande: Demande) -> Quorum:
    quorum = quorum_de(seance, demande)
    if not quorum.atteint:
        raise RegleViolee(
            f"Le quorum n'est pas atteint pour cette demande : {quorum.presents} présent"
            f"{'s' if quorum.presents > 1 else ''} sans conflit, il en faut {quorum.requis}.",
            code="quorum",
        )
    return quorum


def maximum_recommandable(demande: Demande) -> Decimal:
    """Le moindre du montant demandé et de l'aide maximale d'aujourd'hui (regles.md, 5)."""
    return min(
        demande.montant_demande or Decimal(0),
        montant_maximal(demande.budget(), regles_budget(demande)),
    )


def verifier_montant(demande: Demande, avis: str, montant: Decimal | int | str) -> Decimal:
    """Le montant recommandé, en dollars ; 0 pour un avis qui n'accorde rien."""
    if avis not in Recommandation.Avis.values:
        raise RegleViolee("Choisissez l'avis du comité.", champ="avis", code="avis")
    try:
        montant = Decimal(montant or 0).quantize(Decimal("0.01"))
    except (InvalidOperation, ValueError):
        raise RegleViolee("Écrivez un montant.", champ="montant", code="montant") from None
    if avis not in AVIS_FAVORABLES:
        if montant:
            raise RegleViolee("Cet avis n'accorde aucun montant.", champ="montant", code="montant")
        return montant
    maximum = maximum_recommandable(demande)
    if montant <= 0:
        raise RegleViolee("Écrivez le montant recommandé.", champ="montant", code="montant")
    if montant > maximum:
        raise RegleViolee(
            f"Le montant ne peut pas dépasser {dollars(maximum)} (montant demandé et aide "
            "maximale permise).",
            champ="montant",
            code="montant",
        )
    if avis == Recommandation.Avis.FAVORABLE and montant < demande.montant_demande:
        raise RegleViolee(
            f"Un avis favorable recommande le montant demandé "
            f"({dollars(demande.montant_demande)}). Pour moins, choisissez « Favorable en "
            "partie ».",
            champ="avis",
            code="avis",
        )
    if avis == Recommandation.Avis.FAVORABLE_PARTIEL and montant == demande.montant_demande:
        raise RegleViolee(
            "C'est tout le montant demandé : choisissez « Favorable ».", champ="avis", code="avis"
        )
    return montant


def _motifs_par_critere(demande: Demande, motifs: dict[str, str]) -> dict[str, str]:
    codes = set(demande.appel.criteres.values_list("code", flat=True))
    inconnus = set(motifs) - codes
    if inconnus:
        raise RegleViolee(f"Critères inconnus : {', '.join(sorted(inconnus))}.", code="critere")
    return {code: texte.strip() for code, texte in motifs.items() if texte and texte.strip()}
