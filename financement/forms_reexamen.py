"""Les formulaires du réexamen : le demander, le confier, y répondre."""

from typing import Any

from django import forms

from socle.models import Utilisateur


class ReexamenForm(forms.Form):
    motifs = forms.CharField(
        label="Quelle erreur de procédure invoquez-vous ?",
        help_text="Le réexamen porte sur la procédure, pas sur la note donnée par le comité.",
        widget=forms.Textarea(attrs={"rows": 5}),
        error_messages={"required": "Dites quelle erreur de procédure vous invoquez."},
    )


class ReponseReexamenForm(forms.Form):
    suite = forms.ChoiceField(
        label="Réponse",
        choices=(
            ("maintenir", "Maintenir la décision"),
            ("accueillir", "Accueillir la demande : la demande est rouverte"),
        ),
        widget=forms.RadioSelect,
        error_messages={"required": "Dites si la décision est maintenue ou la demande rouverte."},
    )
    reponse = forms.CharField(
        label="Réponse motivée",
        widget=forms.Textarea(attrs={"rows": 4}),
        error_messages={"required": "Écrivez pourquoi : l'organisme le lira dans sa lettre."},
    )


class ConfierForm(forms.Form):
    personne = forms.ModelChoiceField(
        Utilisateur.objects.none(),
        label="Confier à",
        empty_label="Choisir une personne",
        help_text="Seules les personnes qui n'ont pris aucune part à la demande sont proposées.",
    )

    def __init__(self, *args: Any, personnes: list[Utilisateur], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["personne"].queryset = Utilisateur.objects.filter(
            pk__in=[personne.pk for personne in personnes]
        ).order_by("nom")
