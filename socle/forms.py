"""Les formulaires de compte."""

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
