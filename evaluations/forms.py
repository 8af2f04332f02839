"""Les formulaires du comité. Ils lisent ce qui est saisi ; les règles sont dans les services."""

from typing import Any

from django import forms

from appels.models import Demande
from evaluations.models import MembreComite


class MotifForm(forms.Form):
    motif = forms.CharField(
        label="Motif",
        max_length=2000,
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text="Il est inscrit au journal, et la personne le lit.",
    )


class MembreForm(forms.Form):
    courriel = forms.EmailField(label="Courriel", max_length=254)
    nom = forms.CharField(
        label="Nom",
        max_length=120,
        required=False,
        help_text="Exigé si cette adresse n'a pas encore de compte.",
    )
    qualite = forms.CharField(
        label="À titre de",
        max_length=200,
        required=False,
        help_text="Exemple : partenaire communautaire.",
    )
    role = forms.ChoiceField(
        label="Rôle", choices=MembreComite.Role, initial=MembreComite.Role.MEMBRE
    )


class ChargeForm(forms.Form):
    """Ce qu'un membre accepte de lire."""

    charge_max = forms.IntegerField(
        label="Demandes à lire, au plus",
        required=False,
        min_value=1,
        max_value=9999,
        help_text="Vide : autant que les autres. Ce qui lui est déjà confié reste.",
        widget=forms.NumberInput(attrs={"inputmode": "numeric"}),
    )


class AffectationForm(forms.Form):
    """Choisir à la main qui lit une demande."""

    membres = forms.ModelMultipleChoiceField(
        label="Membres qui lisent cette demande",
        queryset=MembreComite.objects.none(),
        widget=forms.CheckboxSelectMultiple,
        required=False,
    )

    def __init__(self, *args: Any, demande: Demande, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        recuses = demande.affectations.filter(etat="recusee").values("membre")
        self.fields["membres"].queryset = (
            demande.appel.membres.filter(actif=True)
            .exclude(utilisateur__adhesions__organisme=demande.organisme_id)
            .exclude(pk__in=recuses)
            .select_related("utilisateur")
            .order_by("code")
        )
        self.fields["membres"].initial = list(
            demande.affectations.exclude(etat="recusee").values_list("membre", flat=True)
        )
