"""Le formulaire d'une somme reportée."""

from decimal import Decimal
from typing import Any

from django import forms

from appels.forms.demande import MontantField
from financement.models import Credit, Resolution
from financement.services.sommes_reportees import volets_d_accueil
from socle.templatetags.affichage import dollars


class CreditRenduField(forms.ModelChoiceField):
    """Un crédit, avec ce que le projet y a rendu ; ``restes`` : crédit → dollars."""

    restes: dict[int, Decimal] = {}

    def label_from_instance(self, credit: Credit) -> str:
        return f"{credit} : {dollars(self.restes[credit.pk])} non utilisés"


class VoletDAppelField(forms.ModelChoiceField):
    def label_from_instance(self, volet: Any) -> str:
        return f"{volet.appel.code}, {volet}"


class SommeReporteeForm(forms.Form):
    """Où passe ce qu'un projet n'a pas utilisé, et qui l'autorise."""

    credit = CreditRenduField(
        Credit.objects.none(), label="Prendre l'argent de", empty_label="Choisir un crédit"
    )
    montant = MontantField(label="Montant")
    volet = VoletDAppelField(None, label="Le passer au", empty_label="Choisir un volet")
    exercice = forms.IntegerField(
        label="Exercice finissant le 31 mars", min_value=2000, max_value=9999
    )
    resolution = forms.ModelChoiceField(
        Resolution.objects.none(),
        label="Résolution du report",
        empty_label="Choisir une résolution",
        help_text="Un report a sa propre résolution : elle ne décide d'aucune demande.",
    )
    autorisation = forms.CharField(
        label="Autorisation du bailleur",
        help_text="Le numéro ou la date de sa lettre, quand l'entente la demande.",
        max_length=120,
        required=False,
    )
    motif = forms.CharField(label="Motif", widget=forms.Textarea(attrs={"rows": 2}))

    def __init__(self, *args: Any, demande: Any, restes: dict[int, Decimal], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        credits = Credit.objects.filter(pk__in=restes).dans_l_ordre()
        self.fields["credit"].queryset = credits
        self.fields["credit"].restes = restes
        self.fields["volet"].queryset = volets_d_accueil()
        self.fields["resolution"].queryset = demande.appel.resolutions.filter(decisions=None)
        if len(restes) == 1:
            seul = credits.get()
            self.initial |= {
                "credit": seul.pk,
                "montant": restes[seul.pk],
                "volet": seul.volet_id,
                "exercice": seul.exercice + 1,
            }
