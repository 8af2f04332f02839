"""Le texte de ``docs/cycle_de_vie.md``, tiré des tables d'états : il ne peut pas en dériver."""

from collections.abc import Iterator

from django.apps import apps
from django.db import models
from django_fsm import FSMField, Transition

ENTETE = """# Cycles de vie

Ce fichier est produit par `python manage.py dessiner_cycles` à partir de
`<app>/cycle_de_vie.py` ; un test vérifie qu'il est à jour. Ce qui dépend de l'heure (ouvert, clos,
en retard) est calculé et n'est jamais un état.
"""


def texte() -> str:
    return "\n".join([ENTETE, *(_chapitre(modele, champ) for modele, champ in _modeles())])


def _modeles() -> Iterator[tuple[type[models.Model], FSMField]]:
    for modele in apps.get_models():
        if modele._meta.proxy:
            continue
        for champ in modele._meta.concrete_fields:
            if isinstance(champ, FSMField):
                yield modele, champ


def _transitions(modele: type[models.Model], champ: FSMField) -> list[Transition]:
    """Dans l'ordre où la vie de l'objet les rencontre."""
    ordre = [valeur for valeur, _ in champ.choices]
    return sorted(champ.get_all_transitions(modele), key=lambda t: (ordre.index(t.source), t.name))


def _chapitre(modele: type[models.Model], champ: FSMField) -> str:
    transitions = _transitions(modele, champ)
    lignes = [f"## {str(modele._meta.verbose_name).capitalize()}", "", "```mermaid"]
    lignes += ["stateDiagram-v2", f"    [*] --> {champ.get_default()}"]
    lignes += [f"    {t.source} --> {t.target} : {t.name}" for t in transitions]
    lignes += [
        "```",
        "",
        "| de | transition | vers | permission | refus quand la garde n'est pas tenue |",
    ]
    lignes += ["|---|---|---|---|---|"]
    lignes += [
        f"| {t.source} | `{t.name}` | {t.target} | `{t.custom['permission']}` | "
        f"{' '.join(garde.message for garde in t.conditions) or '—'} |"
        for t in transitions
    ]
    return "\n".join([*lignes, ""])
