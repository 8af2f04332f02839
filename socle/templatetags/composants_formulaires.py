"""Composants de formulaire : champ, sommaire d'erreurs, bouton POST, confirmation."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from django import forms, template
from django.forms import BaseForm, BaseFormSet, BoundField
from django.template.loader import render_to_string
from django.utils.safestring import SafeString

from socle.noms import personnes_possibles

register = template.Library()

STYLES_BOUTON = {
    "primaire": "btn-primary",
    "secondaire": "btn-secondary",
    "danger": "btn-danger",
    "lien": "btn-link",
}
CHOIX_MULTIPLES = (forms.RadioSelect, forms.CheckboxSelectMultiple)


def _genre(champ_lie: BoundField) -> str:
    """La disposition qui convient au widget : case, choix, groupe, liste ou texte."""
    widget = champ_lie.field.widget
    if isinstance(widget, CHOIX_MULTIPLES):
        return "choix"
    if isinstance(widget, forms.CheckboxInput):
        return "case"
    if widget.use_fieldset:
        return "groupe"
    return "liste" if isinstance(widget, forms.Select) else "texte"


def _cible(champ_lie: BoundField) -> str:
    """L'identifiant où mène un lien vers le champ ; le premier choix pour un groupe."""
    if isinstance(champ_lie.field.widget, CHOIX_MULTIPLES):
        return f"{champ_lie.auto_id}_0"
    return champ_lie.id_for_label or champ_lie.auto_id


def _contexte_champ(
    champ_lie: BoundField,
    suffixe: str = "",
    prefixe: str = "",
    taille: str = "",
    aide: str = "",
    libelle: str = "",
) -> dict[str, Any]:
    genre = _genre(champ_lie)
    aide = aide or champ_lie.help_text
    base = champ_lie.auto_id
    unite = suffixe or prefixe or getattr(champ_lie.field, "unite", "")
    surveille = getattr(champ_lie.field, "surveille_noms", False)
    personnes = personnes_possibles(champ_lie.value()) if surveille else []
    decrit_par = [
        f"{base}_{partie}"
        for partie, present in (
            ("aide", aide),
            ("erreur", champ_lie.errors),
            ("personnes", personnes),
            ("unite", unite),
        )
        if present
    ]
    classes = [champ_lie.field.widget.attrs.get("class", "")]
    if genre in ("texte", "liste"):
        classes.append("form-select" if genre == "liste" else "form-control")
        if champ_lie.errors:
            classes.append("is-invalid")
    attributs = {"class": " ".join(filter(None, classes))} if any(classes) else {}
    if libelle:
        # Le texte d'amorce d'allauth répète l'ancien libellé.
        attributs["placeholder"] = False
    if decrit_par and genre in ("texte", "liste", "case"):
        attributs["aria-describedby"] = " ".join(decrit_par)
    return {
        "champ": champ_lie,
        "libelle": libelle or champ_lie.label,
        "genre": genre,
        "base": base,
        "aide": aide,
        # Un champ qui ne devrait nommer personne prévient, sans refuser.
        "personnes": personnes,
        "unite": unite,
        "unite_avant": bool(prefixe),
        "taille": taille,
        # Une question qui ne se pose que selon une autre réponse ; static/js/autosave.js la montre.
        "condition": getattr(champ_lie.field, "condition", None),
        "decrit_par": " ".join(decrit_par),
        "controle": "" if genre == "choix" else champ_lie.as_widget(attrs=attributs),
        # « attendu » : un brouillon s'enregistre sans lui, le dépôt le demandera.
        "facultatif": not (
            champ_lie.field.required
            or genre == "case"
            or getattr(champ_lie.field, "attendu", False)
        ),
    }


@register.inclusion_tag("composants/champ.html")
def champ(
    champ_lie: BoundField,
    suffixe: str = "",
    prefixe: str = "",
    taille: str = "",
    aide: str = "",
    libelle: str = "",
) -> dict[str, Any]:
    """Un champ avec son libellé, son aide et ses erreurs, reliés pour les lecteurs d'écran."""
    return _contexte_champ(champ_lie, suffixe, prefixe, taille, aide, libelle)


