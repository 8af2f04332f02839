"""Les formulaires de la convention et des versements."""

from django import forms


class SignatureForm(forms.Form):
    nom = forms.CharField(label="Votre nom complet", max_length=120)
    titre = forms.CharField(label="Votre titre", max_length=120)
    consentement = forms.BooleanField(
        label=(
            "Je suis une personne autorisée à signer pour l'organisme, j'ai lu la convention et "
            "je l'accepte."
        )
    )

    def arguments(self) -> dict[str, str]:
        return {"nom": self.cleaned_data["nom"], "titre": self.cleaned_data["titre"]}


class SignaturePapierForm(forms.Form):
    nom = forms.CharField(label="Nom de la personne qui a signé", max_length=120)
    titre = forms.CharField(label="Son titre", max_length=120, required=False)


class ReferenceForm(forms.Form):
    reference = forms.CharField(label="Référence du paiement", max_length=60)


class MotifForm(forms.Form):
    motif = forms.CharField(label="Motif", widget=forms.Textarea(attrs={"rows": 3}))


class MotifCourtForm(forms.Form):
    """Un motif qui se lit dans un tableau ou une lettre."""

    motif = forms.CharField(label="Motif", max_length=300)
