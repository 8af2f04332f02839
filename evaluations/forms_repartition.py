"""Ce que la Ville règle avant de confier les lectures."""

from typing import Any

from django import forms

from appels.models import Appel


class RepartitionForm(forms.Form):
    nombre = forms.IntegerField(
        label="Évaluateurs par demande",
        min_value=1,
        max_value=99,
        widget=forms.NumberInput(attrs={"inputmode": "numeric"}),
    )
    charge_max = forms.IntegerField(
        label="Lectures par membre, au plus",
        required=False,
        min_value=1,
        max_value=9999,
        help_text="Vide : pas de limite. Les charges sont de toute façon les plus égales possible.",
        widget=forms.NumberInput(attrs={"inputmode": "numeric"}),
    )

    def __init__(self, *args: Any, appel: Appel, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        minimum = appel.evaluations_min
        self.fields["nombre"].help_text = f"L'appel en exige au moins {minimum}."
        self.fields["nombre"].initial = minimum


class CollecteForm(forms.Form):
    jusqu_au = forms.DateField(
        label="Les souhaits se donnent jusqu'au",
        widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
        help_text="Ce jour compris.",
    )


class LienEcarteForm(forms.Form):
    motif = forms.CharField(
        label="Pourquoi ce lien est sans objet",
        max_length=300,
        help_text="Exemple : homonyme, vérifié avec le membre. Inscrit au journal.",
    )
