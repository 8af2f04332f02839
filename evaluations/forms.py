"""Les formulaires du comité. Ils lisent ce qui est saisi ; les règles sont dans les services."""

from collections.abc import Iterable
from typing import Any

from django import forms

from appels.models import Appel, Demande
from evaluations.models import Affectation, Evaluation, MembreComite
from evaluations.services.comite import Declaration

OUI_NON = (("non", "Non, aucun lien"), ("oui", "Oui, je me récuse"))
LIENS = (("", "Choisir le lien"), *Affectation.Lien.choices)


class InteretsForm(forms.Form):
    """Une déclaration par demande : rien d'elle n'est montré que l'organisme et le titre."""

    def __init__(self, *args: Any, affectations: Iterable[Affectation], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.affectations = list(affectations)
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
        """Pour le gabarit : chaque affectation et ses trois champs."""
        return [
            {
                "affectation": affectation,
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


class GrilleForm(forms.Form):
    """La grille d'un membre. Rien n'y est exigé : une fiche se range incomplète."""

    notes_privees = forms.CharField(
        label="Mes notes",
        help_text="Vues de vous seulement ; elles ne font pas partie de la fiche.",
        required=False,
        widget=forms.Textarea(attrs={"rows": 3}),
    )

    def __init__(self, *args: Any, appel: Appel, fiche: Evaluation | None, **kwargs: Any) -> None:
        self.criteres = list(appel.criteres.all())
        kwargs.setdefault("initial", self._valeurs(fiche))
        super().__init__(*args, **kwargs)
        for critere in self.criteres:
            self.fields[f"note_{critere.pk}"] = forms.CharField(
                label=f"Note : {critere.libelle}",
                required=False,
                widget=forms.RadioSelect(
                    choices=[
                        (str(note), f"{note} — {mots}" if mots else str(note))
                        for note, mots in critere.notes_possibles
                    ]
                ),
            )
            self.fields[f"commentaire_{critere.pk}"] = forms.CharField(
                label="Commentaire",
                required=False,
                widget=forms.Textarea(attrs={"rows": 2}),
            )

    @staticmethod
    def _valeurs(fiche: Evaluation | None) -> dict[str, Any]:
        if fiche is None:
            return {}
        valeurs: dict[str, Any] = {"notes_privees": fiche.notes_privees}
        for note in fiche.notes.all():
            valeurs[f"note_{note.critere_id}"] = "" if note.note is None else str(note.note)
            valeurs[f"commentaire_{note.critere_id}"] = note.commentaire
        return valeurs

    def rangees(self) -> list[dict[str, Any]]:
        """Pour le gabarit : chaque critère et ses deux champs."""
        return [
            {
                "critere": critere,
                "note": self[f"note_{critere.pk}"],
                "commentaire": self[f"commentaire_{critere.pk}"],
            }
            for critere in self.criteres
        ]

    def notes(self) -> dict[Any, dict[str, Any]]:
        """Ce qui a été envoyé, par critère ; un champ absent de l'envoi ne change pas."""
        saisies = {}
        for critere in self.criteres:
            saisie = {
                nom: self.cleaned_data[f"{nom}_{critere.pk}"]
                for nom in ("note", "commentaire")
                if f"{nom}_{critere.pk}" in self.data
            }
            if saisie:
                saisies[critere] = saisie
        return saisies

    def privees(self) -> str | None:
        return self.cleaned_data["notes_privees"] if "notes_privees" in self.data else None


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
