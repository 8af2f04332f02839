"""Les composants des pages, rendus par ``templates/composants/``. La galerie les montre tous.

Cette bibliothèque est chargée partout (réglage ``builtins``). Elle réunit les repères, ci-dessous,
et ceux de trois modules voisins : formulaires, listes, dessins.
"""

import datetime as dt
from collections.abc import Sequence
from functools import cache, lru_cache
from typing import Any

from django import template
from django.conf import settings
from django.template.loader import render_to_string
from django.templatetags.static import static
from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString

from socle.elements import Etape, Jalon, Manque
from socle.templatetags import (
    affichage,
    composants_dessins,
    composants_formulaires,
    composants_listes,
)
from socle.verbes import phrase

register = template.Library()
for _voisine in (composants_dessins, composants_formulaires, composants_listes):
    register.tags.update(_voisine.register.tags)

ICONE_DU_ROLE = {
    "neutre": "cercle",
    "en_cours": "demi",
    "a_faire": "fleche",
    "fait": "coche",
    "avertissement": "triangle",
    "refus": "croix",
    "info": "info",
}


def _icone_du_role(role: str) -> str:
    """L'icône d'un rôle de couleur ; un rôle inconnu est une erreur de gabarit."""
    try:
        return ICONE_DU_ROLE[role]
    except KeyError:
        raise template.TemplateSyntaxError(f"Rôle de couleur inconnu : {role!r}") from None


# --- Repères ----------------------------------------------------------------------------------


@register.simple_tag
@cache
def icone(nom: str, classe: str = "") -> SafeString:
    """Une icône décorative de ``static/images/icones.svg`` ; le texte voisin porte le sens.

    Une page en a des dizaines, toujours les mêmes : chacune ne s'écrit qu'une fois.
    """
    return format_html(
        '<svg class="icone {}" width="20" height="20" aria-hidden="true" focusable="false">'
        '<use href="{}#{}"></use></svg>',
        classe,
        static("images/icones.svg"),
        nom,
    )


@register.simple_tag
def infos_ville() -> dict[str, str]:
    """Les coordonnées de la Ville, pour les pages d'erreur rendues sans contexte."""
    return settings.VILLE


@register.inclusion_tag("composants/miette.html")
def miette(libelle: str, nom_url: str = "", *args: Any, url: str = "") -> dict[str, Any]:
    """Un maillon du fil d'Ariane ; sans adresse, c'est la page courante."""
    return {
        "libelle": libelle,
        "url": url or (reverse(nom_url, args=args) if nom_url else ""),
    }


@register.simple_block_tag
def si_rempli(
    content: str,
    balise: str,
    classe: str,
    nom: str = "",
    interieur: str = "div",
    genre: str = "",
) -> str:
    """Entoure un bloc de gabarit d'un repère (``aside``, ``nav``), sauf s'il est vide.

    ``interieur`` est l'élément qui porte le contenu, et ``genre`` sa classe.
    """
    if not content.strip():
        return ""
    nomme = format_html(' aria-label="{}"', nom) if nom else ""
    return format_html(
        '<{0} class="{1}"{2}><{3} class="{4}">{5}</{3}></{0}>',
        *(balise, classe, nomme, interieur, genre, content),
    )


@register.simple_tag
def comptes_demonstration() -> Sequence[dict[str, str]]:
    """Les comptes à essayer : ceux du réglage ``COMPTES_DEMONSTRATION``, en démonstration."""
    return getattr(settings, "COMPTES_DEMONSTRATION", ()) if settings.DEMONSTRATION else ()


@register.simple_tag
def etiquette(libelle: str, role: str = "neutre") -> SafeString:
    """L'état d'un objet : une forme, un mot et une couleur, jamais la couleur seule."""
    return _etiquette(str(libelle), role)


@lru_cache(maxsize=512)
def _etiquette(libelle: str, role: str) -> SafeString:
    """Rendue une fois : une liste répète les mêmes mots à chaque ligne."""
    contexte = {"libelle": libelle, "role": role, "icone_nom": _icone_du_role(role)}
    return render_to_string("composants/etiquette.html", contexte)


