"""Le classement prêt pour une page : un volet, ses dessins, ses lignes. Rien de plus que permis."""

from collections.abc import Callable
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from appels.models import Appel, Volet
from evaluations.classement import LigneClassement, classer_pour
from evaluations.models import Recommandation
from socle.graphiques import Part, Rang


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
    rangs: list[Rang]
    recommande: Decimal

    @property
    def reste(self) -> Decimal:
        """Ce que les recommandations visibles laissent de l'enveloppe."""
        return self.volet.enveloppe - self.recommande

    @property
    def parts(self) -> list[Part]:
        """Le recommandé et ce qui reste libre, pour le dessin."""
        return [Part("Recommandé", self.recommande), Part("Libre", max(self.reste, Decimal(0)))]


def volets_classes(
    utilisateur: Any, appel: Appel, *, adresse: Callable[[Any], str]
) -> list[VoletClasse]:
    """Les volets de l'appel avec ce que la personne peut voir ; ``adresse(demande)`` y mène."""
    classement = classer_pour(utilisateur, appel)
    visibles = [ligne.demande.pk for lignes in classement.values() for ligne in lignes]
    avis = {
        recommandation.demande_id: recommandation
        for recommandation in Recommandation.objects.filter(
            demande__in=visibles, en_vigueur=True
        ).select_related("seance")
    }
    volets = []
    for volet in appel.volets.all():
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
                rangs=[
                    Rang(
                        libelle=f"{r.ligne.demande.code} · {r.ligne.demande.titre}",
                        score=r.ligne.score,
                        montant=r.ligne.demande.montant_demande,
                        url=r.url,
                    )
                    for r in lignes
                ],
                recommande=sum((r.avis.montant for r in lignes if r.avis), Decimal(0)),
            )
        )
    return volets
