"""Le classement prêt pour une page : un volet, ses dessins, ses lignes. Rien de plus que permis."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from django.core.paginator import Page, Paginator

from appels.models import Appel, Volet
from evaluations.classement import LigneClassement, classer_pour
from evaluations.models import Recommandation
from socle.graphiques import Part, Rang

PAR_PAGE = 50


@dataclass(frozen=True)
class LigneTableau:
    """Une ligne de la page : le classement d'une demande, ses fiches dessinées, son avis."""

    ligne: LigneClassement
    points: list[Part]
    avis: Recommandation | None
    url: str


@dataclass(frozen=True)
class VoletClasse:
    volet: Volet
    lignes: list[LigneTableau]
    page: Page
    recommande: Decimal

    @property
    def rangs(self) -> list[Rang]:
        """Les barres du dessin : les premières demandes, là où passe la limite de l'enveloppe."""
        if self.page.number != 1:
            return []
        return [
            Rang(
                libelle=f"{ligne.demande.code} · {ligne.demande.titre}",
                score=ligne.score,
                montant=ligne.demande.montant_demande,
                url=rang.url,
            )
            for rang in self.page
            for ligne in [rang.ligne]
        ]

    @property
    def reste(self) -> Decimal:
        """Ce que les recommandations visibles laissent de l'enveloppe."""
        return self.volet.enveloppe_actuelle - self.recommande

    @property
    def parts(self) -> list[Part]:
        """Le recommandé et ce qui reste libre, pour le dessin."""
        return [Part("Recommandé", self.recommande), Part("Libre", max(self.reste, Decimal(0)))]


def volets_classes(
    utilisateur: Any,
    appel: Appel,
    *,
    adresse: Callable[[Any], str],
    pages: Mapping[str, str] | None = None,
    au_comite: bool = False,
) -> list[VoletClasse]:
    """Les volets de l'appel avec ce que la personne peut voir ; ``adresse(demande)`` y mène.

    ``pages`` donne la page montrée de chaque volet (« volet1 »: « 2 ») ; sans elle, la première.
    ``au_comite`` : les projets tels que le comité les lit.
    """
    classement = classer_pour(utilisateur, appel, au_comite=au_comite)
    visibles = [ligne.demande.pk for lignes in classement.values() for ligne in lignes]
    avis = {
        recommandation.demande_id: recommandation
        for recommandation in Recommandation.objects.filter(
            demande__in=visibles, en_vigueur=True
        ).select_related("seance")
    }
    volets = []
    for volet in appel.volets.prefetch_related("credits"):
        lignes = [
            LigneTableau(
                ligne=ligne,
                points=[Part(fiche.code, fiche.score) for fiche in ligne.fiches],
                avis=avis.get(ligne.demande.pk),
                url=adresse(ligne.demande),
            )
            for ligne in classement.get(volet.no, [])
        ]
        volets.append(
            VoletClasse(
                volet=volet,
                lignes=lignes,
                page=Paginator(lignes, PAR_PAGE).get_page((pages or {}).get(f"volet{volet.no}")),
                recommande=sum((r.avis.montant for r in lignes if r.avis), Decimal(0)),
            )
        )
    return volets
