"""Les conditions d'un appel : celles que la Ville écrit, et les réponses d'un organisme."""

from typing import Any

from django import forms
from django.forms import formset_factory

from appels.models import ConditionAdmissibilite, ReponseAdmissibilite


class ConditionForm(forms.ModelForm):
    class Meta:
        model = ConditionAdmissibilite
        fields = ("question", "reponse_attendue", "eliminatoire", "explication")
        widgets = {"explication": forms.Textarea(attrs={"rows": 2})}

    def contenu(self) -> dict[str, Any]:
        return {nom: self.cleaned_data[nom] for nom in self.Meta.fields}


ConditionsFormSet = formset_factory(ConditionForm, extra=2, can_delete=True, can_order=True)


class AutodiagnosticForm(forms.Form):
    """Oui, non ou « Je ne sais pas » à chaque condition."""

    def __init__(self, *args: Any, conditions: list[ConditionAdmissibilite], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for condition in conditions:
            self.fields[f"c{condition.pk}"] = forms.ChoiceField(
                label=condition.question_lisible,
                choices=ReponseAdmissibilite.Valeur.choices,
                widget=forms.RadioSelect,
                error_messages={"required": "Choisissez une réponse."},
            )

    def reponses(self) -> dict[int, str]:
        """Les réponses, par clé de condition."""
        return {int(nom[1:]): valeur for nom, valeur in self.cleaned_data.items()}
