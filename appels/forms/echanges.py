"""Les formulaires de l'échange entre un organisme et la Ville."""

from django import forms

from appels.services.echanges import LONGUEUR_MAX


class MessageForm(forms.Form):
    """``dernier_vu`` : le dernier message que la page montrait ; la page l'écrit elle-même."""

    texte = forms.CharField(
        label="Votre message",
        widget=forms.Textarea(attrs={"rows": 6}),
        max_length=LONGUEUR_MAX,
        error_messages={"required": "Écrivez votre message."},
    )


class DernierVuForm(forms.Form):
    dernier_vu = forms.IntegerField(min_value=0)
