"""Ce que le comité voit d'une demande : un autre type que ``Demande``, sans chemin vers elle.

Un gabarit du comité qui reçoit un ``ProjetLu`` ne peut remonter ni à l'organisme, ni à ses
personnes, ni aux pièces : en lecture anonyme, le nom n'est pas caché, il n'est pas là.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal

from django.db.models import prefetch_related_objects

from appels.models import Demande
from evaluations.anonymat import Identite, Masque, SansMasque


@dataclass(frozen=True)
class OrganismeLu:
    """L'organisme d'un projet lu : son nom, ou ce qui en tient lieu."""

    nom: str

    def __str__(self) -> str:
        return self.nom


SANS_NOM = OrganismeLu("Organisme non nommé")


@dataclass(frozen=True)
class ProjetLu:
    """L'essentiel d'une demande devant le comité."""

    pk: int
    code: str
    reference: str
    titre: str
    resume: str
    organisme: OrganismeLu
    volet: str
    secteur: str
    montant_demande: Decimal | None

    @property
    def est_anonyme(self) -> bool:
        return self.organisme is SANS_NOM


def masque_de(demande: Demande) -> Masque | SansMasque:
    """Ce qui cache l'auteur dans les textes de la demande ; sans effet si l'appel le nomme."""
    return Masque(identite(demande)) if demande.appel.lecture_anonyme else SansMasque()


def identite(demande: Demande) -> Identite:
    """L'organisme, ses membres, son conseil, ses signataires, leurs coordonnées."""
    organisme = demande.organisme
    personnes = [organisme.signataire_nom, *organisme.administrateurs.splitlines()]
    personnes += [adhesion.utilisateur.nom for adhesion in organisme.adhesions.all()]
    personnes += [depot.signataire for depot in demande.depots.all()]
    personnes += [personne.nom for personne in (demande.creee_par, demande.deposee_par) if personne]
    return Identite(
        organisme=organisme.nom,
        personnes=tuple(dict.fromkeys(filter(None, personnes))),
        reperes=tuple(filter(None, (organisme.neq, organisme.adresse))),
    )


def projet_lu(demande: Demande) -> ProjetLu:
    return projets_lus([demande])[0]


def projets_lus(demandes: Iterable[Demande]) -> list[ProjetLu]:
    """Les projets, dans l'ordre reçu ; autant de requêtes pour un que pour mille."""
    demandes = list(demandes)
    anonymes = [demande for demande in demandes if demande.appel.lecture_anonyme]
    prefetch_related_objects(
        anonymes, "organisme__adhesions__utilisateur", "depots", "creee_par", "deposee_par"
    )
    return [_projet(demande) for demande in demandes]


def _projet(demande: Demande) -> ProjetLu:
    masque = masque_de(demande)
    anonyme = demande.appel.lecture_anonyme
    return ProjetLu(
        pk=demande.pk,
        code=demande.code,
        reference=demande.reference,
        titre=masque.cacher(demande.titre),
        resume=masque.cacher(demande.resume),
        organisme=SANS_NOM if anonyme else OrganismeLu(demande.organisme.nom),
        volet=str(demande.volet) if demande.volet_id else "",
        secteur=demande.secteur,
        montant_demande=demande.montant_demande,
    )
