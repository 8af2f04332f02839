"""Le bilan en classeur : une feuille par sujet, les mêmes nombres que la page et le PDF."""

from collections.abc import Iterable, Sequence
from typing import Any

from financement.annees import Comparaison
from financement.bilan import Bilan, Groupe
from socle.exports import classeur

Feuille = tuple[str, Sequence[str], Iterable[Sequence[Any]]]
GROUPES = ("Code", "Libellé", "Projets", "Accordé")


def tableur(bilan: Bilan, *, complet: bool, comparaison: Comparaison | None = None) -> bytes:
    """Le classeur ; sans ``complet``, ce que le bailleur lit : projets, sources et résultats."""
    feuilles = [_projets(bilan), _sources(bilan), *_resultats(bilan)]
    if complet:
        feuilles[1:1] = [_volets(bilan)]
        feuilles += [_besoins(bilan), *_groupes(bilan)]
    if comparaison:
        feuilles.append(_changements(comparaison))
    return classeur(feuilles, titre="Bilan")


def _projets(bilan: Bilan) -> Feuille:
    return (
        "Projets",
        ("Numéro", "Projet", "Organisme", "Secteur", "Accordé", "Versé", "État"),
        [
            (
                p.demande.reference,
                p.demande.titre,
                p.demande.organisme.nom,
                p.demande.secteur,
                p.accorde,
                p.verse,
                p.demande.get_etat_display(),
            )
            for p in bilan.projets
        ],
    )


def _volets(bilan: Bilan) -> Feuille:
    return (
        "Volets",
        ("Volet", "Enveloppe", "Accordé", "Engagé", "Versé", "Dépensé", "Projets"),
        [
            (v.nom, v.enveloppe, v.accorde, v.engage, v.paye, v.depense, v.projets)
            for v in bilan.volets
        ],
    )


def _sources(bilan: Bilan) -> Feuille:
    return (
        "Bailleurs",
        ("Bailleur", "Exercice", "Enveloppe", "Accordé", "Versé", "Dépensé", "Solde"),
        [
            (s.bailleur, s.exercice, s.enveloppe, s.accorde, s.verse, s.depense, s.solde)
            for s in bilan.sources
        ],
    )


def _resultats(bilan: Bilan) -> list[Feuille]:
    totaux = [(i.libelle, i.valeur, i.prevu, i.note) for i in bilan.resultats.indicateurs]
    satisfaction = (bilan.resultats.satisfaction, bilan.resultats.satisfaction_prevue)
    if satisfaction != (None, None):
        totaux.append(("Satisfaction (pour cent)", *satisfaction, ""))
    return [
        ("Résultats", ("Indicateur", "Nombre", "Prévu", "Note"), totaux),
        (
            "Ventilations",
            ("Ventilation", "Modalité", "Nombre", "Prévu"),
            [
                (ventilation.titre, cellule.libelle, cellule.valeur, cellule.prevu)
                for ventilation in bilan.resultats.ventilations
                for cellule in ventilation.cellules
            ],
        ),
    ]


def _besoins(bilan: Bilan) -> Feuille:
    """Chaque besoin : ce qui y répond, à quel effet ; ceux à quoi rien ne répond à la suite."""
    repondus = [
        (
            g.code,
            g.libelle,
            g.projets,
            g.accorde,
            " ; ".join(p.demande.titre for p in g.membres),
            _nombre(g.activites),
            _nombre(g.personnes),
        )
        for g in bilan.besoins
    ]
    sans_reponse = [(b.code, b.libelle, 0, 0, "", "", "") for b in bilan.besoins_sans_reponse]
    entetes = (*GROUPES, "Ce qui y répond", "Activités réalisées", "Personnes rejointes")
    return ("Besoins", entetes, repondus + sans_reponse)


def _nombre(publie: Any) -> Any:
    """Un nombre publié redevient un nombre ; « <5 » et « — » restent ce qu'ils disent."""
    return int(publie) if isinstance(publie, str) and publie.isdecimal() else publie


def _groupes(bilan: Bilan) -> list[Feuille]:
    """Un objectif se nomme par son code ; un thème et un secteur, par leur nom seulement."""
    return [
        ("Objectifs", GROUPES, [(g.code, *_ligne(g)) for g in bilan.objectifs]),
        ("Thèmes", ("Thème", *GROUPES[2:]), [_ligne(g) for g in bilan.themes]),
        ("Secteurs", ("Secteur", *GROUPES[2:]), [_ligne(g) for g in bilan.secteurs]),
    ]


def _ligne(groupe: Groupe) -> tuple[Any, ...]:
    return (groupe.libelle, groupe.projets, groupe.accorde)


def _changements(comparaison: Comparaison) -> Feuille:
    return (
        "D'une année à l'autre",
        (
            "Mesure",
            str(comparaison.avant),
            str(comparaison.apres),
            "Différence",
            "Différence (pour cent)",
            "Note",
        ),
        [
            (c.libelle, c.avant, c.apres, c.difference, c.part, "au moins" if c.incomplet else "")
            for c in comparaison.mesures
        ],
    )
