"""Les colonnes des données ouvertes et leur sens.

Unique endroit d'où viennent les CSV, les JSON, le dictionnaire et le schéma de l'interface de
programmation.
"""

import datetime as dt
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

from django.conf import settings
from django.urls import reverse

from vitrine.choix import Jour

LICENCE = "https://creativecommons.org/licenses/by/4.0/"
NOM_LICENCE = "Creative Commons Attribution 4.0 International (CC BY 4.0)"


@dataclass(frozen=True)
class Colonne:
    """Une colonne : son nom, son sens, le type de ses valeurs et d'où elles se lisent."""

    nom: str
    sens: str
    lire: Callable[[Any], Any]
    type: Any = str

    @property
    def forme(self) -> str:
        """Le type, dans les mots du dictionnaire."""
        return _FORMES[self.type]


_FORMES = {
    str: "texte",
    int: "nombre entier",
    float | None: "nombre, ou vide",
    bool: "oui ou non (true ou false en JSON)",
}


def ligne(colonnes: Iterable[Colonne], objet: Any) -> dict[str, Any]:
    """Les valeurs de ``objet``, par nom de colonne."""
    return {colonne.nom: colonne.lire(objet) for colonne in colonnes}


def _date(valeur: dt.date | None) -> str:
    return valeur.isoformat() if valeur else ""


def _heure(valeur: dt.time | None) -> str:
    return valeur.strftime("%H:%M") if valeur else ""


def _codes(objets: Iterable[Any]) -> str:
    return " ".join(sorted(objet.code for objet in objets))


def adresse(nom: str, **arguments: Any) -> str:
    """L'adresse entière d'une page publique."""
    return settings.SITE_URL + reverse(nom, kwargs=arguments)


PROJETS = (
    Colonne("numero", "Numéro de la demande.", lambda p: p.reference),
    Colonne("appel", "Code de l'appel à projets.", lambda p: p.appel.code),
    Colonne("organisme", "Nom de l'organisme soutenu.", lambda p: p.organisme.nom),
    Colonne("projet", "Titre du projet.", lambda p: p.titre),
    Colonne("volet", "Numéro du volet.", lambda p: p.volet.no, int),
    Colonne("secteur", "Secteur de la ville.", lambda p: p.secteur),
    Colonne(
        "besoins",
        "Codes des besoins de la consultation, séparés par un espace.",
        lambda p: _codes(p.besoins.all()),
    ),
    Colonne(
        "montant_accorde",
        "Montant accordé, en dollars canadiens, avec deux décimales.",
        lambda p: f"{p.accorde or 0:.2f}",
    ),
    Colonne("resolution", "Numéro de la résolution du conseil.", lambda p: p.resolution),
    Colonne(
        "date_decision",
        "Date de la résolution (AAAA-MM-JJ).",
        lambda p: _date(p.date_decision),
    ),
    Colonne(
        "debut",
        "Début de la période des projets (AAAA-MM-JJ).",
        lambda p: _date(p.appel.projet_debut),
    ),
    Colonne(
        "fin", "Fin de la période des projets (AAAA-MM-JJ).", lambda p: _date(p.appel.projet_fin)
    ),
    Colonne("etat", "Acceptée, convention en vigueur ou fermée.", lambda p: p.get_etat_display()),
    Colonne("page", "Adresse de sa page.", lambda p: adresse("projet", reference=p.reference)),
)

