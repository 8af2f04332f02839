"""Les contextes des documents dont le texte vient d'un modèle : lettre, convention, preuve."""

import re
from typing import Any

from django.utils.safestring import SafeString, mark_safe

from appels.indicateurs import par_case
from appels.models import Demande
from appels.models.budget import CategorieDepense
from financement import fusion
from financement.champs_fusion import Objet, Valeurs, connus
from financement.documents import contexte_commun, representant
from financement.indicateurs import comparer
from financement.models import Convention, Lettre, ModeleDocument, Reexamen
from socle import horloge
from socle.models import Document

_BLOC = re.compile(r"<table\b.*?</table>|(?P<div><div\b.*?</div>)", re.DOTALL)
_CORPS = re.compile(r"<main>(.*)</main>", re.DOTALL)


def texte_fusionne(
    modele: ModeleDocument, objet: Objet, valeurs: Valeurs | None = None
) -> dict[str, str]:
    """``objet`` (une ligne) et ``corps`` (HTML sûr : les valeurs y sont échappées).

    ``valeurs`` : celles d'``objet``, si elles sont déjà lues.
    """
    valeurs = valeurs or Valeurs(modele.genre, objet)
    noms = connus(modele.genre)
    return {
        "objet": fusion.fusionner_texte(modele.objet, noms, valeurs),
        "corps": mark_safe(fusion.fusionner(modele.corps, noms, valeurs)),  # noqa: S308 (échappé)
    }


def champs_vides(modele: ModeleDocument, objet: Objet, valeurs: Valeurs | None = None) -> list[str]:
    """Les champs du modèle que ``objet`` laisserait vides, dans l'ordre du texte."""
    valeurs = valeurs or Valeurs(modele.genre, objet)
    noms = connus(modele.genre)
    vides = [
        *fusion.champs_vides(modele.objet, noms, valeurs),
        *fusion.champs_vides(modele.corps, noms, valeurs),
    ]
    return list(dict.fromkeys(vides))


# --- Lettre ---------------------------------------------------------------------------------------
def reference_de_lettre(demande: Demande) -> str:
    """« L-AP-2026-01-D01 », puis « …-2 » pour celle qui la remplace."""
    deja = Lettre.objects.filter(decision__demande=demande, emise_le__isnull=False).count()
    return f"L-{demande.reference}" + (f"-{deja + 1}" if deja else "")


def reference_de_reponse(reexamen: Reexamen) -> str:
    """« R-AP-2026-01-D01-1 » : le rang du réexamen parmi ceux de la demande."""
    return f"R-{reexamen.demande.reference}-{reexamen.demande.reexamens.count()}"


def contexte_lettre(
    objet: Objet, modele: ModeleDocument, *, reference: str, valeurs: Valeurs | None = None
) -> dict[str, Any]:
    """``objet`` : une décision, la fin d'un projet ou un réexamen, selon le genre du modèle."""
    contexte = contexte_commun(objet.demande, reference=reference)
    fusionne = texte_fusionne(modele, objet, valeurs)
    return contexte | {"genre": modele.get_genre_display(), **fusionne}


# --- Convention -----------------------------------------------------------------------------------
def contexte_convention(convention: Convention, modele: ModeleDocument) -> dict[str, Any]:
    demande = convention.demande
    fusionne = texte_fusionne(modele, convention)
    return {
        "reference": convention.numero,
        "date": horloge.aujourdhui(),
        "representant": representant(),
        "organisme": demande.organisme,
        "appel": demande.appel,
        "demande": demande,
        "resolution": convention.decision.resolution,
        "postes": _postes(convention),
        "totaux": demande.budget(),
        "attendus": comparer(par_case(convention.resultats_attendus), {}),
        **fusionne,
        "corps": en_clauses(fusionne["corps"]),
    }


def _postes(convention: Convention) -> list[dict[str, Any]]:
    categories = dict(CategorieDepense.choices)
    return [
        {
            "categorie": categories[poste.categorie],
            "libelle": poste.libelle,
            "montant": poste.montant,
            "admissible": poste.admissible,
        }
        for poste in convention.demande.postes.all()
    ]


def en_clauses(corps: str) -> SafeString:
    """Numérote les paragraphes ; un tableau ou un bloc de texte se met en retrait, sans numéro."""
    morceaux, place = [], 0
    for bloc in _BLOC.finditer(corps):
        morceaux.append(corps[place : bloc.start()].replace("<p>", '<p class="clause">'))
        texte = bloc[0]
        morceaux.append(texte if bloc["div"] else f'<div class="retrait">{texte}</div>')
        place = bloc.end()
    morceaux.append(corps[place:].replace("<p>", '<p class="clause">'))
    return mark_safe("".join(morceaux))  # noqa: S308 (déjà sûr)


# --- Preuve de signature --------------------------------------------------------------------------
def texte_fige(document: Document) -> SafeString:
    """Le texte d'un document figé, tel qu'il a été présenté à la signature."""
    trouve = _CORPS.search(document.html)
    return mark_safe(trouve[1] if trouve else "")  # noqa: S308 (notre propre document)


def contexte_signe(objet: Any, *, reference: str, titre: str) -> dict[str, Any]:
    """Le texte signé et ses preuves ; ``objet`` est une convention ou un avenant."""
    return {
        "reference": reference,
        "titre": titre,
        "corps": texte_fige(objet.document),
        "document": objet.document,
        "signatures": list(objet.signatures.select_related("personne")),
    }
