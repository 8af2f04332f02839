"""Remplir une demande : le projet, les réponses, le budget, les pièces.

Un brouillon s'enregistre même incomplet : rien n'y est obligatoire, ce qui manque se dit à côté.
"""

from typing import Any

from django import forms

from appels.forms.champs import MontantField
from appels.models import Demande
from appels.models.budget import CategorieDepense, Source, SourceRevenu
from appels.models.demande import Secteur
from socle.lignes import LigneForm, lignes


class ProjetForm(forms.ModelForm):
    class Meta:
        model = Demande
        fields = ("titre", "volet", "secteur", "resume", "besoins")
        widgets = {
            "resume": forms.Textarea(attrs={"rows": 5}),
            "volet": forms.RadioSelect,
            "besoins": forms.CheckboxSelectMultiple,
        }

    secteur = forms.ChoiceField(
        label="Secteur de la ville",
        choices=[("", "Choisir un secteur"), *Secteur.choices],
        required=False,
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        appel = self.instance.appel
        for champ in self.fields.values():
            champ.required, champ.attendu = False, True
        self.fields["volet"].queryset = appel.volets.all()
        self.fields["volet"].empty_label = None
        vises = appel.besoins.all()
        self.fields["besoins"].queryset = vises if vises.exists() else appel.plan.besoins.all()
        self.fields["besoins"].help_text = "Cochez ceux auxquels le projet répond vraiment."


class LigneBudgetForm(LigneForm):
    """Une ligne du budget : sans montant ni précision, elle est vide et ne compte pas."""

    def clean(self) -> dict[str, Any]:
        donnees = super().clean() or {}
        oubli = self.complet and donnees.get("libelle") and donnees.get("montant") is None
        if oubli and not donnees.get("DELETE") and "montant" not in self.errors:
            self.add_error("montant", "Écrivez le montant de cette ligne, ou cochez « Retirer ».")
        return donnees


class PosteForm(LigneBudgetForm):
    categorie = forms.ChoiceField(label="Catégorie", choices=CategorieDepense.choices)
    libelle = forms.CharField(label="Précision", max_length=200, required=False)
    montant = MontantField(label="Montant", required=False)
    admissible = forms.BooleanField(label="Admissible", required=False, initial=True)
    cle = forms.UUIDField(required=False, widget=forms.HiddenInput)
    soumission = forms.FileField(label="Soumission", required=False)


class RevenuForm(LigneBudgetForm):
    source = forms.ChoiceField(label="Source", choices=Source.choices)
    libelle = forms.CharField(label="Précision", max_length=200, required=False)
    statut = forms.ChoiceField(label="Statut", choices=SourceRevenu.Statut.choices)
    montant = MontantField(label="Montant", required=False)


class AideDemandeeForm(forms.Form):
    montant_demande = MontantField(label="Montant demandé à la Ville", required=False)
    contribution_nature = MontantField(
        label="Contribution en nature",
        help_text="Prêts et bénévolat : comptés à part, hors des totaux.",
        required=False,
    )


PostesFormSet = lignes(PosteForm)
RevenusFormSet = lignes(RevenuForm)


class FichiersInput(forms.ClearableFileInput):
    allow_multiple_selected = True


class FichiersField(forms.FileField):
    """Un ou plusieurs fichiers, choisis d'un coup ; rend une liste."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(widget=FichiersInput(attrs={"multiple": True}), **kwargs)

    def clean(self, data: Any, initial: Any = None) -> list[Any]:
        fichiers = data if isinstance(data, list | tuple) else [data]
        return [
            super(FichiersField, self).clean(fichier, initial) for fichier in fichiers or [None]
        ]


class PieceForm(forms.Form):
    fichier = FichiersField(
        label="Fichier",
        error_messages={
            "required": "Choisissez d'abord un fichier.",
            "empty": "Ce fichier est vide.",
        },
    )


class DepotForm(forms.Form):
    signataire = forms.CharField(label="Nom de la personne autorisée à signer", max_length=160)
    exactitude = forms.BooleanField(
        label="J'ai l'autorisation de déposer cette demande, et ce qu'elle contient est exact."
    )
