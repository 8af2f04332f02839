"""Une grille à l'écran : ce qui y manque encore, et la réponse à un enregistrement au fil."""

import datetime as dt
from collections.abc import Iterable, Sequence
from typing import Any

from django.http import JsonResponse
from django.utils import timezone

from evaluations.forms_notation import NotationForm
from socle.elements import Manque


def manques_a_l_ecran(manques: Iterable[tuple[Any, str]]) -> list[Manque]:
    """Chaque manque et le champ où le combler ; ``detail`` dit « note » ou « commentaire »."""
    return [
        Manque(
            libelle=f"{'Note' if genre == 'note' else 'Commentaire'} : {critere.libelle}",
            url=f"#id_{genre}_{critere.pk}" + ("_0" if genre == "note" else ""),
            detail=genre,
        )
        for critere, genre in manques
    ]


def notes_faites(formulaire: NotationForm, manques: Sequence[Manque]) -> int:
    sans_note = sum(1 for manque in manques if manque.detail == "note")
    return len(formulaire.criteres) - sans_note


def veut_json(request: Any) -> bool:
    """L'envoi vient de static/js/notation.js, qui enregistre à chaque saisie."""
    return request.headers.get("Accept", "").startswith("application/json")


def reponse_enregistrement(
    formulaire: NotationForm, manques: Sequence[Manque], modifiee_le: dt.datetime
) -> JsonResponse:
    """L'avancement après un enregistrement au fil."""
    return JsonResponse(
        {
            "enregistre": timezone.localtime(modifiee_le).strftime("%H:%M"),
            "faites": notes_faites(formulaire, manques),
            "total": len(formulaire.criteres),
            "manques": [{"libelle": m.libelle, "url": m.url} for m in manques],
        }
    )
