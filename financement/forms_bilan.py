"""Les textes que la Ville écrit dans le bilan d'un appel."""

from typing import Any

from django import forms

from financement.models import RecitBilan

LONGUEUR_MAX = 6000


class RecitsForm(forms.Form):
    """Un champ par partie ; aucune n'est obligatoire."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for partie, libelle in RecitBilan.Partie.choices:
            self.fields[partie] = forms.CharField(
                label=libelle,
                required=False,
                max_length=LONGUEUR_MAX,
                widget=forms.Textarea(attrs={"rows": 6}),
            )
