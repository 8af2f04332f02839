"""Les formulaires de la convention et des versements."""

from typing import Any

from django import forms


class ConsentementForm(forms.Form):
    """La phrase que la personne accepte est gardée mot pour mot avec sa signature."""

    consentement = forms.BooleanField(
        error_messages={"required": "Cochez la case pour signer : elle est obligatoire."}
    )

    def __init__(self, *args: Any, phrase: str, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.phrase = self.fields["consentement"].label = phrase


class SignatureForm(ConsentementForm):
    nom = forms.CharField(label="Votre nom complet", max_length=120)
    titre = forms.CharField(label="Votre titre", max_length=120)

    field_order = ("nom", "titre", "consentement")

    def __init__(self, *args: Any, sujet: str, **kwargs: Any) -> None:
        phrase = (
            f"Je suis une personne autorisée à signer pour l'organisme, j'ai lu {sujet} et je "
            "l'accepte. Je veux que ma signature en ligne engage l'organisme."
        )
        super().__init__(*args, phrase=phrase, **kwargs)

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
