"""Le bilan en document modifiable (DOCX) : les mêmes nombres et les mêmes textes que le PDF."""

from collections.abc import Iterable, Mapping, Sequence
from io import BytesIO
from typing import Any

from docx import Document as Docx
from docx.oxml import OxmlElement
from docx.oxml.ns import qn
from openpyxl.cell.cell import ILLEGAL_CHARACTERS_RE

from socle.templatetags.affichage import dollars, nombre, pourcent

DOCX = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"


def _propre(valeur: Any) -> str:
    """Le texte sans les caractères de contrôle qu'un XML refuse."""
    return ILLEGAL_CHARACTERS_RE.sub("", "—" if valeur in (None, "") else str(valeur))


def _tableau(document: Any, entetes: Sequence[str], lignes: Iterable[Sequence[Any]]) -> None:
    """Un tableau dont la première rangée est un entête, répété d'une page à l'autre."""
    tableau = document.add_table(rows=1, cols=len(entetes), style="Table Grid")
    for cellule, entete in zip(tableau.rows[0].cells, entetes, strict=True):
        cellule.paragraphs[0].add_run(entete).bold = True
    proprietes = tableau.rows[0]._tr.get_or_add_trPr()
    proprietes.append(OxmlElement("w:tblHeader"))
    for ligne in lignes:
        for cellule, valeur in zip(tableau.add_row().cells, ligne, strict=True):
            cellule.text = _propre(valeur)


class _Redaction:
    """Un document qui s'écrit de haut en bas, les textes de la Ville en tête de leur partie."""

    def __init__(self, contexte: Mapping[str, Any]) -> None:
        self.document = Docx()
        self.recits = contexte["recits"]

    def partie(self, titre: str, recit: str = "") -> None:
        self.document.add_heading(titre, 1)
        for paragraphe in self.recits.get(recit, "").splitlines():
            if paragraphe.strip():
                self.document.add_paragraph(_propre(paragraphe))

    def tableau(self, titre: str, entetes: Sequence[str], lignes: Iterable[Sequence[Any]]) -> None:
        if titre:
            self.document.add_heading(titre, 2)
        _tableau(self.document, entetes, lignes)


def document_modifiable(contexte: Mapping[str, Any]) -> bytes:
    """Le bilan en DOCX, depuis les clés de ``pdf/bilan.html`` (voir ``contexte_bilan``)."""
    redaction = _Redaction(contexte)
    document, portee = redaction.document, contexte["portee"]
    for style in document.styles.element.iter(qn("w:lang")):
        style.set(qn("w:val"), "fr-CA")
    titre = f"Bilan {portee.de_quoi} : {_propre(portee.titre)}"
    document.core_properties.title, document.core_properties.language = titre, "fr-CA"
    document.core_properties.author = ""
    document.add_heading(titre, 0)
    document.add_paragraph(f"{_propre(portee.plans)} · {contexte['reference']}")
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
        texte = _propre(f"{besoin.code} : {besoin.libelle}")
        redaction.document.add_paragraph(texte, style="List Bullet")


def _resultats(redaction: _Redaction, contexte: Mapping[str, Any]) -> None:
    resultats = contexte["resultats"]
    redaction.partie("Les résultats", "resultats")
    redaction.tableau(
        "",
        ("Indicateur", "Réalisé", "Prévu", "Remarque"),
        [(i.libelle, i.texte, i.prevu_lu, i.note) for i in resultats.indicateurs],
    )
    for ventilation in resultats.ventilations:
        cellules = [(c.libelle, c.texte, c.prevu_lu) for c in ventilation.cellules]
        redaction.tableau(ventilation.titre, ("Groupe", "Nombre", "Prévu"), cellules)


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
