"""Une activité en phrases courtes, les mêmes sur la page, dans le guide et sur une carte."""

from django import template

from socle.templatetags.affichage import date_courte, heure
from vitrine.models import VersionActivite

register = template.Library()


def enumerer(mots: list[str], liaison: str = "et") -> str:
    """« le lundi, le mardi et le jeudi »."""
    if len(mots) < 2:
        return "".join(mots)
    return f"{', '.join(mots[:-1])} {liaison} {mots[-1]}"


@register.filter
def quand(version: VersionActivite) -> str:
    """« Le mardi et le jeudi, de 18 h à 20 h, du 1er mai au 12 juin 2026 »."""
    morceaux = []
    if version.jours:
        morceaux.append(enumerer([f"le {jour}" for jour in version.noms_jours]))
    if version.heure_debut and version.heure_fin:
        morceaux.append(f"de {heure(version.heure_debut)} à {heure(version.heure_fin)}")
    elif version.heure_debut:
        morceaux.append(f"à {heure(version.heure_debut)}")
    morceaux.append(_periode(version))
    phrase = ", ".join(filter(None, morceaux)) or "toute l'année"
    return phrase[0].upper() + phrase[1:]


def _periode(version: VersionActivite) -> str:
    debut, fin = version.debut, version.fin
    if debut and debut == fin:
        return f"le {date_courte(debut)}"
    if debut and fin:
        return f"du {date_courte(debut)} au {date_courte(fin)}"
    if fin:
        return f"jusqu'au {date_courte(fin)}"
    return f"à partir du {date_courte(debut)}" if version.est_a_venir else ""


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
