"""Le classement prêt pour une page : un volet, ses dessins, ses lignes. Rien de plus que permis."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from django.core.paginator import Page, Paginator
from django.db.models import QuerySet, Sum

from appels.models import Appel, Demande, Volet
from evaluations.analyse import Analyse, ChiffresDemande, Place, analyse_pour
from evaluations.classement import LigneClassement, ligne_de
from evaluations.models import Recommandation
from evaluations.visibilite import demandes_revelees_a
from socle.graphiques import Part, Rang

PAR_PAGE = 25
Adresse = Callable[[Demande], str]


@dataclass(frozen=True)
class LigneTableau:
    """Une ligne de la page : le classement d'une demande, ses autres chiffres, son avis."""

    ligne: LigneClassement
    cumul: Decimal
    chiffres: ChiffresDemande
    avis: Recommandation | None
    url: str


@dataclass(frozen=True)
class VoletClasse:
    """Un volet et les lignes montrées ; ``page`` est None quand elles y sont toutes."""

    volet: Volet
    lignes: list[LigneTableau]
    recommande: Decimal
    page: Page | None = None

    @property
    def rangs(self) -> list[Rang]:
        """Les barres du dessin : les premières demandes, là où passe la limite de l'enveloppe."""
        if self.page is not None and self.page.number != 1:
            return []
        return [
            Rang(
                libelle=f"{rang.ligne.demande.code} · {rang.ligne.demande.titre}",
                score=rang.ligne.score,
                montant=rang.ligne.demande.montant_demande,
                url=rang.url,
            )
            for rang in self.lignes
        ]

    @property
    def reste(self) -> Decimal:
        """Ce que les recommandations visibles laissent de l'enveloppe."""
        return self.volet.enveloppe - self.recommande

    @property
    def parts(self) -> list[Part]:
        """Le recommandé et ce qui reste libre, pour le dessin."""
        return [Part("Recommandé", self.recommande), Part("Libre", max(self.reste, Decimal(0)))]


@dataclass(frozen=True)
class TableauClassement:
    """Les volets d'un appel, et l'analyse des demandes que la personne voit."""

    volets: list[VoletClasse]
    analyse: Analyse


def tableau_entier(utilisateur: Any, appel: Appel, *, adresse: Adresse) -> TableauClassement:
    """Toutes les lignes que la personne peut voir, pour une séance ou un tableur."""
    analyse = analyse_pour(utilisateur, appel)
    volets = list(appel.volets.all())
    places = {
        volet.pk: analyse.ordres[volet.pk].tranche(0, len(analyse.ordres[volet.pk]))
        for volet in volets
    }
    lignes = _lignes(appel, places, analyse, adresse)
    return TableauClassement(
        [
            VoletClasse(
                volet,
                lignes[volet.pk],
                sum((ligne.avis.montant for ligne in lignes[volet.pk] if ligne.avis), Decimal(0)),
            )
            for volet in volets
        ],
        analyse,
    )


def tableau_pagine(
    utilisateur: Any, appel: Appel, *, adresse: Adresse, pages: Mapping[str, str]
) -> TableauClassement:
    """Une page de chaque volet ; ``pages`` dit laquelle (« volet1 » : « 2 »), sinon la première.

    Seules les lignes montrées sont lues : 5 000 demandes coûtent ce qu'en coûtent 50.
    """
    analyse = analyse_pour(utilisateur, appel)
    volets = list(appel.volets.all())
    choisies, places = {}, {}
    for volet in volets:
        ordre = analyse.ordres[volet.pk]
        page = Paginator(range(len(ordre)), PAR_PAGE).get_page(pages.get(f"volet{volet.no}"))
        choisies[volet.pk] = page
        places[volet.pk] = ordre.tranche(page.object_list.start, page.object_list.stop)
    lignes = _lignes(appel, places, analyse, adresse)
    recommandes = _recommandes(demandes_revelees_a(utilisateur, appel), appel)
    return TableauClassement(
        [
            VoletClasse(
                volet,
                lignes[volet.pk],
                recommandes.get(volet.pk, Decimal(0)),
                choisies[volet.pk],
            )
            for volet in volets
        ],
        analyse,
    )


def _recommandes(visibles: QuerySet[Demande], appel: Appel) -> dict[int, Decimal]:
    """Ce que le comité recommande dans chaque volet, pour ces demandes seulement."""
    return dict(
        Recommandation.objects.filter(
            en_vigueur=True, seance__appel=appel, demande__in=visibles.values("pk")
        )
        .order_by()
        .values_list("demande__volet")
        .annotate(Sum("montant"))
    )


def _lignes(
    appel: Appel, places: Mapping[int, list[Place]], analyse: Analyse, adresse: Adresse
) -> dict[int, list[LigneTableau]]:
    """Par volet, les lignes de ces places, chacune avec ses chiffres et son avis en vigueur."""
    voulues = [place.demande_id for du_volet in places.values() for place in du_volet]
    lues = Demande.objects.select_related("organisme", "score_comite").in_bulk(voulues)
    avis = {
        recommandation.demande_id: recommandation
        for recommandation in Recommandation.objects.filter(
            demande__in=voulues, en_vigueur=True
        ).select_related("seance")
    }

    def ligne(place: Place) -> LigneTableau:
        demande = lues[place.demande_id]
        demande.appel = appel
        return LigneTableau(
            ligne=ligne_de(demande, rang=place.rang, ex_aequo=place.ex_aequo),
            cumul=place.cumul,
            chiffres=analyse.de(demande.pk),
            avis=avis.get(demande.pk),
            url=adresse(demande),
        )

    return {volet: [ligne(place) for place in du_volet] for volet, du_volet in places.items()}
