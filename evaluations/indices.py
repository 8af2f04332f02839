"""Lire en base ce qui fait paraître un lien possible ; autant de requêtes pour un que pour cent."""

from collections import defaultdict
from collections.abc import Iterable

from appels.models import Demande
from evaluations.liens_possibles import Entourage, Personne, domaine, liens
from evaluations.models import Affectation, LienEcarte, MembreComite
from evaluations.repartition import Paire
from socle.models import Adhesion, Organisme
from socle.textes import lignes


def liens_possibles(
    membres: Iterable[MembreComite], demandes: Iterable[Demande]
) -> dict[Paire, tuple[str, ...]]:
    """Les indices de chaque paire (demande, membre) qui en a.

    ``membres`` viennent avec leur utilisateur.
    """
    membres, demandes = list(membres), list(demandes)
    entourages = _entourages({demande.organisme_id for demande in demandes})
    personnes = _personnes(membres, entourages.keys())
    par_organisme = {
        (organisme, membre): indices
        for organisme, entourage in entourages.items()
        for membre, personne in personnes.items()
        if (indices := liens(personne, entourage))
    }
    return {
        (demande.pk, membre.pk): indices
        for demande in demandes
        for membre in membres
        if (indices := par_organisme.get((demande.organisme_id, membre.pk)))
    }


def paires_ecartees(demandes: Iterable[Demande]) -> dict[Paire, LienEcarte]:
    """Les liens possibles déjà examinés par la Ville et jugés sans objet."""
    return {
        (ecarte.demande_id, ecarte.membre_id): ecarte
        for ecarte in LienEcarte.objects.filter(demande__in=demandes).select_related("ecarte_par")
    }


def _entourages(organismes: set[int]) -> dict[int, Entourage]:
    gens = defaultdict(list)
    for organisme, nom, courriel in Adhesion.objects.filter(organisme__in=organismes).values_list(
        "organisme", "utilisateur__nom", "utilisateur__email"
    ):
        gens[organisme].append((nom, courriel))
    return {
        organisme.pk: Entourage(
            cle=organisme.pk,
            nom=organisme.nom,
            domaines=frozenset(
                filter(
                    None,
                    [
                        domaine(organisme.courriel),
                        domaine(organisme.site_web),
                        *(domaine(courriel) for _, courriel in gens[organisme.pk]),
                    ],
                )
            ),
            signataire=organisme.signataire_nom,
            administrateurs=tuple(lignes(organisme.administrateurs)),
            membres=tuple(nom for nom, _ in gens[organisme.pk]),
        )
        for organisme in Organisme.objects.filter(pk__in=organismes)
    }


def _personnes(membres: list[MembreComite], organismes: Iterable[int]) -> dict[int, Personne]:
    declares = defaultdict(dict)
    anciennes = Affectation.objects.filter(
        membre__utilisateur__in={membre.utilisateur_id for membre in membres},
        demande__organisme__in=organismes,
        etat=Affectation.Etat.RECUSEE,
    ).select_related("membre", "demande")
    for affectation in anciennes.order_by("declaree_le"):
        siens = declares[affectation.membre.utilisateur_id]
        siens[affectation.demande.organisme_id] = affectation.get_lien_display()
    return {
        membre.pk: Personne(
            nom=membre.utilisateur.nom,
            courriel=membre.utilisateur.email,
            employeur=membre.utilisateur.employeur,
            declares=declares[membre.utilisateur_id],
        )
        for membre in membres
    }
