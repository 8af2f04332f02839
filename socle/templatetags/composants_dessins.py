"""Composants dessinés : la géométrie vient de ``socle.graphiques``, le gabarit la pose."""

import datetime as dt
from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any

from django import template
from django.utils.safestring import mark_safe

from socle import graphiques, graphiques_classement, graphiques_scenario
from socle.cascade import Marche, dessiner_cascade
from socle.elements import LigneMatrice
from socle.graphiques import Ligne, Nombre, Part
from socle.graphiques_classement import Rang
from socle.graphiques_frise import HAUTEUR_FRISE, Periode, dessiner_frise
from socle.graphiques_scenario import PointFrontiere
from socle.templatetags import affichage
from socle.traces import gardes
from socle.traces.donnees import Trace
from socle.traces.theme import ETROIT

register = template.Library()


@register.inclusion_tag("composants/graphiques/enveloppe.html")
def barre_enveloppe(
    titre: str,
    enveloppe: Nombre,
    accorde: Nombre = 0,
    engage: Nombre = 0,
    paye: Nombre = 0,
    compact: bool = False,
) -> dict[str, Any]:
    """L'état d'une enveloppe : payé, engagé, accordé, libre. ``compact`` : sans tableau."""
    dessin = graphiques.dessiner_enveloppe(enveloppe, accorde, engage, paye)
    return {
        "titre": titre,
        "dessin": dessin,
        "compact": compact,
        "gris": graphiques.GRIS,
    }


@register.inclusion_tag("composants/graphiques/legende_enveloppe.html")
def legende_enveloppe() -> dict[str, Any]:
    """Ce que dit chaque couleur d'une enveloppe ; une fois au-dessus de plusieurs barres."""
    parts = [
        (nom, fond)
        for nom, (fond, *_) in graphiques.PARTS_ENVELOPPE.items()
        if nom != "Dépassement"
    ]
    return {"parts": parts, "gris": graphiques.GRIS}


@register.inclusion_tag("composants/graphiques/reste.html")
def barre_reste(
    titre: str, enveloppe: Nombre, accorde: Nombre = 0, propose: Nombre = 0
) -> dict[str, Any]:
    """Ce qu'une proposition laisse d'une enveloppe : déjà accordé, proposé, libre."""
    return {
        "titre": titre,
        "enveloppe": enveloppe,
        "accorde": accorde,
        "propose": propose,
        "dessin": graphiques_scenario.dessiner_reste(enveloppe, accorde, propose),
    }


@register.inclusion_tag("composants/graphiques/frontiere.html")
def courbe_frontiere(titre: str, points: Sequence[PointFrontiere]) -> dict[str, Any]:
    """Combien de projets tiennent selon une valeur qui change ; la page met le tableau à côté."""
    return {
        "titre": titre,
        "dessin": graphiques_scenario.dessiner_frontiere(points),
        "hauteur": graphiques_scenario.HAUTEUR_FRONTIERE,
        "g": graphiques,
    }


@register.inclusion_tag("composants/graphiques/empilee.html")
def barre_empilee(titre: str, parts: Sequence[Part], colonne: str = "Source") -> dict[str, Any]:
    """Qui paie quoi : les parts d'un total, bout à bout."""
    segments = graphiques.empiler(parts)
    total = sum((segment.montant for segment in segments), Decimal(0))
    return {"titre": titre, "segments": segments, "total": total, "colonne": colonne}


@register.inclusion_tag("composants/graphiques/cascade.html")
def cascade(titre: str, marches: Sequence[Marche]) -> dict[str, Any]:
    """D'un total à ce qui en reste, une marche à la fois."""
    return {"titre": titre, "marches": dessiner_cascade(marches), "g": graphiques}


@register.inclusion_tag("composants/graphiques/points.html")
def points_fiches(
    titre: str,
    fiches: Sequence[Part],
    seuil: Nombre | None = None,
    mini: Nombre = 0,
    maxi: Nombre = 100,
    corrigee: Nombre | None = None,
) -> dict[str, Any]:
    """Les fiches d'une demande : un point chacune, leur moyenne, leur étendue, la correction."""
    dessin = graphiques.dessiner_points(fiches, seuil, mini, maxi, corrigee)
    return {"titre": titre, "dessin": dessin, "seuil": seuil, "g": graphiques}


@register.inclusion_tag("composants/graphiques/classement.html")
def barres_classement(
    titre: str,
    rangs: Sequence[Rang],
    enveloppe: Nombre,
    seuil: Nombre | None = None,
    compact: bool = False,
) -> dict[str, Any]:
    """Le classement d'un volet et la ligne où l'enveloppe s'arrête.

    ``compact`` : sans tableau, quand la page donne les mêmes nombres juste à côté.
    """
    return {
        "compact": compact,
        "titre": titre,
        "dessin": graphiques_classement.dessiner_classement(rangs, enveloppe, seuil),
        "enveloppe": enveloppe,
        "seuil": seuil,
        "hauteur": graphiques_classement.HAUTEUR_CLASSEMENT,
        "g": graphiques,
    }


