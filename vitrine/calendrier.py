"""Le calendrier des activités et des temps forts en ``.ics``, que tout agenda lit et suit."""

import datetime as dt
from collections.abc import Iterable
from typing import Any
from urllib.parse import urlsplit

from django.conf import settings
from django.urls import reverse
from django.utils import timezone
from icalendar import Calendar, Event

from socle import horloge
from vitrine.models import TempsFort, VersionActivite

JOURS_ICAL = ("MO", "TU", "WE", "TH", "FR", "SA", "SU")


def calendrier(
    versions: Iterable[VersionActivite], temps_forts: Iterable[TempsFort] = (), *, nom: str
) -> bytes:
    """Le fichier .ics, à l'heure de Trois-Rivières ; ce qui n'a pas de premier jour n'y est pas."""
    agenda = Calendar.new(
        prodid="-//Appels à projets//FR",
        name=nom,
        language="fr-CA",
        subcomponents=[
            *(_temps_fort(temps_fort) for temps_fort in temps_forts),
            *(_activite(version) for version in versions if version.debut),
        ],
    )
    agenda.add_missing_timezones()
    return agenda.to_ical()


def _activite(version: VersionActivite) -> Event:
    """Une suite hebdomadaire si elle a des jours ; sinon sa période entière."""
    premier = _premier_jour(version)
    adresse = settings.SITE_URL + reverse("activite", kwargs={"cle": version.activite.cle})
    evenement = Event.new(
        # L'adresse ne change pas : une page publiée de nouveau corrige l'agenda.
        uid=f"activite-{version.activite.cle}@{_hote()}",
        stamp=horloge.maintenant().astimezone(dt.UTC),
        summary=version.titre,
        description=f"{version.texte}\n\n{adresse}",
        location=", ".join(filter(None, (version.lieu, version.adresse))) or version.secteur,
        start=_instant(premier, version.heure_debut),
        end=_fin(version, premier),
        transparency="OPAQUE" if version.heure_debut else "TRANSPARENT",
        url=adresse,
    )
    if version.jours:
        regle: dict[str, Any] = {
            "FREQ": "WEEKLY",
            "BYDAY": [JOURS_ICAL[jour] for jour in sorted(version.jours)],
        }
        if version.fin:
            regle["UNTIL"] = _dernier_instant(version)
        evenement.add("rrule", regle)
    return evenement


def _premier_jour(version: VersionActivite) -> dt.date:
    """Le premier de ses jours de la semaine à partir de son début."""
    if not version.jours:
        return version.debut
    suivants = (version.debut + dt.timedelta(days=n) for n in range(7))
    return next(jour for jour in suivants if jour.weekday() in version.jours)


def _instant(jour: dt.date, heure: dt.time | None) -> dt.date | dt.datetime:
    return timezone.make_aware(dt.datetime.combine(jour, heure)) if heure else jour


def _fin(version: VersionActivite, premier: dt.date) -> dt.date | dt.datetime:
    """L'heure de la fin ; à défaut une heure plus tard, ou la fin du dernier jour."""
    if version.heure_debut:
        if version.heure_fin:
            return _instant(premier, version.heure_fin)
        return _instant(premier, version.heure_debut) + dt.timedelta(hours=1)
    dernier = premier if version.jours else (version.fin or premier)
    return dernier + dt.timedelta(days=1)


def _dernier_instant(version: VersionActivite) -> dt.date | dt.datetime:
    """UNTIL est une date quand le début en est une, sinon un instant en temps universel."""
    if not version.heure_debut:
        return version.fin
    return timezone.make_aware(dt.datetime.combine(version.fin, dt.time.max)).astimezone(dt.UTC)


def _temps_fort(temps_fort: TempsFort) -> Event:
    return Event.new(
        uid=f"temps-fort-{temps_fort.pk}@{_hote()}",
        stamp=horloge.maintenant().astimezone(dt.UTC),
        summary=temps_fort.titre,
        description=temps_fort.texte,
        start=temps_fort.debut,
        end=temps_fort.fin + dt.timedelta(days=1),
        transparency="TRANSPARENT",
    )


def _hote() -> str | None:
    return urlsplit(settings.SITE_URL).hostname
