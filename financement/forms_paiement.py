"""Les formulaires des paiements : où payer, quel lot, quel retour."""

from django import forms

from appels.forms.champs import MontantField


class CoordonneesForm(forms.Form):
    institution = forms.CharField(
        label="Numéro d'institution", help_text="3 chiffres", max_length=10
    )
    transit = forms.CharField(label="Numéro de transit", help_text="5 chiffres", max_length=12)
    compte = forms.CharField(label="Numéro de compte", help_text="5 à 12 chiffres", max_length=20)

    def __init__(self, *args, **kwargs) -> None:
        super().__init__(*args, **kwargs)
        for champ in self.fields.values():
            champ.widget.attrs |= {"inputmode": "numeric", "autocomplete": "off"}


class RetourForm(forms.Form):
    fichier = forms.FileField(
        label="Fichier des paiements faits (CSV)",
        help_text="Colonnes : paiement, montant, date (AAAA-MM-JJ), reference.",
    )
    total = MontantField(
        label="Total annoncé par le service des finances",
        help_text="Facultatif. Écrit, il doit être celui du fichier.",
        required=False,
    )
