"""La navigation de chaque public : une table, lue pour la personne connectée.

Une personne à deux rôles voit les deux groupes. Un compteur (« 3 » à côté de « À lire ») se
déclare par l'application qui sait le calculer ; il coûte au plus une requête par page.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from django.http import HttpRequest
from django.urls import NoReverseMatch, reverse

Predicat = Callable[[Any], bool]


@dataclass(frozen=True)
class Entree:
    libelle: str
    nom_url: str
    visible: Predicat = lambda personne: True


@dataclass(frozen=True)
class Lien:
    """Une entrée prête à afficher. ``actif`` : la page courante est dans cette partie."""

    libelle: str
    url: str
    actif: bool
    compte: int | None = None


@dataclass(frozen=True)
class Groupe:
    libelle: str
    liens: list[Lien]


def _administre(personne: Any) -> bool:
    return "administration" in personne.roles


def _agent_ou_administration(personne: Any) -> bool:
    return bool({"agent", "administration"}.intersection(personne.roles))


def _modere(personne: Any) -> bool:
    return "agent" in personne.roles


PUBLIC = (
    Entree("Appels ouverts", "accueil"),
    Entree("Quels services pour moi ?", "services"),
    Entree("Projets et services", "registre"),
    Entree("La consultation", "consultation"),
    Entree("Données ouvertes", "donnees"),
)
ORGANISME = (
    Entree("Mes demandes", "organisme:accueil"),
    Entree("Appels ouverts", "accueil"),
    Entree("Projets et services", "registre"),
)
COMITE = (Entree("À lire", "comite:accueil"),)
VILLE = (
    Entree("Ma semaine", "ville:accueil"),
    Entree("Appels", "ville:appels"),
    Entree("Demandes", "ville:demandes"),
    Entree("Questions", "ville:echanges"),
    Entree("Grand livre", "ville:grand_livre"),
    Entree("Versements", "ville:versements"),
    Entree("Rapports", "ville:rapports"),
    Entree("Plan d'action", "ville:plan"),
    Entree("Activités", "ville:activites", _modere),
    Entree("Organismes", "ville:organismes"),
    Entree("Bilan", "bilan:accueil"),
    Entree("Modèles", "ville:modeles", _agent_ou_administration),
    Entree("Courriels", "ville:courriels", _agent_ou_administration),
    Entree("Journal", "ville:journal", _administre),
    Entree("Comptes", "ville:comptes", _administre),
    Entree("Incidents", "ville:incidents", _administre),
)
BAILLEUR = (Entree("Reddition de comptes", "bilan:accueil"),)

GROUPES: tuple[tuple[str, Predicat, tuple[Entree, ...]], ...] = (
    ("Ville", lambda personne: personne.est_employe, VILLE),
    ("Comité", lambda personne: personne.est_evaluateur, COMITE),
    ("Bailleur", lambda personne: personne.est_bailleur, BAILLEUR),
    ("Organisme", lambda personne: personne.est_membre_organisme, ORGANISME),
)

_COMPTEURS: dict[str, Callable[[Any], int]] = {}


def declarer_compteur(nom_url: str, compter: Callable[[Any], int]) -> None:
    """``compter(utilisateur)`` donne le nombre affiché à côté de l'entrée ``nom_url``."""
    _COMPTEURS[nom_url] = compter


def navigation_de(request: HttpRequest) -> list[Groupe]:
    """Les groupes d'entrées que voit la personne, dans l'ordre de ``GROUPES``.

    Sans aucun rôle, une personne connectée voit ce qu'il faut pour commencer : les entrées de
    l'organisme. Une personne anonyme voit celles du public.
    """
    personne = request.user
    if not personne.is_authenticated:
        choisis = [("Public", PUBLIC)]
    else:
        choisis = [(nom, entrees) for nom, visible, entrees in GROUPES if visible(personne)]
        choisis = choisis or [("Organisme", ORGANISME)]
    resolus = [(nom, _resoudre(entrees, personne)) for nom, entrees in choisis]
    actif = _adresse_active(request.path, [url for _, liens in resolus for _, url in liens])
    return [
        Groupe(
            nom,
            [
                Lien(
                    entree.libelle,
                    url,
                    url == actif,
                    _compter(entree.nom_url, personne),
                )
                for entree, url in liens
            ],
        )
        for nom, liens in resolus
    ]


def _resoudre(entrees: tuple[Entree, ...], personne: Any) -> list[tuple[Entree, str]]:
    liens = []
    for entree in entrees:
        try:
            url = reverse(entree.nom_url)
        except NoReverseMatch:
            continue
        if entree.visible(personne):
            liens.append((entree, url))
    return liens


def _adresse_active(chemin: str, urls: list[str]) -> str | None:
    """L'entrée de la page, ou celle de la partie qui la contient.

    L'accueil d'une salle (« /ville/ »), qui contient les autres entrées, ne désigne que lui-même.
    """
    if chemin in urls:
        return chemin
    parties = [u for u in urls if not any(v != u and v.startswith(u) for v in urls)]
    return next((u for u in parties if u != "/" and chemin.startswith(u)), None)


def _compter(nom_url: str, personne: Any) -> int | None:
    compteur = _COMPTEURS.get(nom_url)
    return compteur(personne) if compteur else None
