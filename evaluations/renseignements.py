"""Ce que le comité garde d'une personne : ses déclarations et ses propres fiches."""

from typing import Any

from evaluations.models import Affectation, Note, NoteCalibrage


def du_comite(personne: Any) -> dict[str, Any]:
    return {
        "interets_declares": list(
            Affectation.objects.filter(membre__utilisateur=personne).values(
                "demande__reference", "etat", "lien", "precision"
            )
        ),
        "notes": list(
            Note.objects.filter(evaluation__affectation__membre__utilisateur=personne).values(
                "evaluation__affectation__demande__reference", "critere__code", "note",
                "commentaire",
            )
        ),
        "calibrages": list(
            NoteCalibrage.objects.filter(fiche__membre__utilisateur=personne).values(
                "fiche__calibrage__appel__code", "fiche__calibrage__no", "critere__code", "note",
                "commentaire",
            )
        ),
    }  # fmt: skip
