"""Ce que le comité garde d'une personne : déclarations, thèmes, souhaits, ses propres fiches."""

from typing import Any

from evaluations.models import Affectation, MembreComite, Note, NoteCalibrage, Souhait


def du_comite(personne: Any) -> dict[str, Any]:
    return {
        "interets_declares": list(
            Affectation.objects.filter(membre__utilisateur=personne).values(
                "demande__reference", "etat", "lien", "precision"
            )
        ),
        "themes_connus": list(
            MembreComite.themes.through.objects.filter(membrecomite__utilisateur=personne).values(
                "membrecomite__appel__code", "theme__libelle"
            )
        ),
        "souhaits_de_lecture": list(
            Souhait.objects.filter(membre__utilisateur=personne).values(
                "demande__reference", "sens"
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
