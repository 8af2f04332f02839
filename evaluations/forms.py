"""Les formulaires du comité. Ils lisent ce qui est saisi ; les règles sont dans les services."""

import re
from decimal import Decimal
from typing import Any

from django import forms

from appels.models import Demande
from evaluations.models import MembreComite, Recommandation


class MontantField(forms.DecimalField):
    """Un montant en dollars, à la virgule ou au point, avec ou sans espaces (regles.md, 3)."""

    widget = forms.TextInput(attrs={"inputmode": "decimal", "autocomplete": "off"})

    def to_python(self, value: Any) -> Any:
        if isinstance(value, str):
            value = re.sub(r"[\s\u00a0\u202f$]", "", value).replace(",", ".")
        return super().to_python(value)

    def prepare_value(self, value: Any) -> Any:
        return str(value).replace(".", ",") if isinstance(value, Decimal) else value


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


class SeanceForm(forms.Form):
    date = forms.DateTimeField(
        label="Date et heure",
        widget=forms.DateTimeInput(attrs={"type": "datetime-local"}, format="%Y-%m-%dT%H:%M"),
        input_formats=["%Y-%m-%dT%H:%M", "%Y-%m-%d %H:%M"],
    )
    lieu = forms.CharField(label="Lieu", max_length=200, required=False)
    notes = forms.CharField(
        label="Notes de séance",
        required=False,
        max_length=10000,
        help_text="Elles paraissent au compte rendu.",
        widget=forms.Textarea(attrs={"rows": 4}),
    )


class PresencesForm(forms.Form):
    presents = forms.ModelMultipleChoiceField(
        label="Personnes présentes",
        queryset=MembreComite.objects.none(),
        widget=forms.CheckboxSelectMultiple,
        required=False,
    )

    def __init__(self, *args: Any, seance: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["presents"].queryset = (
            seance.appel.membres.filter(actif=True).select_related("utilisateur").order_by("code")
        )
        self.fields["presents"].initial = list(
            seance.presences.filter(presente=True, depart_le=None).values_list("membre", flat=True)
        )


class RecommandationForm(forms.Form):
    avis = forms.ChoiceField(
        label="Que recommande le comité ?", choices=Recommandation.Avis, widget=forms.RadioSelect
    )
    montant = MontantField(
        label="Montant recommandé",
        required=False,
        min_value=0,
        max_digits=12,
        decimal_places=2,
        help_text="Sans objet pour un avis défavorable ou une mise en liste d'attente.",
    )
    motifs = forms.CharField(
        label="Motifs", max_length=6000, widget=forms.Textarea(attrs={"rows": 4})
    )
    conditions = forms.CharField(
        label="Conditions",
        required=False,
        max_length=4000,
        help_text="Une par ligne.",
        widget=forms.Textarea(attrs={"rows": 3}),
    )

    def __init__(self, *args: Any, demande: Demande, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.criteres = list(demande.appel.criteres.all())
        for critere in self.criteres:
            self.fields[f"motif_{critere.pk}"] = forms.CharField(
                label=critere.libelle,
                required=False,
                max_length=2000,
                widget=forms.Textarea(attrs={"rows": 2}),
            )

    def motifs_par_critere(self) -> dict[str, str]:
        return {c.code: self.cleaned_data[f"motif_{c.pk}"] for c in self.criteres}

    def champs_motifs(self) -> list[forms.BoundField]:
        return [self[f"motif_{critere.pk}"] for critere in self.criteres]

    def clean(self) -> dict[str, Any]:
        donnees = super().clean()
        if donnees.get("avis") in {"defavorable", "liste_attente"}:
            donnees["montant"] = 0
        return donnees
