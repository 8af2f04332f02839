"""Les formulaires d'un rapport : textes, dépenses réelles, indicateurs."""

from typing import Any

from django import forms
from django.forms import formset_factory

from appels.models.budget import CategorieDepense
from financement.indicateurs import (
    LIBELLES_VENTILATIONS,
    TITRES_VENTILATIONS,
    TOTAUX,
)
from financement.models import Rapport

MAXIMUM = 2_000_000_000


class RapportForm(forms.ModelForm):
    class Meta:
        model = Rapport
        fields = ("activites", "resultats", "ecarts", "autres_aides_publiques")
        widgets = {nom: forms.Textarea(attrs={"rows": 5}) for nom in fields[:3]}
        localized_fields = ("autres_aides_publiques",)

    def clean_autres_aides_publiques(self) -> Any:
        montant = self.cleaned_data["autres_aides_publiques"]
        if montant is not None and montant < 0:
            raise forms.ValidationError("Le montant ne peut pas être négatif.")
        return montant


class DepenseForm(forms.Form):
    categorie = forms.ChoiceField(label="Catégorie", choices=CategorieDepense.choices)
    libelle = forms.CharField(label="Précision", max_length=200, required=False)
    montant = forms.DecimalField(
        label="Montant réel", min_value=0, max_digits=12, decimal_places=2, localize=True
    )


DepensesFormSet = formset_factory(DepenseForm, extra=2, can_delete=True)


class IndicateursForm(forms.Form):
    """Un nombre par indicateur et par modalité ; vide veut dire « pas compté »."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for code, libelle in TOTAUX.items():
            self.fields[code] = self._nombre(libelle)
        for code, modalites in LIBELLES_VENTILATIONS.items():
            for modalite, libelle in modalites.items():
                self.fields[f"{code}:{modalite}"] = self._nombre(libelle)

    @staticmethod
    def _nombre(libelle: str) -> forms.IntegerField:
        return forms.IntegerField(label=libelle, min_value=0, max_value=MAXIMUM, required=False)

    def totaux(self) -> list[Any]:
        return [self[code] for code in TOTAUX]

    def ventilations(self) -> list[tuple[str, list[Any]]]:
        return [
            (TITRES_VENTILATIONS[code], [self[f"{code}:{modalite}"] for modalite in modalites])
            for code, modalites in LIBELLES_VENTILATIONS.items()
        ]

    def valeurs(self) -> dict[tuple[str, str], int]:
        """(indicateur, modalité) → nombre, pour ce qui est compté."""
        return {
            (nom.partition(":")[0], nom.partition(":")[2]): nombre
            for nom, nombre in self.cleaned_data.items()
            if nombre is not None
        }


def initial_indicateurs(rapport: Rapport) -> dict[str, int]:
    return {
        f"{v.indicateur}:{v.modalite}" if v.modalite else v.indicateur: v.valeur
        for v in rapport.valeurs.all()
    }
