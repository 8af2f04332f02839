"""Les questions d'une section, telles qu'elles se saisissent : rien n'y est obligatoire.

Un brouillon garde tout, même une date à moitié écrite ; ce qui manque se dit à côté.
"""

import re
from collections.abc import Iterable, Mapping
from typing import Any

from django import forms

from appels.models import Formulaire, Question
from appels.questions import NOM_D_UNE_LIGNE, TABLEAUX, Colonne, TypeQuestion, colonnes_de
from socle.concurrence import empreinte

LIGNES_VIDES = 1
LIGNES_MAX = 40
CASE_MAX = 300


class ComposeeWidget(forms.Widget):
    """Plusieurs cases d'une même réponse, chacune avec son libellé."""

    template_name = "appels/widgets/composee.html"
    use_fieldset = True

    def __init__(self, colonnes: tuple[Colonne, ...]) -> None:
        super().__init__()
        self.colonnes = colonnes

    def value_from_datadict(self, data: Mapping, files: Any, name: str) -> dict[str, str]:
        return {c.nom: data.get(f"{name}-{c.nom}", "") for c in self.colonnes}

    def value_omitted_from_data(self, data: Mapping, files: Any, name: str) -> bool:
        return not any(f"{name}-{c.nom}" in data for c in self.colonnes)

    def get_context(self, name: str, value: Any, attrs: dict | None) -> dict[str, Any]:
        contexte = super().get_context(name, value, attrs)
        valeur = value if isinstance(value, dict) else {}
        toutes = cases(self.colonnes, name, contexte["widget"]["attrs"], valeur)
        contexte["cases"] = [case for case in toutes if not case["colonne"].groupe]
        contexte["ventilees"] = [case for case in toutes if case["colonne"].groupe]
        contexte["ventilees_ouvertes"] = any(case["valeur"] for case in contexte["ventilees"])
        return contexte

    def id_for_label(self, id_: str) -> str:
        return ""


def cases(
    colonnes: tuple[Colonne, ...], name: str, attrs: Mapping, valeur: Mapping
) -> list[dict[str, Any]]:
    """Ce que le gabarit montre de chaque case."""
    return [
        {
            "colonne": colonne,
            "name": f"{name}-{colonne.nom}",
            "id": f"{attrs.get('id', name)}-{colonne.nom}",
            "valeur": valeur.get(colonne.nom, ""),
        }
        for colonne in colonnes
    ]


class TableauWidget(forms.Widget):
    """Des lignes de cases ; une ligne laissée vide ne compte pas, une ligne vidée disparaît."""

    template_name = "appels/widgets/tableau.html"
    use_fieldset = True

    def __init__(self, genre: str) -> None:
        super().__init__()
        self.colonnes = TABLEAUX[genre]
        self.ligne = NOM_D_UNE_LIGNE[genre]

    def value_from_datadict(self, data: Mapping, files: Any, name: str) -> list[dict[str, str]]:
        motif = re.compile(rf"{re.escape(name)}-([0-9]{{1,3}})-")
        rangs = sorted({int(m[1]) for cle in data if (m := motif.match(cle))})
        return [
            {c.nom: data.get(f"{name}-{rang}-{c.nom}", "") for c in self.colonnes}
            for rang in rangs[:LIGNES_MAX]
        ]

    def value_omitted_from_data(self, data: Mapping, files: Any, name: str) -> bool:
        return not any(cle.startswith(f"{name}-") for cle in data)

    def get_context(self, name: str, value: Any, attrs: dict | None) -> dict[str, Any]:
        contexte = super().get_context(name, value, attrs)
        base = contexte["widget"]["attrs"]
        lignes = [ligne for ligne in value or [] if isinstance(ligne, dict)]
        lignes += [{}] * max(LIGNES_VIDES, 2 - len(lignes))

        def ligne(rang: int | str, valeur: Mapping) -> dict[str, Any]:
            prefixe = {**base, "id": f"{base.get('id', name)}-{rang}"}
            return {
                "rang": rang,
                "cases": cases(self.colonnes, f"{name}-{rang}", prefixe, valeur),
            }

        contexte |= {
            "lignes": [ligne(rang, valeur) for rang, valeur in enumerate(lignes)],
            "modele": ligne("__rang__", {}),
            "nom_ligne": self.ligne,
        }
        return contexte

    def id_for_label(self, id_: str) -> str:
        return ""


class ComposeeField(forms.Field):
    """Un dictionnaire de cases, chacune gardée telle qu'écrite ; vide, rien."""

    def __init__(self, colonnes: tuple[Colonne, ...], **kwargs: Any) -> None:
        super().__init__(widget=ComposeeWidget(colonnes), **kwargs)

    def clean(self, value: Any) -> dict[str, str]:
        ecrites = {nom: _case(case) for nom, case in (value or {}).items()}
        return {nom: case for nom, case in ecrites.items() if case}


class TableauField(forms.Field):
    """Une liste de lignes, sans les lignes vides."""

    def __init__(self, genre: str, **kwargs: Any) -> None:
        super().__init__(widget=TableauWidget(genre), **kwargs)

    def clean(self, value: Any) -> list[dict[str, str]]:
        lignes = [
            {nom: _case(case) for nom, case in ligne.items() if _case(case)}
            for ligne in value or []
        ]
        return [ligne for ligne in lignes if ligne]


