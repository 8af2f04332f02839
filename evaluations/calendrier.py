"""Les dates d'un comité en un fichier .ics : souhaits, séances. Aucune demande n'y paraît."""

import datetime as dt

from django.conf import settings
from django.urls import reverse
from icalendar import Event

from appels.calendrier import agenda, evenement
from appels.models import Appel
from evaluations.models import CollecteSouhaits, Seance
from socle import horloge


def echeance_de(appel: Appel) -> dt.date | None:
    """Quand la séance a lieu : celle qui est préparée, sinon la date annoncée par l'appel."""
    seance = appel.seances.filter(etat="preparee", date__gte=horloge.maintenant()).order_by("date")
    return getattr(seance.first(), "date", None) or appel.seance_comite


def calendrier_du_comite(appel: Appel) -> bytes:
    """Le fichier .ics des membres : la fin des souhaits et les séances, avec leur lieu.

    Sans séance préparée, la date que l'appel annonce en tient lieu.
    """
    accueil = settings.SITE_URL + reverse("comite:accueil")
    evenements = []
    collecte = CollecteSouhaits.objects.filter(appel=appel).first()
    if collecte is not None:
        evenements.append(
            evenement(appel, "souhaits", "Souhaits de lecture à donner", collecte.jusqu_au, accueil)
        )
    seances = Seance.objects.filter(appel=appel).select_related("appel").order_by("date")
    evenements += [_evenement_de(seance) for seance in seances]
    if not seances and appel.seance_comite:
        evenements.append(
            evenement(appel, "comite", "Séance du comité", appel.seance_comite, accueil)
        )
    return agenda(f"Comité — {appel.titre}", evenements)


def invitation(seance: Seance) -> bytes:
    """Le fichier .ics d'une seule séance, à joindre à la convocation."""
    return agenda(f"Comité — {seance.appel.titre}", [_evenement_de(seance)])


def _evenement_de(seance: Seance) -> Event:
    page = settings.SITE_URL + reverse("comite:seance", kwargs={"pk": seance.pk})
    return evenement(
        seance.appel,
        f"comite-{seance.pk}",
        "Séance du comité",
        seance.date,
        page,
        lieu=seance.lieu,
        occupe=True,
    )
