"""Les formulaires du comité. Ils lisent ce qui est saisi ; les règles sont dans les services."""

import re
from decimal import Decimal
from typing import Any

from django import forms

from appels.models import Appel, Demande
from evaluations.models import Evaluation, MembreComite, Recommandation


class MontantField(forms.DecimalField):
    """Un montant en dollars, à la virgule ou au point, avec ou sans espaces (regles.md, 3)."""

    widget = forms.TextInput(attrs={"inputmode": "decimal", "autocomplete": "off"})

    def to_python(self, value: Any) -> Any:
        if isinstance(value, str):
            value = re.sub(r"[\s\u00a0\u202f$]", "", value).replace(",", ".")
        return super().to_python(value)

    def prepare_value(self, value: Any) -> Any:
        return str(value).replace(".", ",") if isinstance(value, Decimal) else value


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
