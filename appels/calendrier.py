"""Les dates d'un appel en un fichier .ics, que tout agenda lit."""

import datetime as dt
from urllib.parse import urlsplit

from django.conf import settings
from django.urls import reverse
from django.utils import timezone
from icalendar import Calendar, Event

from appels.models import Appel
from socle import horloge


def calendrier(appel: Appel) -> bytes:
    """Le fichier .ics de ``appel``, à l'heure de Trois-Rivières.

    Les identifiants ne changent pas : importé de nouveau après un report, il corrige l'agenda.
    """
    adresse = settings.SITE_URL + reverse("appel_public", kwargs={"code": appel.code})
    return agenda(
        appel.titre,
        [
            evenement(appel, code, resume, quand, adresse)
            for code, resume, quand in (
                ("ouverture", "Ouverture des dépôts", appel.ouverture),
                ("seance-information", "Séance d'information", appel.seance_information),
                ("cloture", "Clôture des dépôts", appel.cloture),
                ("rapport-etape", "Rapport d'étape attendu", appel.rapport_etape_le),
                ("rapport-final", "Rapport final attendu", appel.rapport_final_le),
            )
            if quand is not None
        ],
    )


def agenda(nom: str, evenements: list[Event]) -> bytes:
    """Un fichier .ics de ce nom, avec ses fuseaux."""
    fichier = Calendar.new(
        prodid="-//Appels à projets//FR", name=nom, language="fr-CA", subcomponents=evenements
    )
    fichier.add_missing_timezones()
    return fichier.to_ical()


def evenement(
    appel: Appel,
    code: str,
    resume: str,
    quand: dt.date,
    adresse: str,
    *,
    lieu: str = "",
    occupe: bool = False,
) -> Event:
    """Un instant reste un instant ; une date sans heure prend sa journée entière.

    ``code`` rend l'identifiant stable ; ``adresse`` est la page où tout savoir ; ``occupe`` :
    la personne n'est pas libre à ce moment.
    """
    instant = isinstance(quand, dt.datetime)
    return Event.new(
        uid=f"{appel.code}-{code}@{urlsplit(settings.SITE_URL).hostname}",
        stamp=horloge.maintenant().astimezone(dt.UTC),
        summary=f"{resume} — {appel.titre}",
        description=f"Tout savoir : {adresse}",
        location=lieu or None,
        start=timezone.localtime(quand) if instant else quand,
        end=None if instant else quand + dt.timedelta(days=1),
        transparency="OPAQUE" if occupe else "TRANSPARENT",
        url=adresse,
    )
