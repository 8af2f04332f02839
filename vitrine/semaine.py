"""Ce que la vitrine ajoute à « Ma semaine »."""

from collections.abc import Iterator
from typing import Any

from django.urls import reverse
from django.utils import timezone

from financement.attente import PAR_SORTE, Attente
from vitrine.models import Activite, VersionActivite


def pages_a_approuver(personne: Any) -> Iterator[Attente]:
    """Les pages d'activité proposées par des organismes, la plus ancienne d'abord."""
    versions = VersionActivite.objects.filter(
        etat="proposee", activite__in=Activite.objects.visibles_par(personne)
    ).select_related("activite__demande__organisme")
    for version in versions.order_by("proposee_le")[:PAR_SORTE]:
        yield Attente(
            "Page d'activité",
            version.titre,
            f"{version.activite.offert_par} — à approuver",
            reverse("ville:activite", args=[version.activite_id]),
            "Lire",
            timezone.localdate(version.proposee_le),
            est_echeance=False,
        )
