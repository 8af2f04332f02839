"""L'histoire d'un objet se lit en français : chaque transition a sa phrase."""

import re

import pytest
from django.apps import apps
from django_fsm import FSMField

from socle.verbes import phrase

TRANSITIONS = sorted(
    {
        f"{modele._meta.model_name}.{transition.name}"
        for modele in apps.get_models()
        if not modele._meta.proxy
        for champ in modele._meta.concrete_fields
        if isinstance(champ, FSMField)
        for transition in champ.get_all_transitions(modele)
    }
)


@pytest.mark.parametrize("verbe", TRANSITIONS)
def test_chaque_transition_a_sa_phrase(verbe):
    assert re.match(r"(a|s'est) ", phrase(verbe)), f"{verbe} : ajoutez sa phrase dans verbes.py"
