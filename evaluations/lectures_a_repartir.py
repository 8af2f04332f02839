"""Le problème d'un appel, lu en base pour le calcul de ``evaluations.repartition``."""

from typing import Any

from appels.models import Appel, Demande
from evaluations.indices import liens_possibles, paires_ecartees
from evaluations.models import Affectation, MembreComite, Souhait
from evaluations.repartition import ALire, Lecteur, Paire, Probleme
from evaluations.visibilite import A_CONFIER, demandes_de_la_ville

RECUSE = "récusé"
DE_L_ORGANISME = "fait partie de l'organisme"
# Jusque-là, chacun lit tout : c'est ce que la page du comité propose d'abord.
PETIT_APPEL = 20  # demandes


def liens_a_examiner(demandes: list[Demande], membres: list[MembreComite]) -> int:
    """Le nombre de liens possibles sur lesquels ni le membre ni la Ville n'ont conclu."""
    conclus = set(paires_ecartees(demandes)) | set(
        Affectation.objects.filter(demande__in=demandes, membre__in=membres)
        .exclude(etat=Affectation.Etat.A_DECLARER)
        .values_list("demande", "membre")
    )
    return len(liens_possibles(membres, demandes).keys() - conclus)


def membres_du_comite(appel: Appel) -> list[MembreComite]:
    return list(
        appel.membres.filter(actif=True)
        .select_related("utilisateur")
        .prefetch_related("themes", "utilisateur__adhesions")
        .order_by("code")
    )


def demandes_a_confier(employe: Any, appel: Appel) -> list[Demande]:
    """Ce que l'employé peut confier : jamais une demande dont il est récusé ou de son organisme."""
    return list(
        demandes_de_la_ville(employe, appel)
        .filter(etat__in=A_CONFIER)
        .select_related("organisme", "volet")
        .prefetch_related("besoins__theme")
        .order_by("code")
    )


def lire_probleme(
    employe: Any,
    appel: Appel,
    *,
    nombre: int,
    charge_max: int | None = None,
    demandes: list[Demande] | None = None,
    membres: list[MembreComite] | None = None,
) -> Probleme:
    """Ce que ``employe`` peut répartir, à ``nombre`` lecteurs par demande.

    ``charge_max`` : les lectures d'un membre, au plus ; un membre peut en accepter moins.

    Ce qui est confié reste ; récusés, gens de l'organisme et liens possibles non examinés sont
    écartés. Les demandes que l'employé ne voit pas n'entrent ni dans le problème ni dans les
    charges. ``demandes`` et ``membres`` évitent de les relire.
    """
    demandes = demandes_a_confier(employe, appel) if demandes is None else demandes
    membres = membres_du_comite(appel) if membres is None else membres
    gardees, faites = _deja_confiees(demandes, {membre.pk for membre in membres})
    return Probleme(
        demandes=tuple(
            ALire(
                cle=demande.pk,
                code=demande.code,
                nombre=max(0, nombre - faites.get(demande.pk, 0)),
                themes=frozenset(b.theme.libelle for b in demande.besoins.all()),
            )
            for demande in demandes
        ),
        membres=tuple(
            Lecteur(
                cle=membre.pk,
                code=membre.code,
                charge_max=_plus_petite(charge_max, membre.charge_max),
                themes=frozenset(theme.libelle for theme in membre.themes.all()),
            )
            for membre in membres
        ),
        interdites={
            paire: motif
            for paire, motif in _interdites(demandes, membres).items()
            if paire not in gardees
        },
        gardees=gardees,
        souhaits={
            (souhait.demande_id, souhait.membre_id): souhait.sens
            for souhait in Souhait.objects.filter(demande__in=demandes, membre__in=membres)
        },
    )


def _plus_petite(*limites: int | None) -> int | None:
    return min((limite for limite in limites if limite is not None), default=None)


def _deja_confiees(
    demandes: list[Demande], membres: set[int]
) -> tuple[frozenset[Paire], dict[int, int]]:
    """Les paires à garder, et les fiches soumises par des membres qui ne siègent plus."""
    gardees, faites = set(), {}
    for demande, membre, fiche in (
        Affectation.objects.filter(demande__in=demandes)
        .exclude(etat=Affectation.Etat.RECUSEE)
        .values_list("demande", "membre", "evaluation__etat")
    ):
        if membre in membres:
            gardees.add((demande, membre))
        elif fiche == "soumise":
            faites[demande] = faites.get(demande, 0) + 1
    return frozenset(gardees), faites


def _interdites(demandes: list[Demande], membres: list[MembreComite]) -> dict[Paire, str]:
    """Le plus fort motif de chaque paire écartée : récusé, de l'organisme, lien possible."""
    examines = paires_ecartees(demandes)
    motifs = {
        paire: f"lien possible ({indices[0]})"
        for paire, indices in liens_possibles(membres, demandes).items()
        if paire not in examines
    }
    organismes = {
        membre.pk: {adhesion.organisme_id for adhesion in membre.utilisateur.adhesions.all()}
        for membre in membres
    }
    motifs |= {
        (demande.pk, membre.pk): DE_L_ORGANISME
        for demande in demandes
        for membre in membres
        if demande.organisme_id in organismes[membre.pk]
    }
    recuses = Affectation.objects.filter(
        demande__in=demandes, membre__in=membres, etat=Affectation.Etat.RECUSEE
    )
    return motifs | dict.fromkeys(recuses.values_list("demande", "membre"), RECUSE)