@register.inclusion_tag("composants/personnes_possibles.html")
def prevenir_des_noms(texte: Any) -> dict[str, Any]:
    """L'avertissement qu'un texte déjà écrit semble nommer quelqu'un ; rien sinon."""
    return {"personnes": personnes_possibles(texte), "base": ""}


@register.inclusion_tag("composants/champ_de_cellule.html")
def champ_de_cellule(champ_lie: BoundField) -> dict[str, Any]:
    """Un champ seul dans une cellule de tableau : nommé par ``aria-label``, ses erreurs dessous."""
    attributs = {}
    if champ_lie.errors:
        classe = f"{champ_lie.field.widget.attrs.get('class', '')} is-invalid".strip()
        attributs = {"aria-describedby": f"{champ_lie.auto_id}_erreur", "class": classe}
    return {"champ": champ_lie, "controle": champ_lie.as_widget(attrs=attributs)}


@register.inclusion_tag("composants/champs.html")
def champs(formulaire: BaseForm) -> dict[str, Any]:
    """Tous les champs d'un formulaire, dans l'ordre, et ses champs cachés."""
    return {"formulaire": formulaire}


@dataclass(frozen=True)
class Erreur:
    message: str
    cible: str = ""
    champ: str = ""


def _hors_champ(source: BaseForm, champ: str) -> Iterator[Erreur]:
    """Une erreur sans champ mène à la place que son code nomme (« #depenses »), s'il en nomme."""
    for erreur in source.non_field_errors().as_data():
        code = erreur.code or ""
        cible = code[1:] if code.startswith("#") else ""
        yield from (Erreur(message, cible, champ) for message in erreur.messages)


def _erreurs(source: BaseForm | BaseFormSet, rang: str = "") -> Iterator[Erreur]:
    if isinstance(source, BaseFormSet):
        yield from (Erreur(message) for message in source.non_form_errors())
        for numero, formulaire in enumerate(source.forms, start=1):
            yield from _erreurs(formulaire, f"ligne {numero}, ")
        return
    yield from _hors_champ(source, rang.rstrip(", "))
    for champ_lie in source:
        nom = f"{rang}{champ_lie.label}"
        yield from (
            Erreur(message, _cible(champ_lie), nom[:1].upper() + nom[1:])
            for message in champ_lie.errors
        )


@register.inclusion_tag("composants/sommaire_erreurs.html")
def sommaire_erreurs(*sources: BaseForm | BaseFormSet | None) -> dict[str, Any]:
    """Toutes les erreurs en tête de page, chacune menant à son champ ; rien s'il n'y en a pas."""
    erreurs = [
        erreur for source in sources if source and source.is_bound for erreur in _erreurs(source)
    ]
    return {"erreurs": erreurs}


@register.inclusion_tag("composants/bouton_post.html")
def bouton_post(
    url: str,
    libelle: str,
    style: str = "primaire",
    nom: str = "",
    valeur: Any = "",
    icone: str = "",
    petit: bool = False,
) -> dict[str, Any]:
    """Un formulaire d'un seul bouton, pour une action qui écrit ; ``nom``/``valeur`` est caché."""
    return {
        "url": url,
        "libelle": libelle,
        "classe": STYLES_BOUTON[style],
        "nom": nom,
        "valeur": valeur,
        "icone_nom": icone,
        "petit": petit,
    }


@register.simple_block_tag(takes_context=True)
def confirmation(
    context: template.Context,
    content: str,
    titre: str,
    bouton: str,
    annuler: str,
    action: str = "",
    danger: bool = False,
) -> SafeString:
    """La page qui montre les effets d'une action sans retour, avant de la faire."""
    contexte = {
        "contenu": content,
        "titre": titre,
        "bouton": bouton,
        "annuler": annuler,
        "action": action,
        "danger": danger,
        "csrf_token": context.get("csrf_token", ""),
    }
    return render_to_string("composants/confirmation.html", contexte)
