"""Les formulaires de la consultation : elle-même, ses ateliers, ce qui s'y dit, ses étapes."""

from typing import Any

from django import forms

from appels.forms.appel import DateInput
from appels.models import (
    Atelier,
    Consultation,
    EtapeDemarche,
    GroupeAtelier,
    Instance,
    PointSouleve,
    QuestionAtelier,
)
from socle.lignes import LigneForm, lignes


class ConsultationForm(forms.ModelForm):
    class Meta:
        model = Consultation
        fields = ("plan", "titre", "source")


class _LigneModele(LigneForm, forms.ModelForm):
    pk = forms.IntegerField(required=False, widget=forms.HiddenInput)

    def contenu(self) -> dict[str, Any]:
        return {nom: self.cleaned_data[nom] for nom in (*self.Meta.fields, "pk")}


class InstanceForm(_LigneModele):
    class Meta:
        model = Instance
        fields = ("nom", "role")


class QuestionAtelierForm(_LigneModele):
    class Meta:
        model = QuestionAtelier
        fields = ("texte",)


class GroupeAtelierForm(_LigneModele):
    class Meta:
        model = GroupeAtelier
        fields = ("nom", "personnes")


InstancesFormSet = lignes(InstanceForm)
QuestionsFormSet = lignes(QuestionAtelierForm)
GroupesFormSet = lignes(GroupeAtelierForm)


class AtelierForm(forms.ModelForm):
    class Meta:
        model = Atelier
        fields = ("date", "lieu", "personnes", "organisations", "groupe_min", "groupe_max")
        widgets = {"date": DateInput()}
        help_texts = {
            "personnes": "Un nombre, jamais une liste de noms.",
            "groupe_min": "Si les groupes n'ont pas de nom : le nombre de personnes du plus petit.",
        }


class PointForm(forms.ModelForm):
    class Meta:
        model = PointSouleve
        fields = ("genre", "texte", "question", "groupe", "besoins")
        widgets = {"genre": forms.RadioSelect, "besoins": forms.CheckboxSelectMultiple}
        labels = {"question": "En réponse à", "groupe": "Groupe"}
        help_texts = {
            "texte": "Ce qui a été dit, sans le nom de qui l'a dit.",
            "groupe": "Ne paraît pas en public : un petit groupe dirait qui a parlé.",
            "besoins": "Ce que ce point est devenu dans le plan.",
        }

    def __init__(self, *args: Any, atelier: Atelier, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["genre"].choices = PointSouleve.Genre.choices
        self.fields["question"].queryset = atelier.questions.all()
        self.fields["groupe"].queryset = atelier.groupes.all()
        self.fields["besoins"].queryset = atelier.consultation.plan.besoins.order_by(
            "theme__ordre", "code"
        )


class EtapeForm(forms.ModelForm):
    class Meta:
        model = EtapeDemarche
        fields = ("libelle", "detail", "prevue_le", "au_mois", "faite_le")
        widgets = {"prevue_le": DateInput(), "faite_le": DateInput()}
        labels = {"au_mois": "Seul le mois est connu : ne montrer que lui"}
        help_texts = {"faite_le": "Vide tant que l'étape n'est pas faite."}
