"""``migrate``, presque moitié moins long : les modèles des migrations se reconstruisent moins."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import django_fsm
from django.core.management.commands.migrate import Command as Migrate
from django.db.migrations import AddConstraint, AddIndex, RemoveConstraint, RemoveIndex
from django.db.migrations.state import ProjectState
from django.dispatch import Signal
from pgtrigger.migrations import AddTrigger, RemoveTrigger

# Ce qui change une option d'un modèle, sans toucher à ses champs.
SANS_CHAMP = (
    AddConstraint,
    AddIndex,
    AddTrigger,
    RemoveConstraint,
    RemoveIndex,
    RemoveTrigger,
)


class Command(Migrate):
    def handle(self, *args: Any, **options: Any) -> None:
        with sans_transitions_historiques(), sans_reconstruire_pour_une_option():
            super().handle(*args, **options)


@contextmanager
def sans_transitions_historiques() -> Iterator[None]:
    """Empêche django-fsm d'écouter la naissance des modèles que les migrations reconstruisent.

    Chaque champ d'état y ajouterait un récepteur, et chaque modèle reconstruit (15 000 fois d'une
    base vide à aujourd'hui) les appellerait tous, pour des transitions que personne n'appelle.
    """
    ecoute = django_fsm.class_prepared
    django_fsm.class_prepared = Signal()
    try:
        yield
    finally:
        django_fsm.class_prepared = ecoute


@contextmanager
def sans_reconstruire_pour_une_option() -> Iterator[None]:
    """Pose une contrainte, un index ou un déclencheur sur le modèle historique déjà construit.

    Django reconstruit alors ce modèle et tous ceux qui s'y relient, soit presque tous les nôtres,
    deux cents fois d'une base vide à aujourd'hui : les champs étant les mêmes, son option suffit.
    """
    d_origine = {operation: operation.state_forwards for operation in SANS_CHAMP}
    for operation, poser in d_origine.items():
        operation.state_forwards = _sur_place(poser)
    try:
        yield
    finally:
        for operation, poser in d_origine.items():
            operation.state_forwards = poser


def _sur_place(poser: Callable[..., None]) -> Callable[..., None]:
    def state_forwards(operation: Any, app_label: str, state: ProjectState) -> None:
        state.reload_model = lambda *place, **options: None
        try:
            poser(operation, app_label, state)
        finally:
            del state.reload_model
        # « apps » est calculé à la demande : absent, il naîtra à jour.
        if "apps" in state.__dict__:
            modele = state.apps.get_model(app_label, operation.model_name)
            options = state.models[app_label, operation.model_name_lower].options
            setattr(modele._meta, operation.option_name, list(options[operation.option_name]))

    return state_forwards
