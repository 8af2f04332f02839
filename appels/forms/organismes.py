"""Les formulaires d'un organisme et de ses membres."""

from django import forms

from socle.models import Adhesion, Organisme
from socle.validateurs import normaliser_code_postal, normaliser_neq, valider_neq


class NouvelOrganismeForm(forms.Form):
    nom = forms.CharField(label="Nom de l'organisme", max_length=160)
    neq = forms.CharField(
        label="Numéro d'entreprise du Québec (NEQ)",
        max_length=20,
        help_text="10 chiffres, sur votre avis du Registraire des entreprises.",
        widget=forms.TextInput(attrs={"inputmode": "numeric", "autocomplete": "off"}),
    )

    def clean_neq(self) -> str:
        neq = normaliser_neq(self.cleaned_data["neq"])
        valider_neq(neq)
        return neq


class DossierForm(forms.ModelForm):
    class Meta:
        model = Organisme
        fields = (
            "nom",
            "mission",
            "adresse",
            "ville",
            "code_postal",
            "telephone",
            "courriel",
            "site_web",
            "signataire_nom",
            "signataire_titre",
            "administrateurs",
        )
        widgets = {
            "mission": forms.Textarea(attrs={"rows": 4}),
            "administrateurs": forms.Textarea(attrs={"rows": 5}),
        }

    site_web = forms.URLField(label="Site Web", required=False, assume_scheme="https")
    code_postal = forms.CharField(label="Code postal", max_length=7, required=False)

    def clean_code_postal(self) -> str:
        return normaliser_code_postal(self.cleaned_data["code_postal"])


class InvitationForm(forms.Form):
    courriel = forms.EmailField(label="Adresse courriel")
    role = forms.ChoiceField(
        label="Rôle", choices=Adhesion.Role.choices, initial=Adhesion.Role.REDACTEUR
    )


class DocumentDossierForm(forms.Form):
    """Un document du dossier : le fichier et sa date."""

    date_document = forms.DateField(
        label="Date du document",
        widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
        help_text="Celle de l'acte, ou de la fin de l'exercice.",
    )
    fichier = forms.FileField(
        label="Fichier",
        help_text="PDF, Word, Excel ou image ; 15 Mo au plus.",
        error_messages={
            "required": "Choisissez d'abord un fichier.",
            "empty": "Ce fichier est vide.",
        },
    )
