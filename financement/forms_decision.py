"""Les formulaires de la résolution, de la décision, du lot, des réserves et du transfert."""

from typing import Any

from django import forms

from appels.forms.appel import DateInput
from appels.forms.demande import MontantField
from financement.models import Credit, Decision, Reserve, Resolution
from socle.templatetags.affichage import dollars

AVIS_EN_RESULTAT = {"defavorable": "refusee", "liste_attente": "liste_attente"}


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


class ReserveForm(forms.ModelForm):
    """Une réserve ; sans texte, elle n'existe pas."""

    class Meta:
        model = Reserve
        fields = ("texte", "verificateur", "echeance")
        widgets = {"echeance": DateInput()}
        labels = {"texte": "À lever avant la convention"}

    def __init__(self, *args: Any, verificateurs: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["verificateur"].queryset = verificateurs
        self.fields["verificateur"].empty_label = "Choisir une personne"


ReservesFormSet = forms.formset_factory(ReserveForm, extra=2, max_num=10)


def reserves_saisies(reserves: forms.BaseFormSet) -> list[dict[str, Any]]:
    """Ce que ``poser_reserves`` attend, des lignes remplies."""
    return [ligne.cleaned_data for ligne in reserves if ligne.cleaned_data.get("texte")]


class LeverForm(forms.Form):
    constat = forms.CharField(label="Ce que vous avez constaté", max_length=300)


class LotForm(forms.Form):
    resolution = forms.ModelChoiceField(
        Resolution.objects.none(), label="Sous la résolution", empty_label=None
    )

    def __init__(self, *args: Any, appel: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["resolution"].queryset = appel.resolutions.all()


class LigneLotForm(forms.Form):
    """La décision d'une demande dans un lot, remplie de ce que le comité a recommandé."""

    retenue = forms.BooleanField(label="Décider maintenant", required=False)
    resultat = forms.ChoiceField(label="Décision", choices=Decision.Resultat.choices)
    montant_accorde = MontantField(label="Montant accordé", required=False)
    motifs = forms.CharField(
        label="Motifs", widget=forms.Textarea(attrs={"rows": 2}), required=False
    )
    rang_attente = forms.IntegerField(label="Rang", min_value=1, max_value=999, required=False)
    attente_jusqu_au = forms.DateField(label="Valable jusqu'au", widget=DateInput(), required=False)

    def __init__(
        self, *args: Any, demande: Any, avis: Any, rang: int | None, **kwargs: Any
    ) -> None:
        self.demande, self.avis = demande, avis
        initial = {
            "retenue": True,
            "resultat": AVIS_EN_RESULTAT.get(avis.avis, "acceptee"),
            "montant_accorde": avis.montant or None,
            "motifs": avis.motifs,
            "rang_attente": rang,
            "attente_jusqu_au": demande.appel.projet_fin if rang else None,
        }
        super().__init__(*args, initial=initial, prefix=f"d{demande.pk}", **kwargs)

    @property
    def est_retenue(self) -> bool:
        """Cochée, à la lecture comme à l'envoi."""
        return bool(self["retenue"].value())

    def arguments(self) -> dict[str, Any]:
        """Une ligne de ``decider_lot``."""
        donnees = {nom: valeur for nom, valeur in self.cleaned_data.items() if nom != "retenue"}
        return donnees | {
            "demande": self.demande,
            "montant_accorde": donnees["montant_accorde"] or 0,
            "motifs_par_critere": self.avis.motifs_par_critere,
            "conditions": self.avis.conditions,
        }


class CreditField(forms.ModelChoiceField):
    def label_from_instance(self, credit: Credit) -> str:
        return f"{credit} : {dollars(credit.libre)} libres"


class TransfertForm(forms.Form):
    resolution = forms.ModelChoiceField(
        Resolution.objects.none(),
        label="Résolution du transfert",
        empty_label="Choisir une résolution",
        help_text="Un transfert a sa propre résolution : elle ne décide d'aucune demande.",
    )
    credit = CreditField(
        Credit.objects.none(),
        label="Prendre l'argent de",
        empty_label="Choisir un crédit",
        help_text="L'argent garde sa source et son exercice.",
    )
    volet = forms.ModelChoiceField(None, label="Le passer au", empty_label="Choisir un volet")
    montant = MontantField(label="Montant")
    motif = forms.CharField(label="Motif", widget=forms.Textarea(attrs={"rows": 2}))

    def __init__(self, *args: Any, appel: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["resolution"].queryset = appel.resolutions.filter(decisions=None)
        self.fields["credit"].queryset = Credit.objects.filter(volet__appel=appel).dans_l_ordre()
        self.fields["volet"].queryset = appel.volets.order_by("no")