@register.inclusion_tag("composants/graphiques/barres.html")
def barres_horizontales(
    titre: str,
    lignes: Sequence[Ligne],
    unite: str = "",
    format: str = "nombre",
    colonne: str = "Élément",
    maxi: Nombre | None = None,
    relatif: bool | None = None,
) -> dict[str, Any]:
    """Des résultats comparés, avec le prévu s'il y en a. ``format`` : nombre ou dollars.

    ``relatif`` mesure chaque ligne à son propre prévu (voir ``graphiques.dessiner_barres``).
    """
    ecrire = {"nombre": affichage.nombre, "dollars": affichage.dollars}[format]
    barres = graphiques.dessiner_barres(lignes, maxi, relatif)
    return {
        "titre": titre,
        "unite": unite,
        "colonne": colonne,
        "avec_prevu": any(barre.prevu is not None for barre in barres),
        "lignes": [
            {
                "barre": barre,
                "valeur": ecrire(barre.valeur),
                "prevu": ecrire(barre.prevu),
            }
            for barre in barres
        ],
        "g": graphiques,
    }


@register.inclusion_tag("composants/graphiques/trace.html")
def trace(a_tracer: Trace, imprime: bool = False) -> dict[str, Any]:
    """Un tracé du bilan, dessiné une fois (``socle.traces``) ; ``imprime`` : sans l'étroit."""
    vide = a_tracer.est_vide
    # Le SVG vient de notre dessin, qui échappe ses textes.
    return {
        "trace": a_tracer,
        "large": "" if vide else mark_safe(gardes.svg(a_tracer)),  # noqa: S308
        "etroit": "" if vide or imprime else mark_safe(gardes.svg(a_tracer, ETROIT)),  # noqa: S308
    }


@register.inclusion_tag("composants/graphiques/matrice.html")
def matrice(
    titre: str, colonnes: Sequence[str], lignes: Sequence[LigneMatrice], coin: str = ""
) -> dict[str, Any]:
    """Un croisement (objectifs et besoins) : chaque case dit son nombre, sa teinte le pèse."""
    rangees = [
        {"ligne": ligne, "cases": list(zip(colonnes, ligne.cellules, strict=True))}
        for ligne in lignes
    ]
    return {"titre": titre, "colonnes": colonnes, "rangees": rangees, "coin": coin}


@register.inclusion_tag("composants/barre_progression.html")
def barre_progression(
    fait: int,
    total: int,
    url: str,
    libelle: str = "Travail en cours",
    fini: bool = False,
    erreurs: Sequence[str] = (),
    suite: str = "",
    suite_libelle: str = "Continuer",
    arrete: bool = False,
    muet: bool = False,
    arreter: str = "",
    reprendre: str = "",
) -> dict[str, Any]:
    """L'avancement d'un long travail ; ``arreter`` et ``reprendre`` sont les adresses des actions.

    ``muet`` : aucun ouvrier ne le fait avancer, et la barre le dit.

    ``url`` rend cette même balise : htmx l'appelle toutes les deux secondes jusqu'à la fin. Sans
    JavaScript, un lien recharge la page.
    """
    return {
        "fait": fait,
        "total": total,
        "url": url,
        "libelle": libelle,
        "fini": fini or (total > 0 and fait >= total),
        "erreurs": erreurs,
        "suite": suite,
        "suite_libelle": suite_libelle,
        "arrete": arrete,
        "muet": muet,
        "arreter": arreter,
        "reprendre": reprendre,
    }


@register.inclusion_tag("composants/graphiques/frise.html")
def frise_activites(titre: str, lignes: Sequence[Mapping[str, str]]) -> dict[str, Any]:
    """Le calendrier d'un projet : les activités datées d'un tableau, sur leurs mois.

    Une ligne sans date lisible n'y est pas ; la réponse écrite, elle, reste à côté.
    """
    periodes = []
    for ligne in lignes:
        try:
            debut = dt.date.fromisoformat(ligne.get("debut", ""))
            fin = dt.date.fromisoformat(ligne.get("fin") or ligne["debut"])
        except ValueError:
            continue
        periodes.append(Periode(ligne.get("nom", ""), debut, max(debut, fin)))
    return {
        "titre": titre,
        "dessin": dessiner_frise(periodes),
        "hauteur": HAUTEUR_FRISE,
    }
