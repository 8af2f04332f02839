"""« À lire » : ce qui attend le membre, appel par appel, dans son ordre, et pour quand."""

import datetime as dt
from collections import Counter
from dataclasses import dataclass, field
from typing import Any

from django.core.paginator import Page, Paginator
from django.db.models import Count
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render

from appels.models import Appel
from evaluations.file_lecture import FileDeLecture, Place, files_de
from evaluations.models import Affectation, Calibrage, FicheCalibrage, MembreComite, Seance
from evaluations.visibilite import A_DECLARER_DANS
from socle import horloge

PAR_PAGE = 50


@dataclass
class Groupe:
    """Un appel en évaluation, vu d'un siège ; ``page`` : une page de ses demandes."""

    appel: Appel
    file: FileDeLecture
    criteres: int
    a_declarer: int
    echeance: dt.date | None
    page: Page
    calibrages: list[Any] = field(default_factory=list)

    @property
    def a_faire(self) -> int:
        return self.a_declarer + len(self.file.a_noter)

    @property
    def parametre(self) -> str:
        """Le mot de l'adresse qui tourne les pages de cet appel, et d'aucun autre."""
        return parametre_de_page(self.appel)

    @property
    def a_noter(self) -> list[Place]:
        """De cette page seulement, comme ``soumises``."""
        return [place for place in self.page if place.a_noter]

    @property
    def soumises(self) -> list[Place]:
        return [place for place in self.page if place.soumise]


def parametre_de_page(appel: Appel) -> str:
    return f"page-{appel.code}"


def accueil(request: HttpRequest) -> HttpResponse:
    if not request.user.sieges.filter(actif=True).exists():
        raise Http404
    sieges = list(
        request.user.sieges.filter(actif=True, appel__etat=Appel.Etat.EN_EVALUATION)
        .select_related("appel")
        .annotate(nb_criteres=Count("appel__criteres"))
        .order_by("appel__cloture", "pk")
    )
    seances = list(
        Seance.objects.filter(appel__in=[siege.appel_id for siege in sieges])
        .exclude(etat="close", close_le__lt=horloge.maintenant() - dt.timedelta(days=120))
        .select_related("appel")
        .order_by("date")
    )
    groupes = _groupes(request, sieges, seances)
    return render(
        request,
        "evaluations/comite/accueil.html",
        {
            "groupes": groupes,
            "seances": seances,
            "a_faire": sum(groupe.a_faire for groupe in groupes),
        },
    )


def _groupes(
    request: HttpRequest, sieges: list[MembreComite], seances: list[Seance]
) -> list[Groupe]:
    files = files_de(sieges)
    a_declarer = Counter(
        Affectation.objects.filter(
            membre__in=sieges, etat="a_declarer", demande__etat__in=A_DECLARER_DANS
        ).values_list("membre_id", flat=True)
    )
    prevues: dict[int, dt.date] = {}
    for seance in seances:
        if seance.etat == Seance.Etat.PREPAREE:
            prevues.setdefault(seance.appel_id, seance.date)
    calibrages = _calibrages(sieges)
    return [
        Groupe(
            appel=siege.appel,
            file=files[siege.pk],
            criteres=siege.nb_criteres,
            a_declarer=a_declarer[siege.pk],
            echeance=prevues.get(siege.appel_id) or siege.appel.seance_comite,
            page=_page(files[siege.pk], request.GET.get(parametre_de_page(siege.appel))),
            calibrages=calibrages.get(siege.appel_id, []),
        )
        for siege in sieges
    ]


def _page(file: FileDeLecture, numero: str | None) -> Page:
    """Ce qui reste à noter, dans l'ordre du membre, puis ce qui est soumis."""
    soumises = [place for place in file.places if place.soumise]
    return Paginator([*file.a_noter, *soumises], PAR_PAGE).get_page(numero)


def _calibrages(sieges: list[MembreComite]) -> dict[int, list[dict[str, Any]]]:
    """Par appel, les dossiers fictifs ouverts et si la personne a soumis sa fiche."""
    faites = set(
        FicheCalibrage.objects.filter(membre__in=sieges, soumise_le__isnull=False).values_list(
            "calibrage_id", flat=True
        )
    )
    par_appel: dict[int, list[dict[str, Any]]] = {}
    for calibrage in Calibrage.objects.filter(
        appel__in=[siege.appel_id for siege in sieges]
    ).exclude(etat="prepare"):
        par_appel.setdefault(calibrage.appel_id, []).append(
            {"calibrage": calibrage, "faite": calibrage.pk in faites}
        )
    return par_appel
