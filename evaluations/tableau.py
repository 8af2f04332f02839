"""Le classement prêt pour une page : un volet, ses dessins, ses lignes. Rien de plus que permis."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from django.core.paginator import Page, Paginator
from django.db.models import Sum

from appels.models import Appel, Demande, Volet
from evaluations.analyse import Analyse, ChiffresDemande, Place, analyser
from evaluations.classement import LigneClassement, ligne_de
from evaluations.models import Recommandation
from evaluations.visibilite import Perimetre, perimetre
from socle.graphiques import Part, Rang

TOUT_SUR_UNE_PAGE = 40
PAR_PAGE = 20
LUES = ("code", "titre", "reference", "montant_demande", "etat", "appel", "volet")
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
class Onglet:
    """Un volet à choisir, quand l'appel a trop de demandes pour une page."""

    volet: Volet
    demandes: int
    montre: bool


@dataclass(frozen=True)
class TableauClassement:
    """Les volets montrés, ceux à choisir, et l'analyse des demandes que la personne voit."""

    volets: list[VoletClasse]
    analyse: Analyse
    vu: Perimetre
    onglets: Sequence[Onglet] = ()


def tableau_entier(utilisateur: Any, appel: Appel, *, adresse: Adresse) -> TableauClassement:
    """Toutes les lignes que la personne peut voir, pour une séance ou un tableur."""
    vu, volets = perimetre(utilisateur, appel), list(appel.volets.all())
    analyse = analyser(appel, vu, volets)
    return _tableau(appel, vu, volets, analyse, adresse, pages={})


def tableau_pagine(
    utilisateur: Any, appel: Appel, *, adresse: Adresse, choix: Mapping[str, str]
) -> TableauClassement:
    """Tous les volets s'ils tiennent sur une page ; sinon une page d'un volet.

    ``choix`` (l'adresse de la page) dit le ``volet`` et la ``page``. Seules les lignes montrées
    sont lues : 5 000 demandes coûtent ce qu'en coûtent 50.
    """
    vu, volets = perimetre(utilisateur, appel), list(appel.volets.all())
    analyse = analyser(appel, vu, volets)
    nombres = {volet.pk: len(analyse.ordres[volet.pk]) for volet in volets}
    if sum(nombres.values()) <= TOUT_SUR_UNE_PAGE:
        return _tableau(appel, vu, volets, analyse, adresse, pages={})
    montre = next((v for v in volets if str(v.no) == choix.get("volet")), volets[0])
    page = Paginator(range(nombres[montre.pk]), PAR_PAGE).get_page(choix.get("page"))
    onglets = [Onglet(volet, nombres[volet.pk], volet == montre) for volet in volets]
    return _tableau(appel, vu, [montre], analyse, adresse, {montre.pk: page}, onglets)


def _tableau(
    appel: Appel,
    vu: Perimetre,
    volets: list[Volet],
    analyse: Analyse,
    adresse: Adresse,
    pages: Mapping[int, Page],
    onglets: Sequence[Onglet] = (),
) -> TableauClassement:
    places = {}
    for volet in volets:
        ordre, page = analyse.ordres[volet.pk], pages.get(volet.pk)
        bornes = page.object_list if page else range(len(ordre))
        places[volet.pk] = ordre.tranche(bornes.start, bornes.stop)
    lignes = _lignes(appel, places, analyse, adresse)
    recommandes = _recommandes(vu, appel)
    classes = [
        VoletClasse(
            volet,
            lignes[volet.pk],
            recommandes.get(volet.pk, Decimal(0)),
            pages.get(volet.pk),
        )
        for volet in volets
    ]
    return TableauClassement(classes, analyse, vu, onglets)


def _recommandes(vu: Perimetre, appel: Appel) -> dict[int, Decimal]:
    """Ce que le comité recommande dans chaque volet, pour ces demandes seulement."""
    en_vigueur = Recommandation.objects.filter(en_vigueur=True, demande__appel=appel)
    return dict(
        vu.borner(en_vigueur, "demande")
        .order_by()
        .values_list("demande__volet")
        .annotate(Sum("montant"))
    )


def _lignes(
    appel: Appel, places: Mapping[int, list[Place]], analyse: Analyse, adresse: Adresse
) -> dict[int, list[LigneTableau]]:
    """Par volet, les lignes de ces places, chacune avec ses chiffres et son avis en vigueur."""
    voulues = [place.demande_id for du_volet in places.values() for place in du_volet]
    lues = (
        Demande.objects.select_related("organisme", "score_comite")
        .only(*LUES, "organisme__nom", "score_comite")
        .in_bulk(voulues)
    )
    avis = {
        recommandation.demande_id: recommandation
        for recommandation in Recommandation.objects.filter(demande__in=voulues, en_vigueur=True)
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
