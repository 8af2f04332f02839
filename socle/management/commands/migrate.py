"""``migrate``, d'un quart moins long : les modèles des migrations n'ont pas de transitions."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import django_fsm
from django.core.management.commands.migrate import Command as Migrate
from django.dispatch import Signal


class Command(Migrate):
    def handle(self, *args: Any, **options: Any) -> None:
        with sans_transitions_historiques():
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
