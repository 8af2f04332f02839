"""Des lignes de formulaire qu'on ajoute et qu'on retire, avec et sans JavaScript.

Sans JavaScript, le bouton ``ajouter_<préfixe>`` renvoie la page avec une ligne de plus et tout ce
qui était écrit. Avec lui, ``static/js/lignes.js`` fait de même sur place.
"""

from collections.abc import Mapping
from typing import Any

from django import forms
from django.forms import BaseFormSet, formset_factory
from django.http import QueryDict

from socle.textes import lire_entier

LIGNES_MAX = 60


class LigneForm(forms.Form):
    """Une ligne ; ``complet=False`` ne reproche rien à celles qu'on n'a pas fini d'écrire."""

    def __init__(self, *args: Any, complet: bool = True, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.complet = complet
        if not complet:
            for champ in self.fields.values():
                champ.required = False


class LignesFormSet(BaseFormSet):
    def add_fields(self, form: forms.Form, index: int | None) -> None:
        super().add_fields(form, index)
        if "DELETE" in form.fields:
            form.fields["DELETE"].label = "Retirer"
        if "ORDER" in form.fields:
            form.fields["ORDER"].label = "Rang"

    @property
    def gardees(self) -> list[Any]:
        """Les lignes écrites et non retirées, dans leur rang."""
        lignes = [
            form
            for rang, form in enumerate(self.forms)
            if (rang < self.initial_form_count() or form.has_changed())
            and not form.cleaned_data.get("DELETE")
        ]
        return sorted(lignes, key=lambda form: form.cleaned_data.get("ORDER") or LIGNES_MAX)


def lignes(formulaire: type[forms.Form], **options: Any) -> type[LignesFormSet]:
    """Le jeu de lignes d'un formulaire : on en ajoute, on en retire, jusqu'à ``LIGNES_MAX``."""
    return formset_factory(
        formulaire,
        formset=LignesFormSet,
        **{
            "extra": 0,
            "can_delete": True,
            "max_num": LIGNES_MAX,
            "absolute_max": LIGNES_MAX,
            **options,
        },
    )


def ajoute_une_ligne(donnees: QueryDict, prefixe: str) -> bool:
    """Vrai si la personne a choisi « Ajouter » pour ce jeu de lignes."""
    return f"ajouter_{prefixe}" in donnees


def avec_une_ligne(
    donnees: QueryDict, prefixe: str, valeurs: Mapping[str, str] | None = None
) -> QueryDict:
    """``donnees`` avec une ligne de plus quand la personne l'a demandée, ``valeurs`` proposées."""
    if not ajoute_une_ligne(donnees, prefixe):
        return donnees
    donnees = donnees.copy()
    cle = f"{prefixe}-TOTAL_FORMS"
    total = lire_entier(donnees.get(cle, "")) or 0
    if total < LIGNES_MAX:
        donnees[cle] = str(total + 1)
        for nom, valeur in (valeurs or {}).items():
            donnees[f"{prefixe}-{total}-{nom}"] = valeur
    return donnees
