"""Ce qui répond au plan d'action : appels, projets, dollars et résultats de chaque besoin.

Un projet qui répond à plusieurs besoins compte en entier sous chacun. Les demandes dont la personne
est récusée n'y comptent pas. Les comptes sont masqués (regles.md, 15) : la page se télécharge.
"""

from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from django.db.models import Count, Prefetch, Q, Sum

from appels.models import Besoin, Demande, Objectif, PlanAction, Theme
from financement.bilan import FINANCEES, projets_annonces
from financement.bilan_resultats import somme_de
from financement.masquage import publier
from financement.retenus import valeurs_des


@dataclass
class ReponseAuBesoin:
    """Un besoin et ce qui y répond ; l'argent en dollars, les résultats des rapports acceptés."""

    besoin: Besoin
    nombre_appels: int = 0
    projets: list[Demande] = field(default_factory=list)

    @property
    def accorde(self) -> Decimal:
        return sum((projet.accorde or Decimal(0) for projet in self.projets), Decimal("0.00"))

    @property
    def activites(self) -> int | str | None:
        return somme_de((projet.publie for projet in self.projets), "activites_realisees")

    @property
    def personnes(self) -> int | str | None:
        """Non dédoublonnées d'un projet à l'autre."""
        return somme_de((projet.publie for projet in self.projets), "personnes_distinctes")


@dataclass
class Case:
    """Le croisement d'un thème et d'un objectif : ses besoins, répondus ou non."""

    reponses: list[ReponseAuBesoin]

    @property
    def repondus(self) -> int:
        return sum(1 for reponse in self.reponses if reponse.projets)


@dataclass
class Couverture:
    """Tout le plan, prêt à montrer."""

    plan: PlanAction
    objectifs: list[Objectif]
    themes: list[Theme]
    reponses: list[ReponseAuBesoin]

    @property
    def repondus(self) -> list[ReponseAuBesoin]:
        return [reponse for reponse in self.reponses if reponse.projets]

    @property
    def sans_reponse(self) -> list[ReponseAuBesoin]:
        return [reponse for reponse in self.reponses if not reponse.projets]

    @property
    def par_theme(self) -> list[tuple[Theme, list[ReponseAuBesoin]]]:
        groupes = [
            (theme, [r for r in self.reponses if r.besoin.theme_id == theme.pk])
            for theme in self.themes
        ]
        return [(theme, reponses) for theme, reponses in groupes if reponses]

    @property
    def matrice(self) -> list[tuple[Theme, list[tuple[Objectif, Case]]]]:
        """Une ligne par thème, une case par objectif."""
        return [
            (
                theme,
                [
                    (objectif, Case([r for r in reponses if r.besoin.objectif_id == objectif.pk]))
                    for objectif in self.objectifs
                ],
            )
            for theme, reponses in self.par_theme
        ]


def couverture(plan: PlanAction, personne: Any) -> Couverture:
    """Ce qui répond à chaque besoin de ``plan``, tel que ``personne`` le suit."""
    return couvrir(plan, projets_finances(personne))


def couverture_annoncee(plan: PlanAction) -> Couverture:
    """La même par les seuls projets annoncés : ce que tout le monde peut en savoir."""
    return couvrir(plan, _avec_leurs_resultats(projets_annonces()))


def couvrir(plan: PlanAction, projets: Any) -> Couverture:
    """Ce que ``projets`` répondent à chaque besoin, en un nombre constant de requêtes."""
    besoins = (
        plan.besoins.select_related("theme", "objectif")
        .annotate(nombre_appels=Count("appels", filter=~Q(appels__etat="brouillon"), distinct=True))
        .prefetch_related(Prefetch("demandes", projets, to_attr="finances"))
        .order_by("theme__ordre", "code")
    )
    return Couverture(
        plan=plan,
        objectifs=list(plan.objectifs.all()),
        themes=list(plan.themes.all()),
        reponses=reponses_aux_besoins(list(besoins)),
    )


def reponses_aux_besoins(besoins: list[Besoin]) -> list[ReponseAuBesoin]:
    """Chaque besoin porte ``finances``, ses projets financés, et leur nombre d'appels."""
    projets = [projet for besoin in besoins for projet in besoin.finances]
    valeurs = valeurs_des({projet.pk for projet in projets})
    for projet in projets:
        projet.publie = publier(valeurs.get(projet.pk, {}))
    return [ReponseAuBesoin(besoin, besoin.nombre_appels, besoin.finances) for besoin in besoins]


def projets_finances(personne: Any) -> Any:
    """Les demandes financées que ``personne`` suit, avec leur montant et leurs rapports."""
    return _avec_leurs_resultats(
        Demande.objects.sans_recusation(personne).filter(etat__in=FINANCEES)
    )


def _avec_leurs_resultats(demandes: Any) -> Any:
    return (
        demandes.select_related("organisme", "appel")
        .annotate(accorde=Sum("mouvements__montant", filter=Q(mouvements__nature="accord")))
        .order_by("reference")
    )
