"""Les formulaires de la séance. Ils lisent ce qui est saisi ; les règles sont dans les services."""

from datetime import time
from typing import Any

from django import forms
from django.utils import timezone

from appels.forms.champs import MontantField
from appels.models import Demande
from evaluations.compte_rendu import Bloc
from evaluations.forms_notation import NotationForm
from evaluations.models import Evaluation, MembreComite, Recommandation
from evaluations.models.seance import en_mots
from evaluations.services.recommandations import Vote

VOIX = ("pour", "contre", "abstentions")


class VoixField(forms.IntegerField):
    """Un nombre de voix, ou rien."""

    def __init__(self, **kwargs: Any) -> None:
        kwargs.setdefault("widget", forms.TextInput(attrs={"inputmode": "numeric"}))
        super().__init__(required=False, min_value=0, max_value=99, **kwargs)


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

    def __init__(self, *args: Any, avec_notes: bool = True, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if not avec_notes:
            # Elles peuvent parler d'une demande dont la personne est récusée.
            del self.fields["notes"]


class PresencesForm(forms.Form):
    """Qui est dans la salle, et les heures à corriger ; elles se notent d'elles-mêmes sinon."""

    presents = forms.ModelMultipleChoiceField(
        label="Dans la salle",
        queryset=MembreComite.objects.none(),
        widget=forms.CheckboxSelectMultiple,
        required=False,
    )

    def __init__(self, *args: Any, seance: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.membres = list(
            seance.appel.membres.filter(actif=True).select_related("utilisateur").order_by("code")
        )
        self.inscrites = {p.membre_id: p for p in seance.presences.prefetch_related("passages")}
        self.fields["presents"].queryset = seance.appel.membres.filter(actif=True)
        self.fields["presents"].initial = [p.membre_id for p in self.inscrites.values() if p.est_la]
        for membre in self.membres:
            presence = self.inscrites.get(membre.pk)
            for nom, libelle in (("arrivee", "Arrivée"), ("depart", "Départ")):
                moment = getattr(presence, f"{nom}_le", None)
                self.fields[f"{nom}_{membre.pk}"] = forms.TimeField(
                    label=f"{libelle} de {membre}",
                    required=False,
                    initial=timezone.localtime(moment).strftime("%H:%M") if moment else None,
                    widget=forms.TimeInput(attrs={"type": "time"}, format="%H:%M"),
                )

    def rangees(self) -> list[dict[str, Any]]:
        """Pour le gabarit : chaque membre, sa case, ses deux heures et ses passages d'avant."""
        cases = {str(case.data["value"]): case for case in self["presents"].subwidgets}
        return [
            {
                "membre": membre,
                "case": cases[str(membre.pk)],
                "arrivee": self[f"arrivee_{membre.pk}"],
                "depart": self[f"depart_{membre.pk}"],
                "avant": self._passages(membre),
            }
            for membre in self.membres
        ]

    def _passages(self, membre: MembreComite) -> str:
        presence = self.inscrites.get(membre.pk)
        return en_mots(presence.moments[:-1]) if presence else ""

    def heures(self) -> dict[int, tuple[time | None, time | None]]:
        """Les heures que la personne a changées, par membre ; None laisse comme c'était."""
        changees = {}
        for membre in self.membres:
            noms = [f"{nom}_{membre.pk}" for nom in ("arrivee", "depart")]
            saisies = [self.cleaned_data[nom] if nom in self.changed_data else None for nom in noms]
            if any(saisies):
                changees[membre.pk] = tuple(saisies)
        return changees


class RecommandationForm(forms.Form):
    avis = forms.ChoiceField(
        label="Que recommande le comité ?", choices=Recommandation.Avis, widget=forms.RadioSelect
    )
    montant = MontantField(
        label="Montant recommandé",
        required=False,
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

    pour = VoixField(label="Pour")
    contre = VoixField(label="Contre")
    abstentions = VoixField(label="Abstentions")

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

    def champs_vote(self) -> list[forms.BoundField]:
        return [self[nom] for nom in VOIX]

    def vote(self) -> Vote | None:
        """Les voix comptées ; None quand aucune ne l'est."""
        voix = [self.cleaned_data[nom] for nom in VOIX]
        return None if voix == [None] * 3 else Vote(*(nombre or 0 for nombre in voix))

    def clean(self) -> dict[str, Any]:
        donnees = super().clean()
        if donnees.get("avis") in {"defavorable", "liste_attente"}:
            donnees["montant"] = 0
        return donnees


class FicheEnSeanceForm(NotationForm):
    """La grille d'une fiche soumise, que son auteur change pendant la séance, avec un motif."""

    motif = forms.CharField(
        label="Ce qui vous fait changer d'avis",
        max_length=2000,
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text="Gardé avec vos notes d'avant et d'après ; le compte rendu ne vous nomme pas.",
    )

    def __init__(self, *args: Any, fiche: Evaluation, **kwargs: Any) -> None:
        super().__init__(*args, appel=fiche.demande.appel, fiche=fiche, **kwargs)


class TextesForm(forms.Form):
    """Les textes libres du compte rendu : un champ par bloc."""

    def __init__(self, *args: Any, blocs: list[Bloc], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for bloc in blocs:
            self.fields[bloc.cle] = forms.CharField(
                label=bloc.titre,
                help_text=bloc.aide,
                initial=bloc.texte,
                required=False,
                widget=forms.Textarea(attrs={"rows": 4}),
            )


class AddendaForm(forms.Form):
    texte = forms.CharField(
        label="Ce qui est corrigé",
        max_length=10_000,
        widget=forms.Textarea(attrs={"rows": 8}),
        help_text="Dites ce que le compte rendu écrit, et ce qu'il faut lire à la place.",
    )
