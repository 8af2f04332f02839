"""Ce qu'une ligne du classement montre d'une demande : une requête, quel qu'en soit le nombre."""

from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal
from typing import NamedTuple

from django.db.models import F, FilteredRelation, Q

from appels.models import Appel, Demande
from evaluations.models import Recommandation
from evaluations.projets import OrganismeLu, projets_lus

LIBELLES = dict(Recommandation.Avis.choices)


@dataclass(frozen=True)
class ProjetClasse:
    """L'essentiel d'une demande dans un tableau : rien ne mène d'ici au reste d'elle."""

    pk: int
    code: str
    reference: str
    titre: str
    organisme: OrganismeLu
    montant_demande: Decimal | None


@dataclass(frozen=True)
class AvisClasse:
    """L'avis du comité en vigueur."""

    avis: str
    montant: Decimal

    @property
    def libelle(self) -> str:
        return LIBELLES[self.avis]


class DemandeLue(NamedTuple):
    """Un projet, son score tenu par la base, et son avis s'il y en a un."""

    projet: ProjetClasse
    fiches: int
    moyenne: Decimal
    ecart: Decimal
    avis: AvisClasse | None


def lire(appel: Appel, demandes: Iterable[int], *, au_comite: bool) -> dict[int, DemandeLue]:
    """Ces demandes (identifiants), par identifiant.

    ``au_comite`` : telles que le comité les lit, sans nom si l'appel est anonyme.
    """
    demandes = list(demandes)
    lignes = (
        Demande.objects.filter(pk__in=demandes)
        .annotate(
            avis=FilteredRelation(
                "recommandations", condition=Q(recommandations__en_vigueur=True)
            ),
            nom=F("organisme__nom"),
        )
        .values_list(
            "pk", "code", "reference", "titre", "nom", "montant_demande",
            "score_comite__fiches", "score_comite__moyenne", "score_comite__ecart",
            "avis__avis", "avis__montant",
        )
    )  # fmt: skip
    sans_nom = _sans_nom(appel, demandes) if au_comite and appel.lecture_anonyme else {}
    lues = {}
    for pk, code, reference, titre, nom, demande, fiches, moyenne, ecart, avis, montant in lignes:
        projet = ProjetClasse(pk, code, reference, titre, OrganismeLu(nom), demande)
        lues[pk] = DemandeLue(
            sans_nom.get(pk, projet),
            fiches,
            moyenne,
            ecart,
            AvisClasse(avis, montant) if avis else None,
        )
    return lues


def _sans_nom(appel: Appel, demandes: list[int]) -> dict[int, ProjetClasse]:
    lues = Demande.objects.filter(pk__in=demandes).select_related("appel", "organisme", "volet")
    return {
        p.pk: ProjetClasse(p.pk, p.code, p.reference, p.titre, p.organisme, p.montant_demande)
        for p in projets_lus(lues)
    }
