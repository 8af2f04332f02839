"""La navigation de chaque public : une table, lue pour la personne connectée.

Une personne à deux rôles voit les deux groupes. Les entrées d'une même rubrique se suivent dans la
table et se rangent sous un seul mot, pour que tout tienne sur une ligne. Un compteur (« 3 » à côté
de « À lire ») se déclare par l'application qui sait le calculer ; il coûte au plus une requête par
page.
"""

from collections.abc import Callable
from dataclasses import dataclass
from itertools import groupby
from typing import Any

from django.http import HttpRequest
from django.urls import NoReverseMatch, reverse

Predicat = Callable[[Any], bool]


@dataclass(frozen=True)
class Entree:
    """Une adresse de la table. Sans ``rubrique``, elle se lit d'emblée.

    ``contient`` : d'autres parties, sans entrée à elles, qui se lisent sous celle-ci.
    """

    libelle: str
    nom_url: str
    visible: Predicat = lambda personne: True
    rubrique: str = ""
    contient: tuple[str, ...] = ()


@dataclass(frozen=True)
class Lien:
    """Une entrée prête à afficher. ``actif`` : la page courante est dans cette partie."""

    libelle: str
    url: str
    actif: bool
    compte: int | None = None


@dataclass(frozen=True)
class Rubrique:
    """Des liens sous un mot ; sans mot, ils se montrent d'emblée."""

    libelle: str
    liens: list[Lien]

    @property
    def active(self) -> bool:
        return any(lien.actif for lien in self.liens)


@dataclass(frozen=True)
class Groupe:
    libelle: str
    rubriques: list[Rubrique]

    @property
    def liens(self) -> list[Lien]:
        return [lien for rubrique in self.rubriques for lien in rubrique.liens]


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
    Entree("Organismes", "ville:organismes"),
    Entree("Versements", "ville:versements", rubrique="Argent"),
    Entree("Rapports", "ville:rapports", rubrique="Argent"),
    Entree("Grand livre", "ville:grand_livre", rubrique="Argent"),
    Entree(
        "Plan d'action",
        "ville:plan",
        rubrique="Plan et résultats",
        contient=("ville:prochain_plan", "ville:consultations"),
    ),
    Entree("Bilan", "bilan:accueil", rubrique="Plan et résultats"),
    Entree("Activités", "ville:activites", _modere, "Plan et résultats"),
    Entree("Modèles", "ville:modeles", _agent_ou_administration, "Réglages"),
    Entree("Courriels", "ville:courriels", _agent_ou_administration, "Réglages"),
    Entree("État du service", "ville:etat", _agent_ou_administration, "Réglages"),
    Entree("Comptes", "ville:comptes", _administre, "Réglages"),
    Entree("Journal", "ville:journal", _administre, "Réglages"),
    Entree("Incidents", "ville:incidents", _administre, "Réglages"),
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
    adresses = {
        adresse: url
        for _, liens in resolus
        for entree, url in liens
        for adresse in (url, *map(reverse, entree.contient))
    }
    actif = adresses.get(_adresse_active(request.path, list(adresses)))
    return [
        Groupe(
            nom,
            [
                _rubrique(
                    libelle,
                    [
                        Lien(e.libelle, url, url == actif, _compter(e.nom_url, personne))
                        for e, url in ensemble
                    ],
                )
                for libelle, ensemble in groupby(liens, lambda paire: paire[0].rubrique)
            ],
        )
        for nom, liens in resolus
    ]


def _rubrique(libelle: str, liens: list[Lien]) -> Rubrique:
    """Un lien seul n'a pas besoin du mot de sa rubrique."""
    return Rubrique(libelle if len(liens) > 1 else "", liens)


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


def _adresse_active(chemin: str, urls: list[str]) -> str:
    """L'entrée de la page, ou celle de la partie qui la contient ; vide quand il n'y en a pas.

    L'accueil d'une salle (« /ville/ »), qui contient les autres entrées, ne désigne que lui-même.
    """
    if chemin in urls:
        return chemin
    parties = [u for u in urls if not any(v != u and v.startswith(u) for v in urls)]
    return next((u for u in parties if u != "/" and chemin.startswith(u)), "")


def _compter(nom_url: str, personne: Any) -> int | None:
    compteur = _COMPTEURS.get(nom_url)
    return compteur(personne) if compteur else None
