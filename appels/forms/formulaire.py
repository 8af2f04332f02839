"""Composer une section d'un formulaire : son titre, son aide, ses questions."""

from typing import Any

from django import forms

from appels.models import Formulaire, Question
from appels.questions import A_CHOIX, TypeQuestion
from socle.lignes import LigneForm, lignes

CONDITIONNANTES = (*A_CHOIX, TypeQuestion.DECLARATION)


class EnteteSectionForm(forms.Form):
    titre = forms.CharField(label="Titre de la section", max_length=120)
    aide = forms.CharField(
        label="Aide en tête de section",
        required=False,
        widget=forms.Textarea(attrs={"rows": 2}),
    )


class QuestionForm(LigneForm):
    """Une question ; ``choix`` s'écrit un par ligne."""

    pk = forms.IntegerField(required=False, widget=forms.HiddenInput)
    libelle = forms.CharField(label="Question", max_length=300)
    type = forms.ChoiceField(label="Type de réponse", choices=TypeQuestion.choices)
    aide = forms.CharField(label="Aide", required=False, widget=forms.Textarea(attrs={"rows": 2}))
    obligatoire = forms.BooleanField(label="Obligatoire", required=False, initial=True)
    mots_max = forms.IntegerField(label="Mots au plus", required=False, min_value=1, max_value=5000)
    choix = forms.CharField(
        label="Choix offerts, un par ligne",
        required=False,
        widget=forms.Textarea(attrs={"rows": 3}),
    )
    si_question = forms.ModelChoiceField(
        Question.objects.none(),
        label="Se pose seulement si la réponse à",
        required=False,
        empty_label="(toujours posée)",
    )
    si_valeur = forms.CharField(
        label="est", required=False, max_length=200, help_text="Un des choix, ou « Oui »."
    )

    def __init__(self, *args: Any, formulaire: Formulaire | None = None, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["si_question"].queryset = (
            Question.objects.filter(section__formulaire=formulaire, type__in=CONDITIONNANTES)
            .select_related("section")
            .order_by("section__ordre", "ordre")
        )

    def clean_choix(self) -> list[str]:
        choix = [ligne.strip() for ligne in self.cleaned_data["choix"].splitlines()]
        choix = list(dict.fromkeys(ligne for ligne in choix if ligne))
        if any(len(ligne) > 200 for ligne in choix):
            raise forms.ValidationError("200 caractères au plus par choix.")
        return choix

    def clean(self) -> dict[str, Any]:
        donnees = super().clean() or {}
        if not self.complet:
            return donnees
        if donnees.get("type") in A_CHOIX and len(donnees.get("choix") or []) < 2:
            self.add_error("choix", "Écrivez au moins deux choix, un par ligne.")
        if donnees.get("si_question") and not donnees.get("si_valeur"):
            self.add_error("si_valeur", "Écrivez la réponse qui fait poser cette question.")
        return donnees

    def contenu(self) -> dict[str, Any]:
        """La question telle que le service l'attend."""
        donnees = self.cleaned_data
        a_mots = donnees["type"] in {TypeQuestion.TEXTE_COURT, TypeQuestion.TEXTE_LONG}
        return {
            "pk": donnees["pk"],
            "libelle": donnees["libelle"],
            "type": donnees["type"],
            "aide": donnees["aide"],
            "obligatoire": donnees["obligatoire"],
            "mots_max": donnees["mots_max"] if a_mots else None,
            "choix": donnees["choix"] if donnees["type"] in A_CHOIX else [],
            "si_question": donnees["si_question"],
            "si_valeur": donnees["si_valeur"],
        }


QuestionsFormSet = lignes(QuestionForm, can_order=True)


def initiales(questions: Any) -> list[dict[str, Any]]:
    """Ce que la page montre de chaque question."""
    return [
        {
            "pk": question.pk,
            "libelle": question.libelle,
            "type": question.type,
            "aide": question.aide,
            "obligatoire": question.obligatoire,
            "mots_max": question.mots_max,
            "choix": "\n".join(question.choix),
            "si_question": question.si_question_id,
            "si_valeur": question.si_valeur,
        }
        for question in questions
    ]


class SourceForm(forms.Form):
    """De quel formulaire partir."""

    source = forms.ModelChoiceField(
        Formulaire.objects.none(),
        label="Partir du formulaire de",
        required=False,
        empty_label="Modèle livré",
    )

    def __init__(self, *args: Any, formulaire: Formulaire, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["source"].queryset = (
            Formulaire.objects.filter(nature=formulaire.nature, publie_le__isnull=False)
            .exclude(appel=formulaire.appel)
            .select_related("appel")
            .order_by("-publie_le")
        )
        self.fields["source"].label_from_instance = lambda f: f"{f.appel} (révision {f.revision})"
