"""Les formulaires de compte."""

from typing import Any

from allauth.account.forms import SignupForm
from django import forms


class InscriptionForm(SignupForm):
    """Ouvrir un compte : un nom, une adresse, un mot de passe."""

    nom = forms.CharField(
        label="Votre nom",
        max_length=120,
        widget=forms.TextInput(attrs={"autocomplete": "name"}),
    )

    field_order = ("nom", "email", "password1", "password2")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        # Le sommaire des erreurs nomme les champs comme la page.
        self.fields["email"].label = "Adresse courriel"
        self.fields["password1"].help_text = (
            "Au moins 8 caractères, pas seulement des chiffres ; ni votre nom, ni un mot de passe "
            "courant."
        )
        self.fields["password2"].label = "Mot de passe, encore une fois"
