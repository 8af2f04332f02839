"""Les formulaires d'un appel : composés de sections et de questions, figés à la publication."""

import json
from pathlib import Path
from typing import Any

from django.db import transaction

from appels.models import Appel, Formulaire, Question, Section

FORMULAIRE_MINIMAL: list[dict[str, Any]] = []
FICHIER_PAR_DEFAUT = Path(__file__).parent.parent / "donnees" / "formulaire_immigration.json"


def sections_par_defaut() -> list[dict[str, Any]]:
    """Le formulaire livré pour les projets en immigration."""
    return json.loads(FICHIER_PAR_DEFAUT.read_text(encoding="utf-8"))["sections"]


@transaction.atomic
def creer_formulaire(
    *,
    appel: Appel,
    sections: list[dict[str, Any]],
    nature: str = Formulaire.Nature.DEMANDE,
) -> Formulaire:
    """Une nouvelle révision du formulaire de ``appel``, dans l'ordre des sections données."""
    derniere = appel.formulaires.filter(nature=nature).order_by("-revision").first()
    formulaire = Formulaire.objects.create(
        appel=appel, nature=nature, revision=derniere.revision + 1 if derniere else 1
    )
    for ordre, contenu in enumerate(sections):
        section = Section.objects.create(
            formulaire=formulaire,
            code=contenu["code"],
            titre=contenu["titre"],
            aide=contenu.get("aide", ""),
            ordre=ordre,
        )
        Question.objects.bulk_create(
            Question(section=section, ordre=rang, **question)
            for rang, question in enumerate(contenu["questions"])
        )
    return formulaire


def creer_formulaire_par_defaut(*, appel: Appel) -> Formulaire:
    return creer_formulaire(appel=appel, sections=sections_par_defaut())
