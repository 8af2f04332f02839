"""Les formulaires d'un appel : dates, règles, volets, critères, documents."""

from typing import Any

from django import forms
from django.forms import formset_factory

from appels.models import Appel, Besoin, Critere, Objectif, PieceExigee, Volet


class DateHeureInput(forms.DateTimeInput):
    input_type = "datetime-local"

    def __init__(self) -> None:
        super().__init__(format="%Y-%m-%dT%H:%M")


class DateInput(forms.DateInput):
    input_type = "date"

    def __init__(self) -> None:
        super().__init__(format="%Y-%m-%d")


def _dates(*noms: str) -> dict[str, forms.Widget]:
    return {nom: DateInput() for nom in noms}


class InformationForm(forms.ModelForm):
    class Meta:
        model = Appel
        fields = (
            "code",
            "titre",
            "plan",
            "ouverture",
            "cloture",
            "seance_information",
            "seance_comite",
            "seance_conseil",
            "projet_debut",
            "projet_fin",
            "rapport_etape_le",
            "rapport_final_le",
            "delai_complement_jours",
        )
        widgets = {
            "ouverture": DateHeureInput(),
            "cloture": DateHeureInput(),
            **_dates(
                "seance_information",
                "seance_comite",
                "seance_conseil",
                "projet_debut",
                "projet_fin",
                "rapport_etape_le",
                "rapport_final_le",
            ),
        }

    def clean(self) -> dict[str, Any]:
        donnees = super().clean()
        ouverture, cloture = donnees.get("ouverture"), donnees.get("cloture")
        if ouverture and cloture and cloture <= ouverture:
            self.add_error("cloture", "La clôture doit suivre l'ouverture.")
        debut, fin = donnees.get("projet_debut"), donnees.get("projet_fin")
        if debut and fin and fin < debut:
            self.add_error("projet_fin", "La fin des projets doit suivre leur début.")
        return donnees


class TexteForm(forms.ModelForm):
    class Meta:
        model = Appel
        fields = ("presentation", "admissibilite", "depenses_admissibles", "contact")
        widgets = {nom: forms.Textarea(attrs={"rows": 5}) for nom in fields}


class ReglesForm(forms.ModelForm):
    class Meta:
        model = Appel
        fields = (
            "taux_aide_max",
            "cumul_public_max",
            "contribution_milieu_min",
            "frais_administration_max",
            "ecart_poste_sans_avenant",
            "seuil_passage",
            "seuil_alerte_ecart",
            "quorum",
            "evaluations_min",
            "reexamen_jours",
        )
        help_texts = dict.fromkeys(
            (
                "taux_aide_max",
                "cumul_public_max",
                "contribution_milieu_min",
                "frais_administration_max",
                "ecart_poste_sans_avenant",
            ),
            "Une part de 0 à 1 : 0,80 veut dire 80 %.",
        )


class BesoinsForm(forms.Form):
    objectifs = forms.ModelMultipleChoiceField(
        Objectif.objects.none(),
        label="Objectifs servis",
        widget=forms.CheckboxSelectMultiple,
        required=False,
    )
    besoins = forms.ModelMultipleChoiceField(
        Besoin.objects.none(),
        label="Besoins de la consultation que l'appel vise",
        widget=forms.CheckboxSelectMultiple,
        required=False,
    )

    def __init__(self, *args: Any, appel: Appel, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["objectifs"].queryset = appel.plan.objectifs.all()
        self.fields["besoins"].queryset = appel.plan.besoins.all()


class VoletForm(forms.ModelForm):
    mifi = forms.DecimalField(
        label="Part du MIFI", min_value=0, max_digits=12, decimal_places=2, localize=True
    )
    part_ville = forms.DecimalField(
        label="Part de la Ville", min_value=0, max_digits=12, decimal_places=2, localize=True
    )

    class Meta:
        model = Volet
        fields = ("no", "nom", "plafond")
        localized_fields = ("plafond",)

    def contenu(self) -> dict[str, Any]:
        """Le volet tel que le service l'attend."""
        donnees = self.cleaned_data
        return {
            "no": donnees["no"],
            "nom": donnees["nom"],
            "plafond": donnees["plafond"],
            "sources": [
                {"bailleur": "MIFI", "montant": donnees["mifi"]},
                {"bailleur": "Ville", "montant": donnees["part_ville"]},
            ],
        }


class CritereForm(forms.ModelForm):
    class Meta:
        model = Critere
        fields = ("code", "libelle", "description", "poids", "note_min", "note_max")
        widgets = {"description": forms.Textarea(attrs={"rows": 2})}
        localized_fields = ("poids",)

    def clean(self) -> dict[str, Any]:
        donnees = super().clean()
        bas, haut = donnees.get("note_min"), donnees.get("note_max")
        if bas is not None and haut is not None and haut <= bas:
            self.add_error("note_max", "La note maximale doit dépasser la note minimale.")
        return donnees

    def contenu(self) -> dict[str, Any]:
        return {nom: self.cleaned_data[nom] for nom in self.Meta.fields}


class PieceExigeeForm(forms.ModelForm):
    class Meta:
        model = PieceExigee
        fields = ("code", "libelle", "description", "obligatoire")

    def contenu(self) -> dict[str, Any]:
        return {nom: self.cleaned_data[nom] for nom in self.Meta.fields}


VoletsFormSet = formset_factory(VoletForm, extra=1, can_delete=True)
CriteresFormSet = formset_factory(CritereForm, extra=2, can_delete=True)
PiecesFormSet = formset_factory(PieceExigeeForm, extra=2, can_delete=True)


class ReportForm(forms.Form):
    cloture = forms.DateTimeField(label="Nouvelle clôture", widget=DateHeureInput())
    motif = forms.CharField(label="Motif", widget=forms.Textarea(attrs={"rows": 3}))


class MotifForm(forms.Form):
    motif = forms.CharField(label="Motif", widget=forms.Textarea(attrs={"rows": 3}))
