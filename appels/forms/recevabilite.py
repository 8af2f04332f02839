"""Les formulaires de la recevabilité."""

from typing import Any

from django import forms

from appels.forms.appel import DateHeureInput
from appels.models import Demande, PieceExigee, Section, Verification


class RecevabiliteForm(forms.Form):
    """Un oui ou un non par point, avec une remarque."""

    def __init__(self, *args: Any, propositions: dict[str, tuple[str, str]], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for point, libelle in Verification.Point.choices:
            propose, pourquoi = propositions.get(point, ("", ""))
            self.fields[point] = forms.ChoiceField(
                label=libelle,
                choices=Verification.Reponse.choices,
                widget=forms.RadioSelect,
                required=False,
                initial=propose,
                help_text=pourquoi,
            )
            self.fields[point].attendu = True


class ComplementForm(forms.Form):
    texte = forms.CharField(
        label="Ce qui manque", widget=forms.Textarea(attrs={"rows": 4}), max_length=4000
    )
    pieces = forms.ModelMultipleChoiceField(
        PieceExigee.objects.none(),
        label="Documents à joindre",
        widget=forms.CheckboxSelectMultiple,
        required=False,
    )
    sections = forms.ModelMultipleChoiceField(
        Section.objects.none(),
        label="Sections à corriger",
        widget=forms.CheckboxSelectMultiple,
        required=False,
    )
    budget = forms.BooleanField(label="Le budget", required=False)

    def __init__(self, *args: Any, demande: Demande, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["pieces"].queryset = demande.appel.pieces_exigees.all()
        self.fields["sections"].queryset = Section.objects.filter(
            formulaire_id=demande.formulaire_id
        )


class DerogationForm(forms.Form):
    jusqu_a = forms.DateTimeField(label="Dépôt permis jusqu'au", widget=DateHeureInput())
    motif = forms.CharField(label="Motif", widget=forms.Textarea(attrs={"rows": 3}))
