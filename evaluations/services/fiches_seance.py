"""Une fiche changée en séance : par son auteur, avec un motif, l'avant et l'après gardés."""

from decimal import Decimal
from typing import Any

from django.db import transaction

from appels.models import Critere, Demande
from evaluations.models import Evaluation, Reouverture, ScoreDemande, Seance
from evaluations.services.fiches import ecrire_notes, instantane, phrase_manques
from socle import horloge
from socle.cycle_de_vie import transitionner
from socle.exceptions import RegleViolee


@transaction.atomic
def modifier_fiche_en_seance(
    *,
    acteur: Any,
    seance: Seance,
    evaluation: Evaluation,
    notes: dict[Critere, dict[str, Any]],
    motif: str,
) -> Reouverture:
    """Change les notes d'une fiche soumise et la soumet aussitôt : le score suit.

    Refuse sans motif (code ``motif``), sans changement (``inchangee``), une fiche incomplète
    (``incomplete``), ou quand l'avis est déjà inscrit.
    """
    motif = motif.strip()
    if not motif:
        raise RegleViolee("Dites ce qui vous fait changer d'avis.", champ="motif", code="motif")
    # Verrouillée d'abord : l'avis ne s'inscrit pas sur un score qui change au même instant.
    demande = Demande.objects.select_for_update(of=("self",), no_key=True).get(
        pk=evaluation.demande.pk
    )
    if seance.appel_id != demande.appel_id:
        raise RegleViolee("Cette demande n'est pas de l'appel de la séance.", code="appel")
    avant = _tout(evaluation, demande)
    transitionner(
        evaluation,
        "rouvrir_en_seance",
        acteur=acteur,
        motif=motif,
        champs={"score": None, "soumise_le": None},
    )
    ecrire_notes(evaluation, notes)
    fiche = Evaluation.objects.get(pk=evaluation.pk)
    if manques := fiche.manques():
        raise RegleViolee(f"{phrase_manques(manques)}.", code="incomplete")
    if instantane(fiche)["notes"] == avant["notes"]:
        raise RegleViolee("Aucune note n'a changé : la fiche reste telle quelle.", code="inchangee")
    fiche.modifiee_le = horloge.maintenant()
    fiche.save(update_fields=["modifiee_le"])
    transitionner(
        evaluation,
        "resoumettre_en_seance",
        acteur=acteur,
        champs={"score": fiche.calculer_score(), "soumise_le": horloge.maintenant()},
    )
    return Reouverture.objects.create(
        evaluation=evaluation,
        seance=seance,
        rouverte_le=horloge.maintenant(),
        rouverte_par=acteur,
        motif=motif,
        notes_avant=avant,
        notes_apres=_tout(evaluation, demande),
    )


def _tout(evaluation: Evaluation, demande: Demande) -> dict[str, Any]:
    """La fiche et le score de la demande, pour le compte rendu qui ne nomme personne."""
    moyenne: Decimal | None = ScoreDemande.objects.get(pk=demande.pk).moyenne
    return {**instantane(evaluation), "score_demande": str(moyenne)}
