"""Les formulaires des retours sur papier : la pile, et la page à ranger."""

from typing import Any

from django import forms

from appels.forms.demande import FichiersField
from socle.models import Document


class PileForm(forms.Form):
    fichiers = FichiersField(
        label="Pile numérisée",
        help_text="Un PDF, ou plusieurs images (JPEG, PNG, TIFF), dans n'importe quel ordre.",
    )


class PageForm(forms.Form):
    document = forms.ModelChoiceField(
        queryset=Document.objects.none(),
        label="Document de la page",
        empty_label="Choisir un document",
        error_messages={"required": "Choisissez le document de cette page, ou écartez-la."},
    )

    def __init__(self, *args: Any, documents: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["document"].queryset = documents
