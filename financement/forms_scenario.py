"""Les formulaires des scénarios : la règle, une retouche, « et si »."""

from decimal import Decimal
from typing import Any

from django import forms

from appels.forms.champs import MontantField
from financement.candidats import cle_de, groupes_de
from financement.models import LigneScenario, Scenario

NOMS_DIMENSIONS = {"objectif": "Objectif", "secteur": "Secteur", "theme": "Thème"}


class ScenarioForm(forms.Form):
    nom = forms.CharField(label="Nom du scénario", max_length=80)
    regle = forms.ChoiceField(
        label="Comment choisir", choices=Scenario.Regle.choices, widget=forms.RadioSelect
    )
    dimensions = forms.MultipleChoiceField(
        label="Ce qu'il faut couvrir",
        choices=Scenario.Dimension.choices,
        widget=forms.CheckboxSelectMultiple,
        required=False,
        help_text="Seulement pour couvrir le plan. Un projet « Toute la ville » ne compte pour "
        "aucun secteur.",
    )
    plancher = forms.IntegerField(
        label="Plancher des montants",
        min_value=1,
        max_value=100,
        help_text="À 100\u00a0%, les montants sont pleins. À 80\u00a0%, un montant peut être "
        "réduit du cinquième pour que plus de projets tiennent.",
    )
    seuil = forms.DecimalField(
        label="Seuil de passage",
        min_value=0,
        max_value=100,
        max_digits=4,
        decimal_places=1,
        localize=True,
        help_text="En points sur 100.",
    )
    dispenses = forms.MultipleChoiceField(
        label="À ne pas exiger",
        widget=forms.CheckboxSelectMultiple,
        required=False,
        help_text="Ce que le comité renonce à couvrir.",
    )

    def __init__(self, *args: Any, appel: Any, scenario: Scenario | None = None, **kw: Any) -> None:
        initial = {"regle": "rang", "plancher": 100, "seuil": appel.seuil_passage}
        if scenario is not None:
            initial = {nom: getattr(scenario, nom) for nom in self.base_fields}
        super().__init__(*args, initial=initial, **kw)
        self.fields["plancher"].unite = "%"
        self.fields["dispenses"].choices = [
            (cle_de(groupe), f"{NOMS_DIMENSIONS[groupe[0]]} : {libelle}")
            for groupe, libelle in groupes_de(appel).items()
        ]

    def clean(self) -> dict[str, Any]:
        donnees = super().clean() or {}
        if donnees.get("regle") == "couverture" and not donnees.get("dimensions"):
            self.add_error("dimensions", "Choisissez ce qu'il faut couvrir.")
        return donnees


class RetoucheForm(forms.Form):
    """Une demande dans un scénario ; écrire un montant l'inclut."""

    sens = forms.ChoiceField(
        label="Choix", choices=[("", "Selon la règle"), *LigneScenario.Sens.choices[1:]],
        required=False,
    )  # fmt: skip
    montant = MontantField(label="Montant", required=False)
    motif = forms.CharField(label="Pourquoi", max_length=200, required=False)

    def __init__(self, *args: Any, ligne: LigneScenario, **kwargs: Any) -> None:
        initial = {
            "sens": ligne.retouche,
            "montant": ligne.montant_voulu,
            "motif": ligne.motif,
        }
        super().__init__(*args, initial=initial, prefix=f"d{ligne.demande_id}", **kwargs)
        self.ligne = ligne
        nom = f"{ligne.demande.code} {ligne.demande.titre}"
        for champ, classe, amorce in (
            ("sens", "form-select form-select-sm", ""),
            ("montant", "form-control form-control-sm", "Montant"),
            ("motif", "form-control form-control-sm", "Pourquoi"),
        ):
            attributs = {"class": classe, "aria-label": f"{self.fields[champ].label} — {nom}"}
            self.fields[champ].widget.attrs |= attributs
            if amorce:
                self.fields[champ].widget.attrs["placeholder"] = amorce

    def clean(self) -> dict[str, Any]:
        donnees = super().clean() or {}
        if donnees.get("montant") is not None and not donnees.get("sens"):
            donnees["sens"] = "inclure"
        return donnees


class EtSiForm(forms.Form):
    enveloppe = forms.IntegerField(
        label="Enveloppes",
        min_value=50,
        max_value=150,
        widget=forms.NumberInput(attrs={"type": "range", "step": 5, "class": "form-range"}),
        help_text="En pour cent de ce qu'elles sont : de 50 à 150.",
    )
    seuil = forms.IntegerField(
        label="Seuil de passage",
        min_value=0,
        max_value=100,
        widget=forms.NumberInput(attrs={"type": "range", "step": 1, "class": "form-range"}),
        help_text="En points sur 100.",
    )

    def __init__(self, donnees: Any, *, scenario: Scenario) -> None:
        self.depart = {"enveloppe": 100, "seuil": int(scenario.seuil)}
        super().__init__(donnees if donnees else self.depart)

    def valeurs(self) -> tuple[int, Decimal]:
        """L'enveloppe (pour cent) et le seuil ; ceux du scénario si ce qui est écrit ne va pas."""
        donnees = self.cleaned_data if self.is_valid() else self.depart
        return donnees["enveloppe"], Decimal(donnees["seuil"])
