"""La consultation telle que tout le monde la lit : ses ateliers, et ce que chaque point est devenu.

Un nombre de personnes de 1 à 4 ne paraît pas (regles.md, 15), et un point ne dit pas de quel groupe
il vient : un petit groupe dirait qui a parlé.
"""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from django.db.models import Prefetch, QuerySet

from appels.models import Appel, Atelier, Besoin, Consultation, Demande, PointSouleve, Theme
from financement.bilan import projets_annonces
from financement.masquage import PETITE, SEUIL, masquer, total_publiable
from socle import horloge
from vitrine.models import VersionActivite


@dataclass
class AtelierPublic:
    """Un atelier et ses nombres masqués ; un nombre inconnu ou caché est vide."""

    atelier: Atelier
    personnes: str
    organisations: str
    tailles: str
    groupes: list[tuple[str, str]]


@dataclass
class SuiteDonnee:
    """Un besoin du plan : ce qui s'en est dit, et ce qui lui répond aujourd'hui."""

    besoin: Besoin
    points: list[PointSouleve]
    projets: list[Demande]
    services: list[VersionActivite]
    appels: list[Appel]
    repris_dans: list[str] = field(default_factory=list)

    @property
    def a_une_reponse(self) -> bool:
        return bool(self.projets or self.services)

    @property
    def dits_autrement(self) -> list[PointSouleve]:
        """Les points que les mots du besoin ne répètent pas déjà."""
        return [point for point in self.points if point.texte != self.besoin.libelle]


@dataclass
class Suites:
    """Tout ce qu'une consultation a donné."""

    par_theme: list[tuple[Theme, list[SuiteDonnee]]]
    forces: list[PointSouleve]
    sans_besoin: list[PointSouleve]

    @property
    def toutes(self) -> list[SuiteDonnee]:
        return [suite for _, siennes in self.par_theme for suite in siennes]

    @property
    def avec_reponse(self) -> int:
        return sum(1 for suite in self.toutes if suite.a_une_reponse)


def ateliers_publics(consultation: Consultation) -> list[AtelierPublic]:
    return [
        _atelier_public(atelier)
        for atelier in consultation.ateliers.prefetch_related("questions", "groupes")
    ]


def _atelier_public(atelier: Atelier) -> AtelierPublic:
    groupes = {g.nom: g.personnes for g in atelier.groupes.all() if g.personnes is not None}
    masques = masquer(groupes)
    personnes = nombre_public(atelier.personnes)
    if not total_publiable({"groupes": masques}):
        # Le total redonnerait un groupe caché.
        personnes = ""
    tailles = ""
    if not groupes and None not in (atelier.groupe_min, atelier.groupe_max):
        tailles = f"{nombre_public(atelier.groupe_min)} à {nombre_public(atelier.groupe_max)}"
    return AtelierPublic(
        atelier=atelier,
        personnes=personnes,
        organisations=nombre_public(atelier.organisations),
        tailles=tailles,
        groupes=[(g.nom, masques.get(g.nom, "")) for g in atelier.groupes.all()],
    )


def nombre_public(nombre: int | None) -> str:
    """« <5 » de 1 à 4 ; vide si le nombre est inconnu."""
    if nombre is None:
        return ""
    return PETITE if 0 < nombre < SEUIL else str(nombre)


def suites_de(consultation: Consultation) -> Suites:
    """Chaque besoin du plan consulté et ce qui lui répond, en un nombre constant de requêtes.

    Un besoin repris dans le plan suivant garde ce qui lui répondait et gagne ce qui y répond.
    """
    points = list(
        PointSouleve.objects.filter(atelier__consultation=consultation)
        .select_related("atelier")
        .prefetch_related("besoins")
    )
    dits: dict[int, list[PointSouleve]] = defaultdict(list)
    for point in points:
        for besoin in point.besoins.all():
            dits[besoin.pk].append(point)
    services = _services_par_besoin()
    besoins = (
        _avec_reponses(Besoin.objects.filter(plan=consultation.plan_id))
        .select_related("theme")
        .prefetch_related(Prefetch("suites", _avec_reponses(Besoin.objects.select_related("plan"))))
        .order_by("theme__ordre", "code")
    )
    par_theme: dict[Theme, list[SuiteDonnee]] = {}
    for besoin in besoins:
        lignee = [besoin, *besoin.suites.all()]
        suite = SuiteDonnee(
            besoin=besoin,
            points=dits[besoin.pk],
            projets=_uniques(b.annonces for b in lignee),
            services=_uniques(services[b.pk] for b in lignee),
            appels=_uniques(b.appels_ouverts for b in lignee),
            repris_dans=[repris.plan.titre for repris in besoin.suites.all()],
        )
        par_theme.setdefault(besoin.theme, []).append(suite)
    return Suites(
        par_theme=list(par_theme.items()),
        forces=[p for p in points if p.genre == PointSouleve.Genre.FORCE],
        sans_besoin=[
            p for p in points if p.genre != PointSouleve.Genre.FORCE and not p.besoins.all()
        ],
    )


def _avec_reponses(besoins: QuerySet[Besoin]) -> QuerySet[Besoin]:
    """Les besoins avec ``annonces`` (leurs projets annoncés) et ``appels_ouverts``."""
    projets = projets_annonces().select_related("organisme").order_by("titre", "pk")
    return besoins.prefetch_related(
        Prefetch("demandes", projets, to_attr="annonces"),
        Prefetch("appels", Appel.objects.ouverts(), to_attr="appels_ouverts"),
    )


def _services_par_besoin() -> dict[int, list[VersionActivite]]:
    """Les services qui paraissent en ce moment, par besoin."""
    services: dict[int, list[VersionActivite]] = defaultdict(list)
    publies = (
        VersionActivite.objects.publiques()
        .filter(activite__demande=None)
        .en_cours(horloge.aujourdhui())
        .prefetch_related("besoins")
        .order_by("titre")
    )
    for version in publies:
        for besoin in version.besoins.all():
            services[besoin.pk].append(version)
    return services


def _uniques(listes: Iterable[list[Any]]) -> list[Any]:
    """Les éléments de toutes les listes, chacun une fois, dans leur ordre."""
    return list({element.pk: element for liste in listes for element in liste}.values())
