"""Les formulaires de la décision, de la convention et des versements."""

from typing import Any

from django import forms

from appels.forms.appel import DateInput
from appels.forms.demande import MontantField
from financement.models import Decision, Resolution


class ResolutionForm(forms.ModelForm):
    class Meta:
        model = Resolution
        fields = ("numero", "date", "extrait")
        widgets = {"date": DateInput()}


class DecisionForm(forms.Form):
    resolution = forms.ModelChoiceField(
        Resolution.objects.none(), label="Résolution", empty_label="Choisir une résolution"
    )
    resultat = forms.ChoiceField(
        label="Décision", choices=Decision.Resultat.choices, widget=forms.RadioSelect
    )
    montant_accorde = MontantField(label="Montant accordé", required=False)
    motifs = forms.CharField(
        label="Motifs", widget=forms.Textarea(attrs={"rows": 3}), required=False
    )
    conditions = forms.CharField(
        label="Conditions (une par ligne)",
        widget=forms.Textarea(attrs={"rows": 2}),
        required=False,
    )
    rang_attente = forms.IntegerField(
        label="Rang en liste d'attente", min_value=1, max_value=999, required=False
    )
    attente_jusqu_au = forms.DateField(
        label="Liste d'attente valable jusqu'au", widget=DateInput(), required=False
    )

    def __init__(self, *args: Any, appel: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["resolution"].queryset = appel.resolutions.all()

    def arguments(self) -> dict[str, Any]:
        return {**self.cleaned_data, "montant_accorde": self.cleaned_data["montant_accorde"] or 0}


class LotForm(forms.Form):
    resolution = forms.ModelChoiceField(
        Resolution.objects.none(), label="Sous la résolution", empty_label=None
    )

    def __init__(self, *args: Any, appel: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["resolution"].queryset = appel.resolutions.all()


class ConsentementForm(forms.Form):
    """La phrase que la personne accepte est gardée mot pour mot avec sa signature."""

    consentement = forms.BooleanField()

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


class ReexamenForm(forms.Form):
    motifs = forms.CharField(
        label="Quelle erreur de procédure invoquez-vous ?",
        help_text="Le réexamen porte sur la procédure, pas sur la note donnée par le comité.",
        widget=forms.Textarea(attrs={"rows": 5}),
    )


class ReponseReexamenForm(forms.Form):
    suite = forms.ChoiceField(
        label="Réponse",
        choices=(
            ("maintenir", "Maintenir la décision"),
            ("accueillir", "Accueillir la demande : la demande est rouverte"),
        ),
        widget=forms.RadioSelect,
    )
    reponse = forms.CharField(label="Réponse motivée", widget=forms.Textarea(attrs={"rows": 4}))
