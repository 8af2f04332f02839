"""L'annonce d'une aide publique reçue après le dépôt."""

from django import forms

from appels.forms.appel import DateInput
from appels.forms.champs import MontantField
from appels.models.budget import Source

PUBLIQUES = [
    (valeur, libelle)
    for valeur, libelle in Source.choices
    if valeur in {"quebec", "canada", "municipal"}
]


class AideForm(forms.Form):
    libelle = forms.CharField(label="Aide reçue", max_length=200)
    source = forms.ChoiceField(label="De qui", choices=PUBLIQUES)
    date = forms.DateField(label="Confirmée le", widget=DateInput())
    montant = MontantField(label="Montant")
    contribution_milieu = MontantField(
        label="Contribution du milieu qui reste",
        help_text="Laissez vide si elle ne change pas.",
        required=False,
    )
