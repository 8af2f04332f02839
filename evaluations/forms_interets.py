"""Ce qu'un membre dit avant de lire : ses liens, ses thèmes, son employeur, ses souhaits."""

from collections.abc import Iterable, Mapping
from typing import Any

from django import forms

from appels.models import Demande, Theme
from evaluations.models import Affectation, MembreComite, Souhait
from evaluations.services.comite import Declaration

OUI_NON = (("non", "Non, aucun lien"), ("oui", "Oui, je me récuse"))
LIENS = (("", "Choisir le lien"), *Affectation.Lien.choices)
LIEN = "lien"
SOUHAITS = (
    (str(Souhait.Sens.VOLONTIERS), "Volontiers"),
    ("0", "Sans préférence"),
    (str(Souhait.Sens.PLUTOT_NON), "Plutôt non"),
    (LIEN, "J'ai un lien : je me récuse"),
)


class InteretsForm(forms.Form):
    """Une déclaration par demande : rien d'elle n'est montré que l'organisme et le titre.

    ``indices`` : les liens possibles à signaler, par identifiant de demande.
    """

    def __init__(
        self,
        *args: Any,
        affectations: Iterable[Affectation],
        indices: Mapping[int, tuple[str, ...]],
        **kwargs: Any,
    ) -> None:
        super().__init__(*args, **kwargs)
        self.affectations = list(affectations)
        self.indices = indices
        for affectation in self.affectations:
            cle = affectation.pk
            titre = affectation.demande.titre
            self.fields[f"conflit_{cle}"] = forms.ChoiceField(
                label=f"Avez-vous un lien avec « {titre} » ou son organisme ?",
                choices=OUI_NON,
                widget=forms.RadioSelect,
                required=False,
            )
            self.fields[f"lien_{cle}"] = forms.ChoiceField(
                label="Si oui, quel lien ?", choices=LIENS, required=False
            )
            self.fields[f"precision_{cle}"] = forms.CharField(
                label="Précision", max_length=300, required=False
            )

    def lignes(self) -> list[dict[str, Any]]:
        """Pour le gabarit : chaque affectation, ses liens possibles et ses trois champs."""
        return [
            {
                "affectation": affectation,
                "indices": self.indices.get(affectation.demande_id, ()),
                "conflit": self[f"conflit_{affectation.pk}"],
                "lien": self[f"lien_{affectation.pk}"],
                "precision": self[f"precision_{affectation.pk}"],
            }
            for affectation in self.affectations
        ]

    def clean(self) -> dict[str, Any]:
        donnees = super().clean()
        for affectation in self.affectations:
            cle = affectation.pk
            if donnees.get(f"conflit_{cle}") == "oui" and not donnees.get(f"lien_{cle}"):
                self.add_error(f"lien_{cle}", "Dites quel est le lien.")
        if not self.errors and not self.declarations():
            raise forms.ValidationError("Répondez pour au moins une demande.")
        return donnees

    def declarations(self) -> list[Declaration]:
        """Celles qui ont une réponse ; les autres restent à déclarer."""
        return [
            Declaration(
                affectation=affectation,
                conflit=reponse == "oui",
                lien=self.cleaned_data.get(f"lien_{affectation.pk}", ""),
                precision=self.cleaned_data.get(f"precision_{affectation.pk}", ""),
            )
            for affectation in self.affectations
            if (reponse := self.cleaned_data.get(f"conflit_{affectation.pk}"))
        ]


class RecusationForm(forms.Form):
    lien = forms.ChoiceField(label="Quel lien découvrez-vous ?", choices=LIENS)
    precision = forms.CharField(label="Précision", max_length=300, required=False)


class PortraitForm(forms.Form):
    """Ce qui aide à confier les bonnes demandes au membre, et à lui signaler un lien possible."""

    themes = forms.ModelMultipleChoiceField(
        label="Les thèmes que vous connaissez",
        queryset=Theme.objects.none(),
        widget=forms.CheckboxSelectMultiple,
        required=False,
    )
    employeur = forms.CharField(
        label="Votre employeur",
        max_length=160,
        required=False,
        help_text="Sert seulement à vous signaler un lien possible avec un organisme.",
    )

    def __init__(self, *args: Any, membre: MembreComite, **kwargs: Any) -> None:
        kwargs["initial"] = {
            "themes": list(membre.themes.all()),
            "employeur": membre.utilisateur.employeur,
        }
        super().__init__(*args, **kwargs)
        self.fields["themes"].queryset = Theme.objects.filter(plan=membre.appel.plan_id)


class SouhaitsForm(forms.Form):
    """Un souhait par demande, sur son titre et le nom de l'organisme ; ou un lien à déclarer."""

    def __init__(
        self, *args: Any, demandes: Iterable[Demande], souhaits: Mapping[int, int], **kwargs: Any
    ) -> None:
        super().__init__(*args, **kwargs)
        self.demandes = list(demandes)
        for demande in self.demandes:
            self.fields[f"souhait_{demande.pk}"] = forms.ChoiceField(
                label=f"Voulez-vous lire « {demande.titre} » ?",
                choices=SOUHAITS,
                widget=forms.RadioSelect,
                initial=str(souhaits.get(demande.pk, 0)),
                required=False,
            )
            self.fields[f"lien_{demande.pk}"] = forms.ChoiceField(
                label="Quel lien ?", choices=LIENS, required=False
            )

    def lignes(self) -> list[dict[str, Any]]:
        return [
            {
                "demande": demande,
                "souhait": self[f"souhait_{demande.pk}"],
                "lien": self[f"lien_{demande.pk}"],
            }
            for demande in self.demandes
        ]

    def clean(self) -> dict[str, Any]:
        donnees = super().clean()
        for demande in self.demandes:
            choix, lien = donnees.get(f"souhait_{demande.pk}"), donnees.get(f"lien_{demande.pk}")
            if choix == LIEN and not lien:
                self.add_error(f"lien_{demande.pk}", "Dites quel est le lien.")
        return donnees

    def souhaits(self) -> dict[Demande, int]:
        """Ce qui a été répondu ; une demande sans réponse ne change pas."""
        return {d: int(choix) for d, choix in self._reponses() if choix != LIEN}

    def recusations(self) -> dict[Demande, str]:
        return {
            d: self.cleaned_data[f"lien_{d.pk}"] for d, choix in self._reponses() if choix == LIEN
        }

    def _reponses(self) -> list[tuple[Demande, str]]:
        return [
            (demande, choix)
            for demande in self.demandes
            if (choix := self.cleaned_data.get(f"souhait_{demande.pk}"))
        ]
