"""Une activité en phrases courtes, les mêmes sur la page, dans le guide et sur une carte."""

from django import template

from socle.templatetags.affichage import date_courte, heure, periode
from vitrine.choix import Jour
from vitrine.models import VersionActivite

register = template.Library()


def enumerer(mots: list[str], liaison: str = "et") -> str:
    """« le lundi, le mardi et le jeudi »."""
    if len(mots) < 2:
        return "".join(mots)
    return f"{', '.join(mots[:-1])} {liaison} {mots[-1]}"


@register.filter
def quand(version: VersionActivite) -> str:
    """« Le mardi et le jeudi, de 18 h à 20 h, jusqu'au 12 juin 2026 »."""
    morceaux = []
    if version.jours:
        morceaux.append(_jours(sorted(version.jours)))
    if version.heure_debut and version.heure_fin:
        morceaux.append(f"de {heure(version.heure_debut)} à {heure(version.heure_fin)}")
    elif version.heure_debut:
        morceaux.append(f"à {heure(version.heure_debut)}")
    morceaux.append(_periode_qui_reste(version))
    phrase = ", ".join(filter(None, morceaux)) or "toute l'année"
    return phrase[0].upper() + phrase[1:]


def _jours(jours: list[int]) -> str:
    """« du lundi au vendredi » pour une suite de trois jours ou plus, sinon chacun."""
    noms = [Jour(jour).label.lower() for jour in jours]
    if len(jours) > 2 and jours[-1] - jours[0] == len(jours) - 1:
        return f"du {noms[0]} au {noms[-1]}"
    return enumerer([f"le {nom}" for nom in noms])


def _periode_qui_reste(version: VersionActivite) -> str:
    """Une activité déjà commencée ne dit que sa fin."""
    debut, fin = version.debut, version.fin
    if debut and fin and (version.est_a_venir or version.est_finie or debut == fin):
        return periode(debut, fin)
    if fin:
        return f"jusqu'au {date_courte(fin)}"
    return f"à partir du {date_courte(debut)}" if version.est_a_venir else ""


@register.filter
def langues(version: VersionActivite) -> str:
    """« Français, espagnol, arabe »."""
    return ", ".join(version.noms_langues).capitalize()


@register.filter
def ou(version: VersionActivite) -> str:
    """« Salle Pêcheurs, 500, rue des Forges (Centre-ville) » ; sans lieu, le secteur."""
    lieu = ", ".join(filter(None, (version.lieu, version.adresse)))
    return f"{lieu} ({version.secteur})" if lieu else version.secteur


@register.filter
def qui(version: VersionActivite) -> str:
    """« Parents. Statuts : études, travail temporaire » ; sans statut coché, tout le monde."""
    statuts = enumerer([nom.lower() for nom in version.noms_statuts], "ou")
    admis = f"Statut : {statuts}" if statuts else "Tous les statuts"
    if not version.pour_qui:
        return "Tout le monde, tous les statuts" if not statuts else admis
    return f"{version.pour_qui.rstrip('.')}. {admis}"


@register.filter
def cout(version: VersionActivite) -> str:
    return "Gratuit" if version.gratuit else version.cout
