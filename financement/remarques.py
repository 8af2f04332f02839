"""Où une remarque peut se poser dans un rapport : lui entier, une section, une question, une
dépense, un indicateur."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from appels.formulaires import questions_de
from financement.indicateurs import TITRES_VENTILATIONS, TOTAUX
from financement.models import Remarque

Genre = Remarque.Genre


@dataclass(frozen=True)
class Place:
    """Une place d'un rapport : ``nom`` la désigne dans la page, ``libelle`` se lit."""

    genre: str
    cle: str
    libelle: str

    @property
    def nom(self) -> str:
        return f"{self.genre}-{self.cle}"


def places(rapport: Any) -> list[Place]:
    """Toutes les places du rapport, dans l'ordre de la page."""
    trouvees = [Place(Genre.RAPPORT, "", "Le rapport entier")]
    sections: set[int] = set()
    posees = questions_de(rapport.formulaire_id) if rapport.formulaire_id else {}
    for question in posees.values():
        if question.section_id not in sections:
            sections.add(question.section_id)
            trouvees.append(Place(Genre.SECTION, str(question.section_id), question.section.titre))
        trouvees.append(Place(Genre.QUESTION, str(question.pk), question.libelle))
    trouvees += [
        Place(Genre.DEPENSE, str(depense.cle), f"Dépense : {depense}")
        for depense in rapport.depenses.all()
    ]
    indicateurs = {**TOTAUX, **TITRES_VENTILATIONS}
    return trouvees + [
        Place(Genre.INDICATEUR, code, libelle) for code, libelle in indicateurs.items()
    ]


def par_place(remarques: Iterable[Remarque]) -> dict[str, list[Remarque]]:
    """Les remarques rangées par nom de place."""
    rangees: dict[str, list[Remarque]] = {}
    for remarque in remarques:
        rangees.setdefault(remarque.place, []).append(remarque)
    return rangees
