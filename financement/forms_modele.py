"""Les formulaires d'un modèle et de son aperçu."""

from typing import Any

from django import forms
from django_prose_editor.fields import ProseEditorFormField

from appels.models import Demande
from financement.fusion import EXTENSIONS


class ModeleForm(forms.Form):
    """Le texte se vérifie au service : une balise non fermée ne se répare pas d'elle-même."""

    objet = forms.CharField(label="Objet", max_length=200)
    corps = ProseEditorFormField(
        label="Texte",
        help_text="Un champ s'écrit {{ nom }}. Ce qui est entre {{ si nom }} et {{ fin }} ne "
        "paraît que si le champ n'est pas vide.",
        config={"extensions": EXTENSIONS},
    )

    def __init__(self, *args: Any, convention: bool = False, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["corps"].widget.attrs["rows"] = 24
        if convention:
            self.fields["objet"].label = "Titre"


class ApercuForm(forms.Form):
    demande = forms.ModelChoiceField(
        Demande.objects.none(),
        to_field_name="reference",
        label="Sur quelle demande ?",
        empty_label=None,
        widget=forms.Select(attrs={"class": "form-select"}),
    )

    def __init__(self, *args: Any, demandes: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["demande"].queryset = demandes
        self.fields["demande"].label_from_instance = lambda d: f"{d.reference} — {d.organisme}"


class RetourForm(forms.Form):
    date = forms.DateField(label="Revenu le", widget=forms.DateInput(attrs={"type": "date"}))
    motif = forms.CharField(
        label="Ce que dit le retour",
        help_text="Par exemple : boîte pleine, adresse inconnue, pli refusé.",
        max_length=300,
    )
