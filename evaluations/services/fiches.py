"""Les fiches d'évaluation : noter, soumettre, rouvrir ; ouvrir et clore l'évaluation."""

import re
from typing import Any

from django.db import transaction

from appels.models import Appel, Critere, Demande
from evaluations.models import Affectation, Evaluation, Note, Reouverture
from socle import horloge
from socle.cycle_de_vie import transitionner
from socle.droits import exiger_permission
from socle.exceptions import RegleViolee

COMMENTAIRE_MAX = 4000
NOTES_PRIVEES_MAX = 20000


# --- L'évaluation d'une demande -------------------------------------------------------------------
@transaction.atomic
def ouvrir_evaluation(*, acteur: Any, demande: Demande) -> Demande:
    """Les membres affectés peuvent déclarer leurs intérêts."""
    transitionner(demande, "ouvrir_evaluation", acteur=acteur)
    return demande


@transaction.atomic
def clore_evaluation(*, acteur: Any, demande: Demande) -> Demande:
    """Le score est connu ; les fiches qui ne sont pas soumises ne compteront pas."""
    transitionner(demande, "clore_evaluation", acteur=acteur)
    return demande


@transaction.atomic
def clore_evaluations(*, acteur: Any, appel: Appel) -> list[Demande]:
    """Clôt l'évaluation de chaque demande dont toutes les fiches attendues sont soumises.

    Rend les demandes closes. Les autres se closent une à une : leurs fiches manquantes ne
    compteraient pas.
    """
    closes = []
    demandes = (
        Demande.objects.visibles_par(acteur)
        .filter(appel=appel, etat="en_evaluation")
        .select_related("appel")
        .prefetch_related("affectations__evaluation")
        .order_by("code")
    )
    for demande in demandes:
        actives = [a for a in demande.affectations.all() if a.etat != "recusee"]
        soumises = [a for a in actives if est_soumise(a)]
        if len(soumises) == len(actives) and len(soumises) >= demande.appel.evaluations_min:
            closes.append(clore_evaluation(acteur=acteur, demande=demande))
    return closes


def est_soumise(affectation: Affectation) -> bool:
    fiche = getattr(affectation, "evaluation", None)
    return affectation.etat == "libre" and fiche is not None and fiche.etat == "soumise"


@transaction.atomic
def rouvrir_evaluation(*, acteur: Any, demande: Demande, motif: str) -> Demande:
    """La présidence rouvre l'évaluation d'une demande, avec un motif."""
    if not motif.strip():
        raise RegleViolee("Écrivez le motif de la réouverture.", champ="motif", code="motif")
    transitionner(demande, "rouvrir_evaluation", acteur=acteur, motif=motif.strip())
    return demande


# --- Noter ----------------------------------------------------------------------------------------
def _fiche_modifiable(acteur: Any, affectation: Affectation) -> Evaluation:
    """La fiche verrouillée d'une affectation sans conflit, tant qu'elle peut changer."""
    if affectation.etat != Affectation.Etat.LIBRE:
        raise RegleViolee("Déclarez d'abord vos intérêts pour cette demande.", code="a_declarer")
    Evaluation.objects.get_or_create(affectation=affectation)
    fiche = (
        Evaluation.objects.select_for_update(of=("self",), no_key=True)
        .select_related("affectation__membre", "affectation__demande__appel")
        .get(affectation=affectation)
    )
    exiger_permission(acteur, "evaluation.noter", fiche)
    if not fiche.est_modifiable:
        raise RegleViolee("Cette fiche est soumise : elle ne se modifie plus.", code="soumise")
    if fiche.demande.etat != "en_evaluation":
        raise RegleViolee(
            "L'évaluation de cette demande n'est pas ouverte. Demandez à la présidence.",
            code="etat",
        )
    return fiche


def _verifier_note(critere: Critere, note: Any) -> int | None:
    if note in (None, ""):
        return None
    texte = str(note).strip()
    entier = int(texte) if re.fullmatch(r"-?[0-9]{1,6}", texte) else None
    if entier is None or not critere.note_min <= entier <= critere.note_max:
        raise RegleViolee(
            f"« {critere.libelle} » se note par un nombre entier de {critere.note_min} à "
            f"{critere.note_max}.",
            champ=f"note_{critere.pk}",
            code="echelle",
        )
    return entier


def _verifier_texte(texte: str, *, maximum: int, champ: str) -> str:
    texte = (texte or "").replace("\x00", "").strip()
    if len(texte) > maximum:
        raise RegleViolee(
            f"Ce texte dépasse {maximum} caractères ({len(texte)}) : raccourcissez-le.",
            champ=champ,
            code="longueur",
        )
    return texte


def saisie_verifiee(critere: Critere, saisie: dict[str, Any]) -> dict[str, Any]:
    """Ce qui se range d'une saisie : ``note`` et ``commentaire``, seuls ceux donnés."""
    champs: dict[str, Any] = {}
    if "note" in saisie:
        champs["note"] = _verifier_note(critere, saisie["note"])
    if "commentaire" in saisie:
        champs["commentaire"] = _verifier_texte(
            saisie["commentaire"], maximum=COMMENTAIRE_MAX, champ=f"commentaire_{critere.pk}"
        )
    return champs


