"""Le bilan en document modifiable (DOCX) : les mêmes nombres et les mêmes textes que le PDF."""

from collections.abc import Iterable, Mapping, Sequence
from io import BytesIO
from typing import Any

from socle.templatetags.affichage import date_courte, dollars, nombre, pourcent
from socle.traitement_de_texte import document_vierge, propre, tableau

DOCX = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"


class _Redaction:
    """Un document qui s'écrit de haut en bas, les textes de la Ville en tête de leur partie."""

    def __init__(self, document: Any, recits: Mapping[str, str]) -> None:
        self.document = document
        self.recits = recits

    def partie(self, titre: str, recit: str = "") -> None:
        self.document.add_heading(titre, 1)
        for paragraphe in self.recits.get(recit, "").splitlines():
            if paragraphe.strip():
                self.document.add_paragraph(propre(paragraphe))

    def tableau(self, titre: str, entetes: Sequence[str], lignes: Iterable[Sequence[Any]]) -> None:
        if titre:
            self.document.add_heading(titre, 2)
        tableau(self.document, entetes, lignes)


def document_modifiable(contexte: Mapping[str, Any]) -> bytes:
    """Le bilan en DOCX, depuis les clés de ``pdf/bilan.html`` (voir ``contexte_bilan``)."""
    portee = contexte["portee"]
    titre = f"Bilan {portee.de_quoi} : {propre(portee.titre)}"
    document = document_vierge(titre, reference=contexte["reference"])
    redaction = _Redaction(document, contexte["recits"])
    document.add_heading(titre, 0)
    document.add_paragraph(
        f"{propre(portee.plans)} · {contexte['reference']} · {date_courte(contexte['date'])}"
    )
    for ecrire in (_essentiel, _argent, _besoins, _resultats, _changements, _projets):
        ecrire(redaction, contexte)
    if contexte["recits"].get("suite"):
        redaction.partie("La suite", "suite")
    sortie = BytesIO()
    document.save(sortie)
    return sortie.getvalue()


def _essentiel(redaction: _Redaction, contexte: Mapping[str, Any]) -> None:
    bilan, satisfaction = contexte["bilan"], contexte["resultats"].satisfaction
    redaction.partie("L'essentiel", "essentiel")
    redaction.tableau(
        "",
        ("Chiffre", "Valeur"),
        [
            ("Demandes déposées", bilan.deposees),
            ("Projets financés", len(bilan.projets)),
            ("Organismes", bilan.organismes),
            ("Enveloppe", dollars(bilan.enveloppe)),
            ("Accordé", dollars(bilan.accorde)),
            ("Versé", dollars(bilan.verse)),
            ("Satisfaction", pourcent(satisfaction)),
        ],
    )


def _argent(redaction: _Redaction, contexte: Mapping[str, Any]) -> None:
    bilan = contexte["bilan"]
    redaction.partie("L'argent", "argent")
    redaction.tableau(
        "Par bailleur et exercice",
        ("Bailleur", "Exercice", "Enveloppe", "Accordé", "Versé", "Solde"),
        [
            (s.bailleur, s.exercice, *map(dollars, (s.enveloppe, s.accorde, s.verse, s.solde)))
            for s in bilan.sources
        ],
    )
    redaction.tableau(
        "Par volet",
        ("Volet", "Enveloppe", "Accordé", "Versé", "Projets"),
        [(v.nom, *map(dollars, (v.enveloppe, v.accorde, v.paye)), v.projets) for v in bilan.volets],
    )


def _besoins(redaction: _Redaction, contexte: Mapping[str, Any]) -> None:
    bilan = contexte["bilan"]
    redaction.partie("Les besoins", "besoins")
    for titre, groupes in (
        ("Par objectif du plan", bilan.objectifs),
        ("Par besoin de la consultation", bilan.besoins),
        ("Par thème", bilan.themes),
        ("Par secteur", bilan.secteurs),
    ):
        redaction.tableau(
            titre,
            ("Énoncé", "Projets", "Accordé"),
            [(g.nom, g.projets, dollars(g.accorde)) for g in groupes],
        )
    redaction.tableau(
        "Ce qui répond aux besoins",
        ("Besoin", "Ce qui y répond", "Activités réalisées", "Personnes rejointes"),
        [(g.nom, g.reponse, g.activites, g.personnes) for g in bilan.besoins],
    )
    redaction.document.add_heading("Besoins sans réponse", 2)
    for besoin in bilan.besoins_sans_reponse:
        texte = propre(f"{besoin.code} : {besoin.libelle}")
        redaction.document.add_paragraph(texte, style="List Bullet")


def _resultats(redaction: _Redaction, contexte: Mapping[str, Any]) -> None:
    resultats = contexte["resultats"]
    redaction.partie("Les résultats", "resultats")
    redaction.tableau(
        "",
        ("Indicateur", "Réalisé", "Prévu", "Remarque"),
        [(i.libelle, i.texte, nombre(i.prevu), i.note) for i in resultats.indicateurs],
    )
    for ventilation in resultats.ventilations:
        cellules = [(cellule.libelle, cellule.texte) for cellule in ventilation.cellules]
        redaction.tableau(ventilation.titre, ("Groupe", "Nombre"), cellules)


def _changements(redaction: _Redaction, contexte: Mapping[str, Any]) -> None:
    comparaison = contexte["comparaison"]
    if comparaison is None:
        return
    redaction.partie(f"De {comparaison.avant} à {comparaison.apres}")
    redaction.tableau(
        "",
        ("Mesure", str(comparaison.avant), str(comparaison.apres), "Changement"),
        [
            (
                f"{c.libelle} (au moins)" if c.incomplet else c.libelle,
                *map(dollars if c.en_dollars else nombre, (c.avant, c.apres, c.difference)),
            )
            for c in comparaison.mesures
        ],
    )


def _projets(redaction: _Redaction, contexte: Mapping[str, Any]) -> None:
    redaction.partie("Les projets")
    redaction.tableau(
        "",
        ("Numéro", "Projet", "Organisme", "Accordé", "Versé"),
        [
            (
                p.demande.reference,
                p.demande.titre,
                p.demande.organisme.nom,
                *map(dollars, (p.accorde, p.verse)),
            )
            for p in contexte["bilan"].projets
        ],
    )