ACTIVITES = (
    Colonne("cle", "Ce qui la nomme dans son adresse.", lambda v: v.activite.cle),
    Colonne("titre", "Titre.", lambda v: v.titre),
    Colonne(
        "genre",
        "Projet soutenu, service de la Ville ou service d'un partenaire.",
        lambda v: v.activite.get_genre_display(),
    ),
    Colonne("offert_par", "Qui l'offre.", lambda v: v.activite.offert_par),
    Colonne(
        "projet",
        "Numéro du projet dont elle vient ; vide pour un service.",
        lambda v: v.activite.demande.reference if v.activite.demande_id else "",
    ),
    Colonne("description", "Ce qu'on y fait.", lambda v: v.texte),
    Colonne("pour_qui", "Pour qui, dans les mots de qui l'offre.", lambda v: v.pour_qui),
    Colonne(
        "statuts",
        "Statuts migratoires servis, séparés par un espace ; vide : tout le monde.",
        lambda v: " ".join(v.statuts),
    ),
    Colonne(
        "langues",
        "Langues (codes ISO 639-1, ou « interprete »), séparées par un espace.",
        lambda v: " ".join(v.langues),
    ),
    Colonne("sujets", "Sujets, séparés par un espace.", lambda v: " ".join(v.sujets)),
    Colonne(
        "besoins",
        "Codes des besoins de la consultation, séparés par un espace.",
        lambda v: _codes(v.besoins.all()),
    ),
    Colonne("secteur", "Secteur de la ville.", lambda v: v.secteur),
    Colonne("lieu", "Nom du lieu.", lambda v: v.lieu),
    Colonne("adresse", "Adresse du lieu.", lambda v: v.adresse),
    Colonne(
        "latitude",
        "Latitude, en degrés (WGS 84).",
        lambda v: None if v.latitude is None else float(v.latitude),
        float | None,
    ),
    Colonne(
        "longitude",
        "Longitude, en degrés (WGS 84).",
        lambda v: None if v.longitude is None else float(v.longitude),
        float | None,
    ),
    Colonne("gratuit", "Vrai si c'est gratuit.", lambda v: v.gratuit, bool),
    Colonne("cout", "Coût, quand ce n'est pas gratuit.", lambda v: v.cout),
    Colonne("debut", "Premier jour (AAAA-MM-JJ) ; vide : déjà offert.", lambda v: _date(v.debut)),
    Colonne("fin", "Dernier jour (AAAA-MM-JJ) ; vide : sans fin prévue.", lambda v: _date(v.fin)),
    Colonne(
        "jours",
        "Jours de la semaine, séparés par un espace.",
        lambda v: " ".join(Jour(jour).label.lower() for jour in v.jours),
    ),
    Colonne("heure_debut", "Heure du début (HH:MM).", lambda v: _heure(v.heure_debut)),
    Colonne("heure_fin", "Heure de la fin (HH:MM).", lambda v: _heure(v.heure_fin)),
    Colonne("horaire", "Précisions sur l'horaire.", lambda v: v.horaire),
    Colonne("inscription", "Comment participer.", lambda v: v.inscription),
    Colonne("lien", "Page Web de qui l'offre.", lambda v: v.lien),
    Colonne("page", "Adresse de sa page.", lambda v: adresse("activite", cle=v.activite.cle)),
)

# Ces lignes-là sont déjà des dictionnaires : ``resultats_des`` les tire des nombres masqués.
RESULTATS = tuple(
    Colonne(nom, sens, lambda r, nom=nom: r[nom])
    for nom, sens in (
        ("projet", "Numéro de la demande, fermée."),
        ("ventilation", "Selon quoi les personnes immigrantes sont comptées."),
        ("modalite", "Le groupe."),
        ("libelle", "Le groupe, en toutes lettres."),
        (
            "personnes",
            "Nombre de personnes ; « <5 » pour un nombre de 1 à 4, « — » pour un nombre caché afin "
            "qu'un autre ne se retrouve pas.",
        ),
        (
            "prevu",
            "Nombre prévu à la convention, écrit de même ; vide quand elle n'en prévoit pas.",
        ),
    )
)

DICTIONNAIRE = (
    ("projets", "Les projets d'un appel", PROJETS),
    ("resultats", "Les résultats des projets fermés", RESULTATS),
    ("activites", "Les activités et les services", ACTIVITES),
)
