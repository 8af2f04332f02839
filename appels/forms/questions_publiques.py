"""Les formulaires des questions d'un appel."""

from typing import Any

from django import forms

from appels.services.questions_publiques import LONGUEUR_MAX


def _zone(libelle: str, manque: str, *, lignes: int = 5, aide: str = "") -> forms.CharField:
    return forms.CharField(
        label=libelle,
        help_text=aide,
        widget=forms.Textarea(attrs={"rows": lignes}),
        max_length=LONGUEUR_MAX,
        error_messages={"required": manque},
    )


class QuestionForm(forms.Form):
    texte = _zone(
        "Votre question",
        "Écrivez votre question.",
        aide="Une question à la fois : chacune a sa réponse.",
    )


class PublicationForm(forms.Form):
    """Ce que tout le monde lira."""

    enonce = _zone(
        "La question, reformulée",
        "Écrivez la question à publier.",
        aide="Sans rien qui permette de reconnaître la personne, l'organisme ou le projet.",
    )
    reponse = _zone("La réponse", "Écrivez la réponse.")


class ReponseForm(PublicationForm):
    """La première réponse : publique, ou à la seule personne qui demande."""

    PUBLIER, PRIVE = "publier", "prive"
    suite = forms.ChoiceField(
        label="Cette réponse",
        choices=[
            (PUBLIER, "Paraît sur la page de l'appel, sans le nom de qui demande"),
            (PRIVE, "Va seulement à la personne qui demande"),
        ],
        widget=forms.RadioSelect,
        initial=PUBLIER,
    )
    motif = _zone(
        "Pourquoi la question n'est pas publiée",
        "Dites pourquoi la question n'est pas publiée.",
        lignes=2,
        aide="Si la réponse va seulement à la personne. Elle seule lira ce motif.",
    )
    field_order = ("suite", "enonce", "reponse", "motif")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        prive = self.data.get("suite") == self.PRIVE
        self.fields["enonce"].required = not prive
        self.fields["motif"].required = prive
        for nom in ("enonce", "motif"):
            # L'un ou l'autre est exigé selon le choix : aucun n'est « facultatif ».
            self.fields[nom].attendu = True
            self.fields[nom].use_required_attribute = False

    @property
    def est_prive(self) -> bool:
        return self.cleaned_data["suite"] == self.PRIVE


class RetraitForm(forms.Form):
    motif = _zone(
        "Pourquoi la retirer",
        "Dites pourquoi la question est retirée.",
        lignes=3,
        aide="Seule la personne qui a posé la question lira ce motif.",
    )
