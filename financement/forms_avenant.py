"""Le formulaire d'un avenant : ce qui changerait, prérempli de ce qui vaut."""

from typing import Any

from django import forms

from appels.forms.appel import DateInput
from appels.forms.champs import MontantField
from appels.models.budget import CategorieDepense
from financement.forms import ConsentementForm
from financement.models import Convention, Resolution
from socle.lignes import LigneForm, lignes

ACCORD_DE_LA_VILLE = (
    "Je suis une personne autorisée à signer pour la Ville et j'approuve cet avenant. Je veux que "
    "ma signature en ligne engage la Ville."
)


class AvenantForm(forms.Form):
    motif = forms.CharField(
        label="Pourquoi ce changement ?", widget=forms.Textarea(attrs={"rows": 3})
    )
    debut = forms.DateField(label="Début du projet", widget=DateInput())
    fin = forms.DateField(label="Fin du projet", widget=DateInput())
    montant = MontantField(label="Montant de l'aide")
    portee = forms.CharField(
        label="Ce qui change au projet",
        help_text="Les activités, les personnes visées, le lieu. Laissez vide si rien ne change.",
        widget=forms.Textarea(attrs={"rows": 4}),
        required=False,
    )

    @classmethod
    def depart(cls, convention: Convention) -> dict[str, Any]:
        """Ce qui vaut aujourd'hui."""
        return {
            "debut": convention.debut,
            "fin": convention.fin,
            "montant": convention.montant,
        }


class PosteAvenantForm(LigneForm):
    categorie = forms.ChoiceField(label="Catégorie", choices=CategorieDepense.choices)
    libelle = forms.CharField(label="Précision", max_length=200, required=False)
    montant = MontantField(label="Montant")
    admissible = forms.BooleanField(label="Admissible", required=False, initial=True)


PostesAvenantFormSet = lignes(PosteAvenantForm)


class ApprobationAvenantForm(ConsentementForm):
    """Approuver est signer pour la Ville. La résolution ne se demande que si le montant change."""

    resolution = forms.ModelChoiceField(
        Resolution.objects.none(),
        label="Sous la résolution",
        empty_label="Choisir une résolution",
    )

    field_order = ("resolution", "consentement")

    def __init__(self, *args: Any, avenant: Any, **kwargs: Any) -> None:
        super().__init__(*args, phrase=ACCORD_DE_LA_VILLE, **kwargs)
        if avenant.montant is None:
            del self.fields["resolution"]
        else:
            self.fields["resolution"].queryset = avenant.demande.appel.resolutions.all()
