"""Ce qu'une page d'activité doit tenir avant d'être proposée."""

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from socle.exceptions import RegleViolee

# Un rectangle large autour de Trois-Rivières : un point saisi à l'envers ou ailleurs est refusé.
LATITUDES = (Decimal("46.15"), Decimal("46.60"))
LONGITUDES = (Decimal("-73.00"), Decimal("-72.25"))


def verifier(champs: Mapping[str, Any]) -> None:
    """Lève ``RegleViolee`` à la première règle que ``champs`` ne tient pas."""
    for verification in (_sujets, _periode, _heures, _cout, _point, _contact):
        verification(champs)


def _sujets(champs: Mapping[str, Any]) -> None:
    if not champs["sujets"]:
        raise RegleViolee("Choisissez au moins un sujet.", champ="sujets", code="sujets")


def _periode(champs: Mapping[str, Any]) -> None:
    debut, fin = champs["debut"], champs["fin"]
    if debut and fin and fin < debut:
        raise RegleViolee("Le dernier jour vient avant le premier.", champ="fin", code="periode")
    if champs["jours"] and not debut:
        raise RegleViolee(
            "Donnez le premier jour : le calendrier part de lui.", champ="debut", code="periode"
        )


def _heures(champs: Mapping[str, Any]) -> None:
    de, a = champs["heure_debut"], champs["heure_fin"]
    if a and not de:
        raise RegleViolee("Donnez aussi l'heure du début.", champ="heure_debut", code="heures")
    if de and a and a <= de:
        raise RegleViolee(
            "L'heure de la fin vient avant celle du début.", champ="heure_fin", code="heures"
        )


def _cout(champs: Mapping[str, Any]) -> None:
    if not champs["gratuit"] and not champs["cout"]:
        raise RegleViolee("Dites combien cela coûte.", champ="cout", code="cout")


def _point(champs: Mapping[str, Any]) -> None:
    latitude, longitude = champs["latitude"], champs["longitude"]
    if (latitude is None) != (longitude is None):
        manque = "latitude" if latitude is None else "longitude"
        raise RegleViolee("Donnez les deux coordonnées, ou aucune.", champ=manque, code="point")
    if latitude is None:
        return
    for champ, valeur, (bas, haut) in (
        ("latitude", latitude, LATITUDES),
        ("longitude", longitude, LONGITUDES),
    ):
        if not bas <= valeur <= haut:
            raise RegleViolee(
                f"Ce point est loin de Trois-Rivières : la {champ} va de "
                f"{_ecrire(bas)} à {_ecrire(haut)}.",
                champ=champ,
                code="point",
            )


def _ecrire(nombre: Decimal) -> str:
    return str(nombre).replace(".", ",").replace("-", "−")


def _contact(champs: Mapping[str, Any]) -> None:
    donne = any(champs[nom] for nom in ("contact_nom", "contact_telephone", "contact_courriel"))
    if donne and not champs["contact_consenti"]:
        raise RegleViolee(
            "Un contact ne paraît que si la personne y consent : cochez la case, ou effacez-le.",
            champ="contact_consenti",
            code="consentement",
        )
