"""Les formulaires d'un rapport : textes, dépenses réelles, examen."""

from collections.abc import Iterable
from typing import Any

from django import forms
from django.forms import BoundField

from appels.forms.demande import MontantField
from appels.models.budget import CategorieDepense
from financement.models import DepenseReelle, Rapport
from socle.lignes import LigneForm, lignes


class RapportForm(forms.ModelForm):
    autres_aides_publiques = MontantField(label="Autres aides publiques reçues", required=False)

    class Meta:
        model = Rapport
        fields = ("activites", "resultats", "ecarts", "autres_aides_publiques")
        widgets = {nom: forms.Textarea(attrs={"rows": 5}) for nom in fields[:3]}

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for nom in ("activites", "resultats", "ecarts"):
            self.fields[nom].surveille_noms = True
        # Un brouillon s'enregistre sans eux ; le dépôt les demande.
        self.fields["activites"].attendu = True
        self.fields["resultats"].attendu = self.instance.nature == Rapport.Nature.FINAL
        self.fields["autres_aides_publiques"].attendu = self.fields["resultats"].attendu


class DepenseForm(LigneForm):
    """Une dépense ; la ligne du budget qu'on laisse sans montant est ignorée."""

    categorie = forms.ChoiceField(label="Catégorie", choices=CategorieDepense.choices)
    libelle = forms.CharField(label="Précision", max_length=200, required=False)
    montant = MontantField(label="Montant réel", required=False)

    def clean(self) -> dict[str, Any]:
        donnees = super().clean() or {}
        decrite = donnees.get("libelle") and "libelle" in self.changed_data
        oubli = self.complet and decrite and donnees.get("montant") is None
        if oubli and not donnees.get("DELETE") and "montant" not in self.errors:
            self.add_error("montant", "Écrivez le montant de cette ligne, ou cochez « Retirer ».")
        return donnees


DepensesFormSet = lignes(DepenseForm)


class ExamenForm(forms.Form):
    """Accepter, avec les dépenses refusées et leur motif ; ou renvoyer, avec des remarques."""

    suite = forms.ChoiceField(
        choices=(("accepter", "Accepter le rapport"), ("renvoyer", "Renvoyer à corriger")),
        error_messages={"required": "Acceptez le rapport ou renvoyez-le."},
    )
    remarques = forms.CharField(
        label="Ce qui doit être corrigé",
        help_text="À écrire pour renvoyer le rapport.",
        widget=forms.Textarea(attrs={"rows": 4}),
        required=False,
    )
    remarques.attendu = True

    def __init__(self, *args: Any, depenses: Iterable[DepenseReelle], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.depenses = list(depenses)
        for depense in self.depenses:
            self.fields[f"refuser-{depense.pk}"] = forms.BooleanField(
                label=f"Refuser {depense}", required=False
            )
            motif = forms.CharField(
                label=f"Motif du refus : {depense}", max_length=300, required=False
            )
            motif.attendu = True
            self.fields[f"motif-{depense.pk}"] = motif

    def lignes(self) -> list[tuple[DepenseReelle, BoundField, BoundField]]:
        return [(d, self[f"refuser-{d.pk}"], self[f"motif-{d.pk}"]) for d in self.depenses]

    def refusees(self) -> dict[int, str]:
        """Dépense refusée → motif."""
        return {
            d.pk: self.cleaned_data.get(f"motif-{d.pk}", "")
            for d in self.depenses
            if self.cleaned_data.get(f"refuser-{d.pk}")
        }

    def clean(self) -> dict[str, Any]:
        donnees = super().clean() or {}
        suite = donnees.get("suite")
        if suite == "renvoyer" and not donnees.get("remarques") and "remarques" not in self.errors:
            self.add_error("remarques", "Écrivez ce qui doit être corrigé.")
        if suite == "accepter":
            for pk, motif in self.refusees().items():
                if not motif and f"motif-{pk}" not in self.errors:
                    self.add_error(
                        f"motif-{pk}", "Écrivez pourquoi la dépense n'est pas admissible."
                    )
        return donnees