@transaction.atomic
def enregistrer_fiche(
    *,
    acteur: Any,
    affectation: Affectation,
    notes: dict[Critere, dict[str, Any]],
    notes_privees: str | None = None,
) -> Evaluation:
    """Range ce qui a été saisi : par critère, ``note`` et ``commentaire`` (seuls ceux donnés).

    Une fiche incomplète se range ; une note hors de l'échelle est refusée (code ``echelle``).
    """
    fiche = _fiche_modifiable(acteur, affectation)
    ecrire_notes(fiche, notes)
    modifies = ["modifiee_le"]
    fiche.modifiee_le = horloge.maintenant()
    if notes_privees is not None:
        fiche.notes_privees = _verifier_texte(
            notes_privees, maximum=NOTES_PRIVEES_MAX, champ="notes_privees"
        )
        modifies.append("notes_privees")
    fiche.save(update_fields=modifies)
    return fiche


def ecrire_notes(fiche: Evaluation, notes: dict[Critere, dict[str, Any]]) -> None:
    """Vérifie et range ``note`` et ``commentaire`` de ces critères, dans une fiche verrouillée."""
    for critere, saisie in notes.items():
        if critere.appel_id != fiche.demande.appel_id:
            raise RegleViolee("Ce critère n'est pas de cet appel.", code="critere")
        if champs := saisie_verifiee(critere, saisie):
            Note.objects.update_or_create(evaluation=fiche, critere=critere, defaults=champs)


# --- Soumettre, rouvrir ---------------------------------------------------------------------------
def phrase_manques(manques: list[tuple[Critere, str]]) -> str:
    phrases = {"note": "la note", "commentaire": "le commentaire exigé"}
    return "Il manque " + ", ".join(
        f"{phrases[genre]} de « {critere.libelle} »" for critere, genre in manques
    )


@transaction.atomic
def soumettre_fiche(*, acteur: Any, evaluation: Evaluation) -> Evaluation:
    """Fige la fiche et son score. Refuse une fiche incomplète (code ``incomplete``)."""
    verrouillee = (
        Evaluation.objects.select_for_update(of=("self",), no_key=True)
        .select_related("affectation__membre", "affectation__demande__appel")
        .get(pk=evaluation.pk)
    )
    if verrouillee.est_modifiable and (manques := verrouillee.manques()):
        raise RegleViolee(f"{phrase_manques(manques)}.", code="incomplete")
    champs: dict[str, Any] = {}
    if verrouillee.est_modifiable:
        champs["score"] = verrouillee.calculer_score()
    transitionner(evaluation, "soumettre", acteur=acteur, champs=champs)
    return evaluation


@transaction.atomic
def rouvrir_fiche(*, acteur: Any, evaluation: Evaluation, motif: str) -> Evaluation:
    """La présidence rouvre une fiche soumise, avec un motif ; les notes d'avant sont gardées."""
    motif = motif.strip()
    if not motif:
        raise RegleViolee("Écrivez le motif de la réouverture.", champ="motif", code="motif")
    if evaluation.demande.etat == "evaluee":
        raise RegleViolee(
            "L'évaluation de cette demande est close : rouvrez-la d'abord.", code="etat"
        )
    if evaluation.demande.etat != "en_evaluation":
        raise RegleViolee("Cette demande n'est plus en évaluation.", code="etat")
    avant = instantane(evaluation)
    transitionner(
        evaluation,
        "rouvrir",
        acteur=acteur,
        motif=motif,
        champs={"score": None, "soumise_le": None, "sans_commentaires": False},
    )
    Reouverture.objects.create(
        evaluation=evaluation,
        rouverte_le=horloge.maintenant(),
        rouverte_par=acteur,
        motif=motif,
        notes_avant=avant,
    )
    return evaluation


def instantane(evaluation: Evaluation) -> dict[str, Any]:
    """Le score, la date et les notes d'une fiche, tels qu'une réouverture les garde."""
    return {
        "score": str(evaluation.score) if evaluation.score is not None else None,
        "soumise_le": evaluation.soumise_le.isoformat() if evaluation.soumise_le else None,
        "notes": {
            note.critere.code: {"note": note.note, "commentaire": note.commentaire}
            for note in evaluation.notes.select_related("critere")
        },
    }


@transaction.atomic
def importer_fiche(*, acteur: Any, affectation: Affectation, notes: dict[str, int]) -> Evaluation:
    """Une fiche venue d'un fichier, soumise sans commentaires (contrat.md)."""
    fiche, _ = Evaluation.objects.get_or_create(affectation=affectation)
    if not fiche.est_modifiable:
        raise RegleViolee(
            "Cette fiche est déjà soumise. La présidence peut la rouvrir.",
            code="soumise",
        )
    exiger_permission(acteur, "evaluation.noter", fiche)
    criteres = {critere.code: critere for critere in affectation.demande.appel.criteres.all()}
    inconnus = [code for code in notes if code not in criteres]
    if inconnus:
        raise RegleViolee(f"Critères inconnus : {', '.join(map(str, inconnus))}.", code="critere")
    fiche.sans_commentaires = True
    fiche.save(update_fields=["sans_commentaires"])
    fiche.notes.all().delete()
    Note.objects.bulk_create(
        Note(evaluation=fiche, critere=criteres[code], note=_verifier_note(criteres[code], note))
        for code, note in notes.items()
    )
    return soumettre_fiche(acteur=acteur, evaluation=fiche)