def _case(valeur: Any) -> str:
    texte = str(valeur or "").replace("\x00", "").strip()
    if len(texte) > CASE_MAX:
        raise forms.ValidationError(f"{CASE_MAX} caractères au plus par case.", code="longueur")
    return texte


class SectionForm(forms.Form):
    """Les questions d'une section. Chaque réponse garde l'empreinte de ce qui était montré."""

    def __init__(
        self,
        *args: Any,
        questions: Iterable[Question],
        posees: Mapping[int, Question] | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(*args, **kwargs)
        self.est_a_jour = not self.is_bound
        self.questions = list(questions)
        for question in self.questions:
            nom = f"q{question.pk}"
            champ = champ_question(question)
            champ.attendu = question.obligatoire
            # Un rapport compte des personnes, il n'en nomme pas (regles.md, 15).
            champ.surveille_noms = question.section.formulaire.nature != Formulaire.Nature.DEMANDE
            champ.condition = _condition(question, posees or {})
            self.fields[nom] = champ

    def base(self, numero: int) -> str:
        """L'empreinte de ce que la page montrait à cette question ; vide si elle ne l'a pas dit."""
        return str(self.data.get(f"b{numero}", ""))[:12]

    def relire(self, initial: Mapping[str, Any]) -> None:
        """Chaque réponse est écrite ou montrée en conflit : les bases viennent d'``initial``."""
        self.initial, self.est_a_jour = dict(initial), True

    @property
    def bases(self) -> list[tuple[str, str]]:
        """Les champs cachés : ce que la personne a maintenant sous les yeux, question par question.

        Renvoyée sans rien écrire, la page garde les bases reçues : celles du jour feraient écraser
        sans le dire ce qu'une collègue vient d'écrire.
        """
        return [
            (
                f"b{q.pk}",
                (not self.est_a_jour and self.base(q.pk))
                or empreinte(self.initial.get(f"q{q.pk}")),
            )
            for q in self.questions
            if q.type != TypeQuestion.PIECE
        ]

    def valeurs(self) -> dict[int, Any]:
        """Numéro de question → réponse telle qu'elle se range ; les fichiers sont à part."""
        return {
            question.pk: self.cleaned_data[f"q{question.pk}"]
            for question in self.questions
            if question.type != TypeQuestion.PIECE
        }

    def fichiers(self) -> dict[int, Any]:
        """Numéro de question → fichier envoyé."""
        return {
            question.pk: self.cleaned_data[f"q{question.pk}"]
            for question in self.questions
            if question.type == TypeQuestion.PIECE and self.cleaned_data.get(f"q{question.pk}")
        }


def _condition(question: Question, posees: Mapping[int, Question]) -> dict[str, Any] | None:
    """Ce que la page doit savoir pour montrer la question au bon moment."""
    if question.si_question_id is None or question.si_question_id not in posees:
        return None
    return {
        "champ": f"q{question.si_question_id}",
        "valeur": question.si_valeur,
        "libelle": posees[question.si_question_id].libelle,
    }


def champ_question(question: Question) -> forms.Field:
    """Le champ d'une question, selon son type."""
    aide = question.aide
    if question.mots_max:
        aide = f"{aide} {question.mots_max} mots au plus.".strip()
    commun = {"label": question.libelle, "help_text": aide, "required": False}
    mots = {"data-mots-max": question.mots_max} if question.mots_max else {}
    choix = [(c, c) for c in question.choix]
    match question.type:
        case TypeQuestion.TEXTE_LONG:
            return forms.CharField(
                widget=forms.Textarea(attrs={"rows": 6, **mots}), max_length=20000, **commun
            )
        case TypeQuestion.CHOIX:
            return forms.ChoiceField(choices=choix, widget=forms.RadioSelect, **commun)
        case TypeQuestion.CHOIX_MULTIPLES:
            return forms.MultipleChoiceField(
                choices=choix, widget=forms.CheckboxSelectMultiple, **commun
            )
        case TypeQuestion.DECLARATION:
            return forms.BooleanField(**commun)
        case TypeQuestion.DATE:
            return forms.CharField(
                widget=forms.TextInput(attrs={"type": "date"}), max_length=20, **commun
            )
        case TypeQuestion.PIECE:
            return forms.FileField(**commun)
        case TypeQuestion.ACTIVITES | TypeQuestion.REALISEES | TypeQuestion.PARTENAIRES:
            return TableauField(question.type, **commun)
        case TypeQuestion.ADRESSE | TypeQuestion.PERSONNES | TypeQuestion.RESULTATS:
            return ComposeeField(colonnes_de(question), **commun)
    attributs: dict[str, Any] = dict(mots)
    if question.type in {TypeQuestion.NOMBRE, TypeQuestion.MONTANT}:
        attributs["inputmode"] = "decimal"
    champ = forms.CharField(widget=forms.TextInput(attrs=attributs), max_length=500, **commun)
    if question.type == TypeQuestion.MONTANT:
        champ.unite = "$"
    return champ
