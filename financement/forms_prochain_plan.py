"""Les formulaires du prochain plan : le préparer, changer un besoin, l'adopter."""

from typing import Any

from django import forms

from appels.forms.appel import DateInput
from appels.models import Besoin, PlanAction
from financement.prochain_plan import Priorite


class PreparerForm(forms.Form):
    titre = forms.CharField(label="Titre", max_length=200)
    code = forms.SlugField(
        label="Code", max_length=50, help_text="Court, sans espace. Par exemple : PAI-2026-2029."
    )


class BesoinForm(forms.Form):
    """Un besoin déjà dans le brouillon."""

    retenu = forms.BooleanField(
        label="Garder ce besoin dans le prochain plan", required=False, initial=True
    )
    libelle = forms.CharField(label="Besoin", max_length=300)
    priorite = forms.TypedChoiceField(
        label="Priorité",
        choices=[(p.value, p.label) for p in Priorite],
        coerce=int,
        widget=forms.RadioSelect,
    )
    raison = forms.CharField(
        label="Pourquoi", max_length=600, widget=forms.Textarea(attrs={"rows": 3})
    )
    theme = forms.ChoiceField(label="Thème")
    objectif = forms.ChoiceField(label="Objectif")

    def __init__(self, *args: Any, plan: PlanAction, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["theme"].choices = list(plan.themes.values_list("code", "libelle"))
        self.fields["objectif"].choices = [
            (objectif.code, f"{objectif.code} — {objectif.libelle}")
            for objectif in plan.objectifs.all()
        ]


class NouveauBesoinForm(BesoinForm):
    """Un besoin que le plan d'avant n'avait pas."""

    type = forms.ChoiceField(label="Type", choices=Besoin.Type.choices)
    retenu = None


class AdopterForm(forms.Form):
    resolution = forms.CharField(label="Numéro de la résolution", max_length=40)
    date = forms.DateField(label="Date de la résolution", widget=DateInput())
    echeance = forms.DateField(
        label="Le plan finit le", widget=DateInput(), help_text="Son mois paraîtra."
    )
