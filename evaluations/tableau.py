"""Le classement prêt pour une page : un volet, ses dessins, ses lignes. Rien de plus que permis."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from django.core.paginator import Page, Paginator
from django.db.models import Sum

from appels.models import Appel, Volet
from evaluations.analyse import Analyse, ChiffresDemande, Place, analyser, volets_de
from evaluations.classement import LigneClassement, ligne_de
from evaluations.lignes_classees import AvisClasse, ProjetClasse, lire
from evaluations.models import Recommandation
from evaluations.visibilite import Perimetre, perimetre
from socle.graphiques import Part
from socle.graphiques_classement import Rang

TOUT_SUR_UNE_PAGE = 40
PAR_PAGE = 20
Adresse = Callable[[ProjetClasse], str]


@dataclass(frozen=True)
class LigneTableau:
    """Une ligne de la page : le classement d'une demande, ses autres chiffres, son avis."""

    ligne: LigneClassement
    cumul: Decimal
    chiffres: ChiffresDemande
    avis: AvisClasse | None
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
        return self.volet.enveloppe_actuelle - self.recommande

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


def tableau_entier(
    utilisateur: Any, appel: Appel, *, adresse: Adresse, au_comite: bool = False
) -> TableauClassement:
    """Toutes les lignes que la personne peut voir, pour une séance ou un tableur.

    ``au_comite`` : les projets tels que le comité les lit, sans nom s'il le faut.
    """
    vu, volets = perimetre(utilisateur, appel), volets_de(appel)
    analyse = analyser(appel, vu, volets)
    return _tableau(appel, vu, volets, analyse, adresse, au_comite=au_comite)


def tableau_pagine(
    utilisateur: Any,
    appel: Appel,
    *,
    adresse: Adresse,
    choix: Mapping[str, str],
    au_comite: bool = False,
) -> TableauClassement:
    """Tous les volets s'ils tiennent sur une page ; sinon une page d'un volet.

    ``choix`` (l'adresse de la page) dit le ``volet`` et la ``page``. Seules les lignes montrées
    sont lues : 5 000 demandes coûtent ce qu'en coûtent 50.
    """
    vu, volets = perimetre(utilisateur, appel), volets_de(appel)
    analyse = analyser(appel, vu, volets)
    nombres = {volet.pk: len(analyse.ordres[volet.pk]) for volet in volets}
    if sum(nombres.values()) <= TOUT_SUR_UNE_PAGE:
        return _tableau(appel, vu, volets, analyse, adresse, au_comite=au_comite)
    montre = next((v for v in volets if str(v.no) == choix.get("volet")), volets[0])
    page = Paginator(range(nombres[montre.pk]), PAR_PAGE).get_page(choix.get("page"))
    onglets = [Onglet(volet, nombres[volet.pk], volet == montre) for volet in volets]
    return _tableau(
        appel, vu, [montre], analyse, adresse,
        au_comite=au_comite, pages={montre.pk: page}, onglets=onglets,
    )  # fmt: skip


def _tableau(
    appel: Appel,
    vu: Perimetre,
    volets: list[Volet],
    analyse: Analyse,
    adresse: Adresse,
    *,
    au_comite: bool,
    pages: Mapping[int, Page] | None = None,
    onglets: Sequence[Onglet] = (),
) -> TableauClassement:
    places, pages = {}, pages or {}
    for volet in volets:
        ordre, page = analyse.ordres[volet.pk], pages.get(volet.pk)
        bornes = page.object_list if page else range(len(ordre))
        places[volet.pk] = ordre.tranche(bornes.start, bornes.stop)
    lignes = _lignes(appel, places, analyse, adresse, au_comite=au_comite)
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
    appel: Appel,
    places: Mapping[int, list[Place]],
    analyse: Analyse,
    adresse: Adresse,
    *,
    au_comite: bool,
) -> dict[int, list[LigneTableau]]:
    """Par volet, les lignes de ces places, chacune avec ses chiffres et son avis en vigueur."""
    voulues = [place.demande_id for du_volet in places.values() for place in du_volet]
    lues = lire(appel, voulues, au_comite=au_comite)

    def ligne(place: Place) -> LigneTableau:
        lue = lues[place.demande_id]
        return LigneTableau(
            ligne=ligne_de(
                appel,
                lue.projet,
                fiches=lue.fiches,
                moyenne=lue.moyenne,
                ecart=lue.ecart,
                rang=place.rang,
                ex_aequo=place.ex_aequo,
            ),
            cumul=place.cumul,
            chiffres=analyse.de(place.demande_id),
            avis=lue.avis,
            url=adresse(lue.projet),
        )

    return {volet: [ligne(place) for place in du_volet] for volet, du_volet in places.items()}
