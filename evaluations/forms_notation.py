"""Les grilles qui se notent : la fiche d'une demande, celle d'un dossier fictif, et ce dossier."""

from typing import Any

from django import forms

from appels.models import Appel
from evaluations.models import Calibrage, Evaluation


class NotationForm(forms.Form):
    """Une note et un commentaire par critère. Rien n'y est exigé : la fiche se range incomplète."""

    def __init__(self, *args: Any, appel: Appel, fiche: Any, **kwargs: Any) -> None:
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

    def _valeurs(self, fiche: Any) -> dict[str, Any]:
        if fiche is None:
            return {}
        valeurs: dict[str, Any] = {}
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


class GrilleForm(NotationForm):
    """La grille d'un membre pour une demande, avec ses notes à lui."""

    notes_privees = forms.CharField(
        label="Mes notes",
        help_text="Vues de vous seulement ; elles ne font pas partie de la fiche.",
        required=False,
        widget=forms.Textarea(attrs={"rows": 3}),
    )

    def _valeurs(self, fiche: Evaluation | None) -> dict[str, Any]:
        privees = {} if fiche is None else {"notes_privees": fiche.notes_privees}
        return {**super()._valeurs(fiche), **privees}

    def privees(self) -> str | None:
        return self.cleaned_data["notes_privees"] if "notes_privees" in self.data else None


class CalibrageForm(forms.ModelForm):
    """Le dossier fictif que tout le comité notera."""

    class Meta:
        model = Calibrage
        fields = ("titre", "resume", "projet", "budget")
        widgets = {
            "resume": forms.Textarea(attrs={"rows": 3}),
            "projet": forms.Textarea(attrs={"rows": 10}),
            "budget": forms.Textarea(attrs={"rows": 5}),
        }