@register.inclusion_tag("composants/delai.html")
def delai(moment: dt.date | None, libelle: str = "") -> dict[str, Any]:
    """Une échéance en toutes lettres et le temps qui reste ; elle est proche sous trois jours."""
    if not moment:
        return {"moment": None, "libelle": libelle}
    en_toutes_lettres = (
        affichage.date_heure if isinstance(moment, dt.datetime) else affichage.date_longue
    )
    jours = affichage.ecart_a_maintenant(moment).days
    return {
        "moment": moment,
        "libelle": libelle,
        "iso": moment.isoformat(),
        "texte": en_toutes_lettres(moment),
        "urgence": "passe" if jours < 0 else "proche" if jours < 3 else "loin",
    }


@register.simple_block_tag
def encart(content: str, type_encart: str = "info", titre: str = "") -> SafeString:
    """Un message dans la page : ce qui attend la personne, un avertissement, une réussite."""
    contexte = {
        "contenu": content,
        "role": type_encart,
        "titre": titre,
        "icone_nom": _icone_du_role(type_encart),
    }
    return render_to_string("composants/encart.html", contexte)


@register.inclusion_tag("composants/chiffre.html")
def chiffre(libelle: str, valeur: Any, detail: str = "", url: str = "") -> dict[str, Any]:
    """Un nombre en grand, avec son libellé ; ``url`` mène à ce qui est derrière."""
    return {"libelle": libelle, "valeur": valeur, "detail": detail, "url": url}


@register.inclusion_tag("composants/page_vide.html")
def page_vide(
    titre: str, texte: str = "", url: str = "", action: str = "", icone: str = "dossier"
) -> dict[str, str]:
    """Une liste encore vide : ce qui viendra là, et comment commencer."""
    return {
        "titre": titre,
        "texte": texte,
        "url": url,
        "action": action,
        "icone_nom": icone,
    }


# --- Objets du domaine ------------------------------------------------------------------------


@register.inclusion_tag("composants/carte_appel.html")
def carte_appel(
    *,
    titre: str,
    url: str,
    resume: str = "",
    cloture: dt.datetime | None = None,
    enveloppe: Any = None,
    plafond: Any = None,
    admissibles: str = "",
    etat: str = "",
    role: str = "neutre",
    niveau: int = 2,
) -> dict[str, Any]:
    """Un appel à projets en une carte : jours restants, montant, qui peut demander."""
    return {
        "titre": titre,
        "url": url,
        "resume": resume,
        "cloture": cloture,
        "enveloppe": enveloppe,
        "plafond": plafond,
        "admissibles": admissibles,
        "etat": etat,
        "role": role,
        "balise": f"h{niveau}",
    }


@register.inclusion_tag("composants/fil_etapes.html")
def fil_etapes(etapes: Sequence[Etape], titre: str = "Où en est votre demande") -> dict[str, Any]:
    """Le chemin d'une demande : ce qui est fait, où elle est, ce qui vient."""
    return {"etapes": etapes, "titre": titre}


@register.inclusion_tag("composants/chronologie.html")
def chronologie(jalons: Sequence[Jalon], titre: str) -> dict[str, Any]:
    """Une démarche dans le temps : ce qui est fait, ce qui se fait, ce qui vient."""
    return {"jalons": sorted(jalons, key=lambda jalon: jalon.rang), "titre": titre}


@register.inclusion_tag("composants/liste_manques.html")
def liste_manques(manques: Sequence[Manque], titre: str = "Ce qui manque") -> dict[str, Any]:
    """Ce qu'il faut fournir encore, avec un lien vers chaque endroit."""
    restants = sum(not manque.fait for manque in manques)
    return {"manques": manques, "titre": titre, "restants": restants}


@register.inclusion_tag("composants/historique.html")
def historique(
    entrees: Sequence[Any], titre: str = "Historique", *, nommer: bool = False
) -> dict[str, Any]:
    """Les entrées du journal d'un objet (``EntreeJournal.objects.pour(objet)``), en français.

    ``nommer`` : l'histoire de plusieurs objets, chacun nommé après ce qui lui est arrivé.
    """
    lignes = [{"entree": entree, "phrase": phrase(entree.verbe)} for entree in entrees]
    return {"lignes": lignes, "titre": titre, "nommer": nommer}
